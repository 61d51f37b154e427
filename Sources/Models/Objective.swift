import Foundation

/// What a trained model is fitted by.
public enum Objective: Hashable, Sendable {
  /// The model's own loss of the rows of a table; for a density that is its negative log-likelihood, the forward
  /// Kullback-Leibler divergence up to a constant.
  case forwardKullbackLeibler
  /// The reverse Kullback-Leibler divergence from a target that is known up to a constant. There is no table.
  case reverseKullbackLeibler(ReverseKullbackLeiblerSettings)

  /// The name in settings and on the command line.
  public enum Name: String, CaseIterable, CodingKey, Sendable {
    /// ``Objective/forwardKullbackLeibler``.
    case forward = "forward-kl"
    /// ``Objective/reverseKullbackLeibler(_:)``.
    case reverse = "reverse-kl"
  }

  /// The name.
  public var name: Name {
    switch self {
    case .forwardKullbackLeibler: .forward
    case .reverseKullbackLeibler: .reverse
    }
  }

  /// The objective of a name with its defaults.
  public init(_ name: Name) {
    switch name {
    case .forward: self = .forwardKullbackLeibler
    case .reverse: self = .reverseKullbackLeibler(ReverseKullbackLeiblerSettings())
    }
  }
}

// Written as `{"forward-kl": {}}` and `{"reverse-kl": {"stepsPerEpoch": 100, ...}}`, so that settings can be merged.
extension Objective: Codable {
  /// Reads an objective; settings that are left out have their defaults.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: Name.self)
    guard container.allKeys.count == 1, let name = container.allKeys.first else {
      throw DecodingError.dataCorrupted(
        .init(
          codingPath: decoder.codingPath,
          debugDescription: "expected one of \(Name.allCases.map(\.rawValue).joined(separator: ", "))"))
    }
    switch name {
    case .forward: self = .forwardKullbackLeibler
    case .reverse:
      self = .reverseKullbackLeibler(try container.decode(ReverseKullbackLeiblerSettings.self, forKey: .reverse))
    }
  }

  /// Writes the objective with all its settings.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: Name.self)
    switch self {
    case .forwardKullbackLeibler: try container.encode([String: String](), forKey: .forward)
    case .reverseKullbackLeibler(let settings): try container.encode(settings, forKey: .reverse)
    }
  }
}

/// How a model is fitted to a target by the reverse Kullback-Leibler divergence.
public struct ReverseKullbackLeiblerSettings: Codable, Hashable, Sendable {
  /// Steps between two looks at draws that are held out; each step draws `training.batchSize` times.
  public var stepsPerEpoch: Int
  /// The temperature at which training starts: the energy is divided by it. 1 for none.
  public var startTemperature: Double
  /// The steps in which the temperature falls, by equal factors, to 1.
  public var annealingSteps: Int
  /// Draws for the diagnosis at the end.
  public var diagnosisDraws: Int

  /// The settings, each with its default.
  public init(
    stepsPerEpoch: Int = 100, startTemperature: Double = 20, annealingSteps: Int = 3000, diagnosisDraws: Int = 10_000
  ) {
    self.stepsPerEpoch = stepsPerEpoch
    self.startTemperature = startTemperature
    self.annealingSteps = annealingSteps
    self.diagnosisDraws = diagnosisDraws
  }

  /// Reads settings; those that are left out have their defaults.
  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    let defaults = ReverseKullbackLeiblerSettings()
    stepsPerEpoch = try values.decodeIfPresent(Int.self, forKey: .stepsPerEpoch) ?? defaults.stepsPerEpoch
    startTemperature = try values.decodeIfPresent(Double.self, forKey: .startTemperature) ?? defaults.startTemperature
    annealingSteps = try values.decodeIfPresent(Int.self, forKey: .annealingSteps) ?? defaults.annealingSteps
    diagnosisDraws = try values.decodeIfPresent(Int.self, forKey: .diagnosisDraws) ?? defaults.diagnosisDraws
  }

  /// The temperature in a step, counted from 0.
  public func temperature(step: Int) -> Double { 1 / inverseTemperature(step: step) }

  /// One over the temperature in a step, counted from 0.
  func inverseTemperature(step: Int) -> Double {
    guard step < annealingSteps else { return 1 }
    return pow(startTemperature, Double(step) / Double(annealingSteps) - 1)
  }

  /// Checks that every setting is in its range.
  ///
  /// - Throws: `SettingsError.invalid` for the first that is not.
  func validate() throws(SettingsError) {
    func require(_ holds: Bool, _ name: String, _ value: Any, _ rule: String) throws(SettingsError) {
      if !holds { throw .invalid(reason: "the setting objective.reverse-kl.\(name) is \(value); it must be \(rule)") }
    }
    let counts = 1...1_000_000_000
    try require(counts.contains(stepsPerEpoch), "stepsPerEpoch", stepsPerEpoch, "from 1 to a billion")
    try require(
      startTemperature >= 1 && startTemperature.isFinite, "startTemperature", startTemperature, "1 (none) or above")
    try require((0...1_000_000_000).contains(annealingSteps), "annealingSteps", annealingSteps, "0 or above")
    try require(
      (100...1_000_000_000).contains(diagnosisDraws), "diagnosisDraws", diagnosisDraws, "from 100 to a billion")
  }
}
