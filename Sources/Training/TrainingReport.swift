/// How a training run ended.
public struct TrainingReport: Codable, Hashable, Sendable {
  /// Why training ended.
  public enum StopReason: String, Codable, Hashable, Sendable {
    /// The validation loss had not become better for `patience` epochs.
    case patience
    /// All epochs were done.
    case maximumEpochs
    /// A stop was asked for; the run can be resumed.
    case interrupted
    /// The loss stopped being a finite number; the weights are those of the best epoch before.
    case diverged
  }

  /// Why training ended.
  public var stopReason: StopReason
  /// Complete epochs.
  public var epochs: Int
  /// Steps of the optimizer.
  public var steps: Int
  /// The epoch whose weights the model now has.
  public var bestEpoch: Int
  /// The validation loss of these weights, if rows were held out.
  public var bestValidationLoss: Double?
  /// The mean training loss of the last complete epoch.
  public var trainingLoss: Double
  /// Rows trained on.
  public var trainingRows: Int
  /// Rows held out.
  public var validationRows: Int
  /// Seconds of training, earlier sessions included.
  public var seconds: Double
}
