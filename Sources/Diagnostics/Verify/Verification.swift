/// What a model found when it checked itself.
public struct Verification: Hashable, Sendable, Codable {
  /// One thing that was looked at.
  public struct Check: Hashable, Sendable, Codable {
    /// How a check ended.
    public enum Outcome: String, Hashable, Sendable, Codable, CaseIterable {
      /// What was measured is within its limit.
      case passed
      /// What was measured is beyond its limit: the model must not be trusted in this.
      case failed
      /// Not wrong in itself, but to be known before the model is used.
      case warned
      /// It does not apply to the model, or what it needs is not there; the sentence says why.
      case skipped
    }

    /// What was looked at, in a few words: "inverse", "normalization".
    public var name: String
    /// How it ended.
    public var outcome: Outcome
    /// What was measured; nil when nothing was, or no finite number.
    public var measured: Double?
    /// How far that may go; nil when nothing was measured.
    public var limit: Double?
    /// What was found, in a plain sentence that a newcomer understands.
    public var finding: String

    /// A check.
    ///
    /// - Parameters:
    ///   - name: what was looked at.
    ///   - outcome: how it ended.
    ///   - measured: what was measured.
    ///   - limit: how far that may go.
    ///   - finding: what was found, as a sentence.
    public init(
      _ name: String, _ outcome: Outcome, measured: Double? = nil, limit: Double? = nil, finding: String
    ) {
      self.name = name
      self.outcome = outcome
      self.measured = measured.flatMap { $0.isFinite ? $0 : nil }
      self.limit = limit
      self.finding = finding
    }
  }

  /// The checks in the order in which they were made.
  public var checks: [Check]

  /// A verification.
  ///
  /// - Parameter checks: the checks in the order in which they were made.
  public init(checks: [Check]) { self.checks = checks }

  /// Whether no check failed.
  public var isPassed: Bool { !checks.contains { $0.outcome == .failed } }
}
