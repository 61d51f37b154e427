public import Foundation
import NeuralNetworks
import Torch

/// The file of a fitted model: its weights, and in the metadata what it is. It holds no code.
public enum ModelFile {
  /// The format that this version writes; it reads all formats up to it.
  public static let format = 1

  private static let formatKey = "pushforward.format"
  private static let versionKey = "pushforward.version"
  private static let descriptionKey = "pushforward.model"

  /// Writes a model, replacing the file as a whole.
  ///
  /// - Throws: `TensorFileError` when the file cannot be written.
  public static func save(
    _ model: any GenerativeModel, _ description: ModelDescription, to url: URL
  ) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    let text = String(decoding: try encoder.encode(description), as: UTF8.self)
    try Safetensors(
      tensors: model.state(),
      metadata: [formatKey: "\(format)", versionKey: packageVersion, descriptionKey: text]
    ).write(to: url)
  }

  /// Reads a model.
  ///
  /// - Throws: `TensorFileError` when the file is damaged, `ModelError` when it is none of ours, newer, or its weights
  ///   do not fit.
  public static func load(from url: URL) throws -> (model: any GenerativeModel, description: ModelDescription) {
    let file = try Safetensors(contentsOf: url)
    let description = try describe(file.metadata, path: url.path)
    let entry = try entry(of: description, path: url.path)
    let grids = RowUnits(description).shiftedGrids
    switch entry.method {
    case .training(let training):
      guard description.training != nil else { throw wrongReport(path: url.path) }
      let own = file.tensors.filter { training.codeModel == nil || !$0.key.hasPrefix(CodedModel.prefix) }
      let model = try load(own, training, of: entry, description, path: url.path)
      if let name = training.codeModel, let first = model as? AutoencoderModel {
        let codes = try loadCodes(
          file.tensors, of: try Catalogue.entry(named: name), first, description, path: url.path)
        return (CodedModel(autoencoder: first, codes: codes).dequantizing(grids), description)
      }
      return (model.supporting(description.supports ?? []).dequantizing(grids), description)
    case .estimation(let estimation):
      guard description.estimation != nil else { throw wrongReport(path: url.path) }
      let model = try load(file.tensors, estimation, of: entry, description, path: url.path)
      return (model.supporting(description.supports ?? []).dequantizing(grids), description)
    }
  }

  /// The second model of a file, of codes.
  private static func loadCodes(
    _ tensors: [String: Tensor], of entry: CatalogueEntry, _ first: AutoencoderModel, _ description: ModelDescription,
    path: String
  ) throws(ModelError) -> any DensityModel {
    var second = description
    second.columns = (1...first.codeFeatures).map { "code\($0)" }
    second.conditions = nil
    let prefix = CodedModel.prefix
    let own = Dictionary(
      uniqueKeysWithValues: tensors.filter { $0.key.hasPrefix(prefix) }.map {
        (String($0.key.dropFirst(prefix.count)), $0.value)
      })
    do {
      second.configuration = try self.entry(of: description, path: path).configuration(description.configuration).codes
    } catch let error as ModelError {
      throw error
    } catch {
      throw .notAModel(path: path, reason: "its configuration cannot be used: \(error)")
    }
    switch entry.method {
    case .estimation(let method): return try load(own, method, of: entry, second, path: path)
    case .training(let method):
      guard let model = try load(own, method, of: entry, second, path: path) as? any DensityModel else {
        throw .notAModel(path: path, reason: "\(entry.name) is no density of codes")
      }
      return model
    }
  }

  private static func wrongReport(path: String) -> ModelError {
    .notAModel(path: path, reason: "its description is wrong: its report is of another kind of model")
  }

  private static func load(
    _ tensors: [String: Tensor], _ method: CatalogueEntry.Training, of entry: CatalogueEntry,
    _ description: ModelDescription, path: String
  ) throws(ModelError) -> any TrainedModel {
    let model: any TrainedModel
    do {
      let configuration = try entry.configuration(description.configuration)
      let (features, given) = (description.columns.count, description.conditions?.columns.count ?? 0)
      try check(tensors, hold: try method.countWeights(configuration, features, given), path: path)
      var rng = RandomGenerator(seed: 0)
      model = try method.make(configuration, features, given, &rng)
    } catch ModelError.weights(let path, let reason) {
      throw .weights(path: path, reason: reason)
    } catch {
      throw .notAModel(path: path, reason: "its configuration cannot be used: \(error)")
    }
    do {
      try model.load(tensors)
    } catch {
      throw .weights(path: path, reason: "\(error)")
    }
    if let defect = model.defect { throw .weights(path: path, reason: defect) }
    return model
  }

  private static func load(
    _ tensors: [String: Tensor], _ method: CatalogueEntry.Estimation, of entry: CatalogueEntry,
    _ description: ModelDescription, path: String
  ) throws(ModelError) -> any DensityModel {
    do {
      let configuration = try entry.configuration(description.configuration)
      let model = try method.load(configuration, description.columns, tensors)
      let columns = description.columns.count + (description.conditions?.columns.count ?? 0)
      guard model.features == columns else {
        throw ModelError.weights(path: path, reason: "they are of \(model.features) columns, but it has \(columns)")
      }
      return try model.conditioned(features: description.columns.count, of: entry)
    } catch let error as SettingsError {
      throw .notAModel(path: path, reason: "its configuration cannot be used: \(error)")
    } catch ModelError.weights(let path, let reason) {
      throw .weights(path: path, reason: reason)
    } catch {
      throw .weights(path: path, reason: "\(error)")
    }
  }

  private static func entry(of description: ModelDescription, path: String) throws(ModelError) -> CatalogueEntry {
    do {
      return try Catalogue.entry(named: description.model)
    } catch {
      throw .notAModel(path: path, reason: "\(error)")
    }
  }

  /// Stops before a model is made that the file cannot fill. A file that lacks up to half of the weights is let through:
  /// loading names the first tensor that it lacks.
  private static func check(_ tensors: [String: Tensor], hold needed: Double, path: String) throws(ModelError) {
    let held = tensors.values.reduce(0) { $0 + $1.elementCount }
    guard needed <= 2 * Double(held) else {
      let count = String(format: "%.0f", needed)
      throw .weights(path: path, reason: "its configuration makes \(count) weights, but the file holds \(held)")
    }
  }

  private static func describe(_ metadata: [String: String], path: String) throws -> ModelDescription {
    guard let formatText = metadata[formatKey], let found = Int(formatText) else {
      throw ModelError.notAModel(path: path, reason: "it has no '\(formatKey)' in its metadata")
    }
    guard found <= format else {
      throw ModelError.newerFormat(
        path: path, format: found, supported: format, version: metadata[versionKey] ?? "unknown")
    }
    guard found >= 1 else { throw ModelError.notAModel(path: path, reason: "it has the format \(found)") }
    guard let text = metadata[descriptionKey] else {
      throw ModelError.notAModel(path: path, reason: "it has no '\(descriptionKey)' in its metadata")
    }
    let description: ModelDescription
    do {
      description = try JSONDecoder().decode(ModelDescription.self, from: Data(text.utf8))
    } catch {
      throw ModelError.notAModel(
        path: path, reason: "its description cannot be read: \(SettingsError(wrapping: error))")
    }
    do {
      try description.validate()
    } catch {
      throw ModelError.notAModel(path: path, reason: "its description is wrong: \(error)")
    }
    return description
  }
}
