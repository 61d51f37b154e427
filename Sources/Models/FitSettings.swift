import Datasets
public import Foundation
import NeuralNetworks
import Torch
public import Training

/// All settings of one fit: what `--config` reads and a run folder keeps.
public struct FitSettings: Codable, Hashable, Sendable {
  /// The model's name in the catalogue.
  public var model: String
  /// The data, and how they are read.
  public var data: DataSettings
  /// The model's own configuration.
  public var configuration: SettingsValue
  /// What it is fitted by; nil for a model that is computed from all rows at once.
  public var objective: Objective?
  /// How it is trained; nil for a model that is computed from all rows at once.
  public var training: TrainingConfiguration?
  /// Where it is trained: `auto`, `cpu`, `cuda`, `cuda:1`.
  public var device: String
  /// Threads of one operation; 0 for one a core. The last bits of results can depend on it.
  public var threads: Int
  /// The start of all random numbers.
  public var seed: UInt64

  /// The settings of a model, each with its default.
  ///
  /// - Parameters:
  ///   - model: the model's name in the catalogue.
  ///   - data: the data, or the target.
  ///   - objective: what it is fitted by.
  /// - Throws: `ModelError.unknownModel`; `ModelError.cannot` when the model is not trained, and so has no objective.
  public init(
    model: String, data: DataSettings, objective: Objective.Name = .forward
  ) throws(ModelError) {
    let entry = try Catalogue.entry(named: model)
    self.model = model
    self.data = data
    configuration = entry.defaults
    training = entry.trainingDefaults
    self.objective = training == nil ? nil : Objective(objective)
    if objective == .reverse {
      guard training != nil else {
        throw .cannot(
          model: model, action: "be fitted by reverse-kl", instead: "use nsf or real-nvp, whose draws have gradients")
      }
      training?.forTargets()
    }
    device = "cpu"
    threads = 0
    seed = 0
  }

  /// Checks what no other part checks.
  ///
  /// - Throws: `SettingsError.invalid`.
  func validate() throws(SettingsError) {
    guard seed <= UInt64(Int64.max) else {
      throw .invalid(reason: "the seed \(seed) is too large: at most \(Int64.max)")
    }
    let most = 4 * ProcessInfo.processInfo.activeProcessorCount
    guard (0...most).contains(threads) else {
      throw .invalid(reason: "threads is \(threads); it must be from 0 (one a core) to \(most)")
    }
    guard data.delimiter.utf8.count <= 1 else {
      throw .invalid(reason: "data.delimiter is '\(data.delimiter)'; it must be one character, or empty")
    }
    try data.validateConditions()
    _ = try data.supportDeclarations()
    if case .reverseKullbackLeibler(let settings) = objective {
      try settings.validate()
      guard data == DataSettings(path: data.path) else {
        throw .invalid(
          reason: "a target has no table, so settings of data do not fit with the objective reverse-kl; leave them out")
      }
    }
  }

  /// These settings with those of a tree in place of their own.
  ///
  /// - Throws: `SettingsError` for a setting that does not exist or has an unfit value.
  public func merging(_ tree: SettingsValue) throws -> FitSettings {
    try FitSettings(checking: try SettingsValue(encoding: self).merging(tree))
  }

  /// These settings with one, given as `training.batchSize=128`, replaced.
  ///
  /// - Throws: `SettingsError` for a setting that does not exist or has an unfit value.
  public func setting(_ assignment: String) throws -> FitSettings {
    try FitSettings(checking: try SettingsValue(encoding: self).setting(assignment, parse: SettingsValue.yamlValue))
  }

  /// Reads a tree of settings and makes sure that none was passed over.
  private init(checking tree: SettingsValue) throws {
    self = try tree.decoded()
    let understood = try SettingsValue(encoding: self)
    if let (path, known) = tree.firstSetting(missingIn: understood) {
      throw SettingsError.unknown(
        path: path, known: known, nearest: nearestName(to: String(path.split(separator: ".").last ?? ""), among: known))
    }
  }

  /// Reads the settings that a run folder keeps.
  ///
  /// - Throws: `ModelError.inputOutput` when the file cannot be read, `SettingsError` when it does not fit.
  public init(contentsOf url: URL) throws {
    let text: String
    do {
      text = try String(contentsOf: url, encoding: .utf8)
    } catch {
      throw ModelError.inputOutput(path: url.path, reason: "the settings cannot be read: \(systemReason(of: error))")
    }
    self = try FitSettings(checking: try SettingsValue(yaml: text, path: url.path))
  }

  /// Writes the settings as YAML.
  ///
  /// - Throws: `TensorFileError` when the file cannot be written.
  public func write(to url: URL) throws {
    try AtomicFile.write(Data(SettingsValue(encoding: self).yaml().utf8), to: url)
  }
}

extension TrainingConfiguration {
  /// Other defaults, for a fit to a target: draws cost nothing but time, so what matters is the number of steps.
  fileprivate mutating func forTargets() {
    maximumEpochs = 60
    patience = 60
    schedule = .cosine(warmUpSteps: 0, finalFraction: 0.01)
    averagingDecay = 0.99
  }
}
