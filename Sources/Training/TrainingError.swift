/// Why training could not start, go on or be resumed.
public enum TrainingError: Error, Hashable, Sendable, CustomStringConvertible {
  /// A setting is out of its range.
  case invalidSetting(name: String, value: String, rule: String)
  /// There are too few rows to train on.
  case tooFewRows(available: Int, needed: Int)
  /// The loss or its gradient stopped being a finite number.
  case diverged(step: Int, epoch: Int, quantity: String, value: Double, learningRate: Double)
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
    case .diverged(let step, let epoch, let quantity, let value, let learningRate):
      return """
        training diverged at step \(step) (epoch \(epoch)): the \(quantity) is \(value). \
        Try a smaller learning rate (now \(learningRate)), a smaller gradientClip, or look for extreme values in the data
        """
    case .nothingToTrain:
      return "the model has no trainable parameter"
    case .checkpointMismatch(let path, let reason):
      return "the checkpoint \(path) cannot be continued: \(reason)"
    }
  }
}
