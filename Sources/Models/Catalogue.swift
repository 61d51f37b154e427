import Datasets
public import Torch
public import Training

/// One kind of model that can be fitted by name.
public struct CatalogueEntry: Sendable {
  /// The name, as on the command line.
  public let name: String
  /// What it is, in one line.
  public let summary: String
  /// What it can be asked for.
  public let abilities: Set<Ability>
  /// Its configuration with defaults.
  public let defaults: SettingsValue
  /// How it is trained unless told otherwise.
  public let trainingDefaults: TrainingConfiguration
  /// The number of elements of all parameters and buffers, without making the model; throws what `make` throws for a
  /// configuration that cannot be used.
  let countWeights: @Sendable (SettingsValue, _ features: Int) throws -> Double
  /// Makes the model for rows of so many columns.
  let make: @Sendable (SettingsValue, _ features: Int, inout RandomGenerator) throws -> any GenerativeModel

  /// Something that a fitted model can be asked for.
  public enum Ability: String, Sendable, CaseIterable {
    /// New rows.
    case sample
    /// The log-density of rows.
    case score
  }

  /// Makes the model with a configuration.
  ///
  /// - Throws: `SettingsError` or `ModelError.configuration` when the configuration cannot be used.
  public func makeModel(
    _ configuration: SettingsValue, features: Int, using rng: inout RandomGenerator
  ) throws -> any GenerativeModel {
    do {
      return try make(try defaults.merging(configuration), features, &rng)
    } catch let error as SettingsError {
      throw error.inside("configuration")
    }
  }

  /// The number of elements of all parameters and buffers of the model with a configuration, without making it.
  ///
  /// - Throws: `SettingsError` or `ModelError.configuration` when the configuration cannot be used.
  func weightCount(_ configuration: SettingsValue, features: Int) throws -> Double {
    try countWeights(try defaults.merging(configuration), features)
  }
}

/// The models that can be fitted by name.
public enum Catalogue {
  /// All models, in the order in which to present them.
  public static let entries: [CatalogueEntry] = flowEntries

  /// The model of a name.
  ///
  /// - Throws: `ModelError.unknownModel` with the nearest name.
  public static func entry(named name: String) throws(ModelError) -> CatalogueEntry {
    guard let entry = entries.first(where: { $0.name == name }) else {
      let known = entries.map(\.name)
      throw .unknownModel(name: name, nearest: nearestName(to: name, among: known), known: known)
    }
    return entry
  }
}
