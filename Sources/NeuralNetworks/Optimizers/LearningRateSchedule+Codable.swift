// A file may leave out what has a default, so decoding is written by hand: `{"cosine": {}}`, `{"step": {"every": 100}}`.

extension LearningRateSchedule {
  private enum Kind: String, CodingKey {
    case constant, cosine, step, plateau
  }

  private enum Setting: String, CodingKey {
    case warmUpSteps, finalFraction, every, factor, patience, minimumFraction
  }

  /// Reads a schedule; settings that are left out have their defaults.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: Kind.self)
    guard container.allKeys.count == 1, let kind = container.allKeys.first else {
      throw DecodingError.dataCorrupted(
        .init(
          codingPath: decoder.codingPath, debugDescription: "expected one of constant, cosine, step, plateau"))
    }
    let settings = try container.nestedContainer(keyedBy: Setting.self, forKey: kind)
    func integer(_ key: Setting, _ value: Int) throws -> Int {
      try settings.decodeIfPresent(Int.self, forKey: key) ?? value
    }
    func number(_ key: Setting, _ value: Double) throws -> Double {
      try settings.decodeIfPresent(Double.self, forKey: key) ?? value
    }
    switch kind {
    case .constant: self = .constant
    case .cosine:
      self = .cosine(warmUpSteps: try integer(.warmUpSteps, 0), finalFraction: try number(.finalFraction, 0))
    case .step: self = .step(every: try settings.decode(Int.self, forKey: .every), factor: try number(.factor, 0.5))
    case .plateau:
      self = .plateau(
        factor: try number(.factor, 0.5), patience: try integer(.patience, 10),
        minimumFraction: try number(.minimumFraction, 1e-3))
    }
  }

  /// Writes the schedule with all its settings.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: Kind.self)
    switch self {
    case .constant: _ = container.nestedContainer(keyedBy: Setting.self, forKey: .constant)
    case .cosine(let warmUpSteps, let finalFraction):
      var settings = container.nestedContainer(keyedBy: Setting.self, forKey: .cosine)
      try settings.encode(warmUpSteps, forKey: .warmUpSteps)
      try settings.encode(finalFraction, forKey: .finalFraction)
    case .step(let every, let factor):
      var settings = container.nestedContainer(keyedBy: Setting.self, forKey: .step)
      try settings.encode(every, forKey: .every)
      try settings.encode(factor, forKey: .factor)
    case .plateau(let factor, let patience, let minimumFraction):
      var settings = container.nestedContainer(keyedBy: Setting.self, forKey: .plateau)
      try settings.encode(factor, forKey: .factor)
      try settings.encode(patience, forKey: .patience)
      try settings.encode(minimumFraction, forKey: .minimumFraction)
    }
  }
}
