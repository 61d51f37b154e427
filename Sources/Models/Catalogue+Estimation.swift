import Datasets
import DensityEstimation
import Dynamics
import Torch

extension CatalogueEntry {
  /// An entry of a model that is computed from all rows at once.
  ///
  /// - Parameters:
  ///   - name: the name, as on the command line.
  ///   - summary: what it is, in one line.
  ///   - configuration: the settings with their defaults; every field of it must have an effect.
  ///   - accepts: which tables it can be fitted to that others cannot.
  ///   - takesConditions: whether it can be fitted to some columns given others.
  ///   - choices: lines that explain choices among the settings.
  ///   - fit: computes the distribution.
  ///   - load: takes it back from a file.
  /// - Returns: the entry.
  static func estimated<Configuration: Codable & Sendable>(
    _ name: String, _ summary: String, _ configuration: Configuration, accepts: Set<DataTrait> = [.weights],
    takesConditions: Bool = false, choices: [String] = [],
    fit: @escaping @Sendable (Configuration, EstimationData, inout RandomGenerator) throws -> EstimationResult,
    load: @escaping @Sendable (Configuration, [String], [String: Tensor]) throws -> any DensityModel
  ) -> CatalogueEntry {
    guard let defaults = try? SettingsValue(encoding: configuration), case .object = defaults else {
      preconditionFailure("a model's configuration is a group of settings")
    }
    return CatalogueEntry(
      name: name, summary: summary, abilities: takesConditions ? [.sample, .score, .condition] : [.sample, .score],
      defaults: defaults, choices: choices,
      method: .estimation(
        Estimation(
          accepts: accepts,
          fit: { settings, data, rng in
            try explaining(data) { try fit(settings.decodedConfiguration(), data, &rng) }
          },
          load: { settings, columns, tensors in try load(settings.decodedConfiguration(), columns, tensors) })))
  }

  /// Names the columns of an error by their names in the table.
  private static func explaining<Result>(_ data: EstimationData, _ body: () throws -> Result) throws -> Result {
    do {
      return try body()
    } catch DensityEstimationError.constantColumn(let column) where data.columns.indices.contains(column) {
      throw DatasetError.constantColumns(path: data.path, names: [data.columns[column].name])
    } catch DensityEstimationError.notFinite(let row, let column) where data.columns.indices.contains(column) {
      throw DatasetError.notFinite(
        DataLocation(path: data.path, row: row + 1, column: data.columns[column].name), text: "no finite number")
    } catch DynamicsError.invalidCell(let row, let column, let value, let rule)
      where data.columns.indices.contains(column)
    {
      let place = DataLocation(path: data.path, row: row + 1, column: data.columns[column].name)
      throw DatasetError.invalidOptions(message: "\(place): \(value) must be \(rule) for this emission")
    }
  }
}

extension SettingsValue {
  /// The configuration that the tree describes; every setting of the tree must be one of it.
  fileprivate func decodedConfiguration<Configuration: Codable>() throws -> Configuration {
    do {
      let configuration: Configuration = try decoded()
      if let (path, known) = firstSetting(missingIn: try SettingsValue(encoding: configuration)) {
        throw SettingsError.unknown(path: path, known: known, nearest: nearestName(to: path, among: known))
      }
      return configuration
    } catch let error as SettingsError {
      throw error.inside("configuration")
    }
  }
}
