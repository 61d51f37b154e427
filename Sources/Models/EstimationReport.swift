public import Training

/// What came of a fit that computes a distribution from all rows at once.
public struct EstimationReport: Codable, Hashable, Sendable {
  /// The rows that it was computed from.
  public var rows: Int
  /// Those without a missing cell.
  public var completeRows: Int
  /// The mean log-density of the complete rows in nats, in the units of the data; nil when one has density 0.
  public var meanLogProb: Double?
  /// What the fit chose or found, by name: a bandwidth, a number of components.
  public var details: [String: SettingsValue]
  /// Seconds of computing.
  public var seconds: Double
}

/// How a fit ended, by the kind of model.
public enum FitReport: Hashable, Sendable {
  /// A model that was trained step by step.
  case training(TrainingReport)
  /// A model that was computed from all rows at once.
  case estimation(EstimationReport)
}
