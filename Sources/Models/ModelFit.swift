import Datasets
import Foundation
import NeuralNetworks
public import Probability
import Torch
public import Training

/// One fit from settings to a run folder: what `pushforward fit` and `pushforward resume` do.
public struct ModelFit {
  /// The settings.
  public let settings: FitSettings
  /// Where everything is written.
  public let folder: RunFolder

  /// Something that happened during a fit.
  public enum Event {
    /// Advice about the data.
    case warning(String)
    /// Parts of the model that run as composed operations, which is slower, and why.
    case slowParts([String])
    /// Training starts: rows to train on, rows held out, columns, parameters.
    case started(trainingRows: Int, validationRows: Int, columns: Int, parameters: Int)
    /// A model is about to be trained on draws of its own, towards a target.
    case seeking(target: String, objective: ReverseKullbackLeiblerSettings, columns: Int, parameters: Int)
    /// A model that was fitted to a target was looked at.
    case diagnosed(ReverseKullbackLeibler.Diagnosis)
    /// A distribution is about to be computed from rows of so many columns.
    case computing(rows: Int, columns: Int)
    /// The distribution is there, and its files are about to be written.
    case saving
    /// Training has moved on.
    case progress(TrainingProgress)
  }

  /// A fit with settings into a folder.
  public init(_ settings: FitSettings, into folder: RunFolder) {
    self.settings = settings
    self.folder = folder
  }

  /// Reads the data, fits and saves the model.
  ///
  /// - Parameters:
  ///   - overwriting: whether a run that is in the folder may be replaced.
  ///   - resuming: whether an unfinished run is continued.
  ///   - stop: a request to stop heeded after each step of training; the state is kept for resuming.
  ///   - onEvent: told what happens.
  /// - Returns: how the fit ended.
  /// - Throws: errors of reading the data, of settings, of fitting and of writing.
  public func run(
    overwriting: Bool = false, resuming: Bool = false, stop: StopRequest? = nil, onEvent: (Event) -> Void = { _ in }
  ) throws -> FitReport {
    try settings.validate()
    if settings.threads > 0 { setThreadCount(settings.threads) }
    let entry = try Catalogue.entry(named: settings.model)
    let device = try Device(named: settings.device)
    let configuration = try entry.configuration(settings.configuration)
    switch entry.method {
    case .training(let training):
      if case .reverseKullbackLeibler(let objective) = settings.objective {
        let fit = TargetFit(
          settings: settings, objective: objective, configuration: configuration, folder: folder, device: device)
        return .training(
          try fit.run(
            training, of: entry, overwriting: overwriting, resuming: resuming, stop: stop, onEvent: onEvent))
      }
      try settings.requireTable()
      let fit = TrainingFit(settings: settings, configuration: configuration, folder: folder, device: device)
      return .training(
        try fit.run(
          training, of: entry, overwriting: overwriting, resuming: resuming, stop: stop, onEvent: onEvent))
    case .estimation(let estimation):
      guard device == .cpu else {
        throw ModelError.cannot(
          model: entry.name, action: "be fitted on \(device)", instead: "leave --device out: it runs on the processor")
      }
      let fit = EstimationFit(settings: settings, configuration: configuration, folder: folder)
      return .estimation(try fit.run(estimation, of: entry, overwriting: overwriting, onEvent: onEvent))
    }
  }
}

extension FitSettings {
  /// Stops when the name of a target is given where a table belongs.
  fileprivate func requireTable() throws(SettingsError) {
    guard Targets.entries.contains(where: { $0.name == data.path }),
      !FileManager.default.fileExists(atPath: data.path)
    else { return }
    throw .invalid(reason: "\(data.path) is a target, not a table; fit to it with --objective reverse-kl")
  }
}

extension LoadedData {
  /// What a model file says about a model that was fitted to these data.
  func description(_ settings: FitSettings, _ report: FitReport) -> ModelDescription {
    ModelDescription(
      model: settings.model, configuration: settings.configuration, columns: table.columnNames,
      data: settings.data, categories: table.categories, sourceColumns: table.sourceColumns,
      grids: units.grids, offsets: units.offsets,
      supports: supports.isEmpty ? nil : supports, conditions: conditionColumns,
      imageSize: imageSize.flatMap { $0.reduce(1, *) == table.columnCount ? $0 : nil },
      seed: settings.seed, report: report)
  }
}
