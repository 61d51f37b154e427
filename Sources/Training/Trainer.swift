public import Datasets
import Foundation
public import NeuralNetworks
public import Torch

/// Fits a model's parameters to rows by minimizing an objective.
///
/// One epoch is a pass over the rows in random order, in whole batches. After each, the loss of the held-out rows decides whether the
/// weights are the best so far; when they have not improved for `patience` epochs training ends. The model ends with
/// the best weights.
///
/// A run that was stopped continues from its checkpoint with the same bits that an uninterrupted run would have had, on
/// the same machine and thread count.
public struct Trainer {
  /// The settings.
  public let configuration: TrainingConfiguration

  /// The mean loss of a batch, a tensor of one element; the context gives layers their mode and random numbers.
  public typealias Objective = (_ batch: Batch, _ context: LayerContext) -> Tensor

  /// A trainer with the given settings.
  ///
  /// - Throws: `TrainingError.invalidSetting` when one is out of its range.
  public init(_ configuration: TrainingConfiguration = .init()) throws(TrainingError) {
    try configuration.validate()
    self.configuration = configuration
  }

  /// Trains the model.
  ///
  /// - Parameters:
  ///   - model: the module whose trainable parameters are moved.
  ///   - training: the rows to train on.
  ///   - validation: the rows that decide which weights are best; when nil, `validationFraction` of the rows is held out,
  ///     and the last weights are kept when that is 0.
  ///   - objective: the mean loss of a batch.
  ///   - rng: the source of all random numbers of the run.
  ///   - checkpoint: where to keep the run's state; an existing checkpoint is continued.
  ///   - log: receives one line after each epoch.
  ///   - stop: heeded after each step; the state is saved first.
  ///   - onProgress: called after each step.
  /// - Returns: how the run ended.
  /// - Throws: `TrainingError` when there is nothing to train, the loss diverges or a checkpoint does not fit; errors of
  ///   writing files. On divergence the model has the best weights so far.
  public func fit(
    _ model: some Module, to training: Batch, validation: Batch? = nil, objective: Objective,
    using rng: inout RandomGenerator, checkpoint: CheckpointStore? = nil, log: MetricsLog? = nil,
    stop: StopRequest? = nil, onProgress: (TrainingProgress) -> Void = { _ in }
  ) throws -> TrainingReport {
    precondition(validation?.rowCount != 0, "Trainer.fit: expected validation rows or nil, got none")
    var (training, validation) = (training, validation)
    if validation == nil, configuration.validationFraction > 0 {
      let fractions = SplitFractions(validation: configuration.validationFraction)
      let split = try RowSplit(
        rowCount: training.rowCount, fractions: fractions, path: "the training data", using: &rng)
      (training, validation) = (training.rows(split.train), training.rows(split.validation))
    }
    let run = try TrainingRun(
      model: model, training: training, validation: validation, configuration: configuration, rng: &rng)
    if let checkpoint, checkpoint.exists {
      try run.restore(try checkpoint.load(), path: checkpoint.url.path)
    }
    try log?.truncate(afterEpoch: run.state.epoch)
    do {
      return try run.train(
        objective: objective, checkpoint: checkpoint, log: log, stop: stop, onProgress: onProgress)
    } catch {
      try? run.restoreBest()
      throw error
    }
  }
}
