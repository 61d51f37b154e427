/// Why training could not start, go on or be resumed.
public enum TrainingError: Error, Hashable, Sendable, CustomStringConvertible {
  /// A setting is out of its range.
  case invalidSetting(name: String, value: String, rule: String)
  /// There are too few rows to train on.
  case tooFewRows(available: Int, needed: Int)
  /// The loss or its gradient stopped being a finite number.
  case diverged(Divergence)
  /// The model has no parameter to train.
  case nothingToTrain
  /// A checkpoint belongs to other data, settings or another model.
  case checkpointMismatch(path: String, reason: String)

  /// What happened and what to do about it.
  public var description: String {
    switch self {
    case .invalidSetting(let name, let value, let rule):
      return "the training setting \(name) is \(value); it must be \(rule)"
    case .tooFewRows(let available, let needed):
      return "there are \(available) rows to train on, at least \(needed) are needed"
    case .diverged(let divergence):
      return divergence.description
    case .nothingToTrain:
      return "the model has no trainable parameter"
    case .checkpointMismatch(let path, let reason):
      return "the checkpoint \(path) cannot be continued: \(reason)"
    }
  }
}

/// A loss or gradient that stopped being a finite number.
public struct Divergence: Hashable, Sendable, CustomStringConvertible {
  /// The step, counted from 1.
  public var step: Int
  /// The epoch, counted from 1.
  public var epoch: Int
  /// What is not finite.
  public var quantity: String
  /// Its value.
  public var value: Double
  /// The learning rate of the step.
  public var learningRate: Double
  /// How the run stood at its best epoch, whose weights the model has; nil before the first validation.
  public var reportOfBest: TrainingReport?

  /// What happened, what remains and what to do about it.
  public var description: String {
    let kept = reportOfBest.map { " The weights of epoch \($0.bestEpoch), the best so far, are kept." } ?? ""
    return """
      training diverged at step \(step) (epoch \(epoch)): the \(quantity) is \(value). \
      Try a smaller learning rate (now \(learningRate)), a smaller gradientClip, or look for extreme values in the data.\
      \(kept)
      """
  }
}
