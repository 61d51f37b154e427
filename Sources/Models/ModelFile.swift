public import Foundation
public import NeuralNetworks
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
  public static func save(_ model: some Module, _ description: ModelDescription, to url: URL) throws {
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
    var rng = RandomGenerator(seed: 0)
    let entry = try Catalogue.entry(named: description.model)
    let model: any GenerativeModel
    do {
      model = try entry.makeModel(description.configuration, features: description.columns.count, using: &rng)
        .dequantizing(RowUnits(description).shiftedGrids)
    } catch {
      throw ModelError.notAModel(path: url.path, reason: "its configuration cannot be used: \(error)")
    }
    do {
      try model.load(file.tensors)
    } catch {
      throw ModelError.weights(path: url.path, reason: "\(error)")
    }
    return (model, description)
  }

  private static func describe(_ metadata: [String: String], path: String) throws -> ModelDescription {
    guard let formatText = metadata[formatKey], let found = Int(formatText) else {
      throw ModelError.notAModel(path: path, reason: "it has no '\(formatKey)' in its metadata")
    }
    guard found <= format else {
      throw ModelError.newerFormat(
        path: path, format: found, supported: format, version: metadata[versionKey] ?? "unknown")
    }
    guard let text = metadata[descriptionKey] else {
      throw ModelError.notAModel(path: path, reason: "it has no '\(descriptionKey)' in its metadata")
    }
    do {
      return try JSONDecoder().decode(ModelDescription.self, from: Data(text.utf8))
    } catch {
      throw ModelError.notAModel(
        path: path, reason: "its description cannot be read: \(SettingsError(wrapping: error))")
    }
  }
}
