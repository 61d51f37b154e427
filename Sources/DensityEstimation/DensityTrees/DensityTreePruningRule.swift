extension DensityTreeEstimator {
  /// How far the cuts of a grown tree are taken back.
  public enum Pruning: Hashable, Sendable {
    /// Not at all.
    case none
    /// To the complexity that does best on rows that were held out.
    case crossValidation(folds: Int = 10)
    /// To a complexity: each leaf must save so much of the loss; see ``PruningStep/complexity``.
    case complexity(penalty: Double)
    /// To the largest subtree of the sequence with at most so many leaves.
    case leaves(most: Int)

    var folds: Int {
      if case .crossValidation(let folds) = self { folds } else { 0 }
    }

    func validate() throws(DensityEstimationError) {
      switch self {
      case .crossValidation(let folds) where !(2...1000).contains(folds):
        throw .invalidSetting(name: "pruning.crossValidation.folds", value: "\(folds)", rule: "from 2 to 1000")
      case .complexity(let penalty) where !(penalty >= 0):
        throw .invalidSetting(name: "pruning.complexity.penalty", value: "\(penalty)", rule: "0 or more")
      case .leaves(let most) where most < 1:
        throw .invalidSetting(name: "pruning.leaves.most", value: "\(most)", rule: "1 or more")
      default: break
      }
    }
  }
}

// A settings file may leave the number of folds out, so decoding is written by hand: `{"crossValidation": {}}`.
extension DensityTreeEstimator.Pruning: Codable {
  private enum Kind: String, CodingKey { case none, crossValidation, complexity, leaves }

  private enum Setting: String, CodingKey { case folds, penalty, most }

  /// Reads a rule.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: Kind.self)
    guard container.allKeys.count == 1, let kind = container.allKeys.first else {
      throw DecodingError.dataCorrupted(
        .init(
          codingPath: decoder.codingPath, debugDescription: "expected one of none, crossValidation, complexity, leaves")
      )
    }
    let settings = try container.nestedContainer(keyedBy: Setting.self, forKey: kind)
    switch kind {
    case .none: self = .none
    case .crossValidation:
      self = .crossValidation(folds: try settings.decodeIfPresent(Int.self, forKey: .folds) ?? 10)
    case .complexity: self = .complexity(penalty: try settings.decode(Double.self, forKey: .penalty))
    case .leaves: self = .leaves(most: try settings.decode(Int.self, forKey: .most))
    }
  }

  /// Writes the rule with its settings.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: Kind.self)
    switch self {
    case .none: _ = container.nestedContainer(keyedBy: Setting.self, forKey: .none)
    case .crossValidation(let folds):
      var settings = container.nestedContainer(keyedBy: Setting.self, forKey: .crossValidation)
      try settings.encode(folds, forKey: .folds)
    case .complexity(let penalty):
      var settings = container.nestedContainer(keyedBy: Setting.self, forKey: .complexity)
      try settings.encode(penalty, forKey: .penalty)
    case .leaves(let most):
      var settings = container.nestedContainer(keyedBy: Setting.self, forKey: .leaves)
      try settings.encode(most, forKey: .most)
    }
  }
}
