/// The family of conditional densities that a factorization puts in each column, as a setting: one of linear models, tables,
/// trees, mixtures and kernels, each with its own settings.
///
/// In a settings file: `linear`, or with settings `{table: {bins: 20, smoothing: 1}}`.
public enum ConditionalFamily: Hashable, Sendable, Codable {
  /// ``LinearGaussian`` for continuous columns, ``MultinomialLogistic`` for discrete ones.
  case linear(MultinomialLogisticEstimator = .init())
  /// ``ConditionalTable`` over a grid.
  case table(ConditionalTableEstimator = .init())
  /// ``ConditionalTable`` over the leaves of a tree.
  case tree(ConditionalTreeEstimator = .init())
  /// ``ConditionalMixture``; a table where no column is continuous.
  case mixture(ConditionalMixtureEstimator = .init())
  /// ``ConditionalKernel``.
  case kernel(ConditionalKernelEstimator = .init())

  /// What fits a column to its data.
  public func estimator(for data: ConditionalData) -> any ConditionalDensityEstimator {
    switch self {
    case .linear(let logistic): data.targetKind.isDiscrete ? logistic : LinearGaussianEstimator()
    case .table(let table): table
    case .tree(let tree): tree
    case .mixture(let mixture):
      ([data.targetKind] + data.givenKinds).contains(.continuous)
        ? mixture : ConditionalTableEstimator(smoothing: mixture.smoothing)
    case .kernel(let kernel): kernel
    }
  }
}

// A file may leave out what has a default, so decoding is written by hand.
extension ConditionalFamily {
  private enum Kind: String, CodingKey, CaseIterable { case linear, table, tree, mixture, kernel }

  /// Reads a family; settings that are left out have their defaults.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: Kind.self)
    guard container.allKeys.count == 1, let kind = container.allKeys.first else {
      let names = Kind.allCases.map(\.rawValue).joined(separator: ", ")
      throw DecodingError.dataCorrupted(
        .init(codingPath: decoder.codingPath, debugDescription: "expected one of \(names)"))
    }
    switch kind {
    case .linear: self = .linear(try container.decode(MultinomialLogisticEstimator.self, forKey: kind))
    case .table: self = .table(try container.decode(ConditionalTableEstimator.self, forKey: kind))
    case .tree: self = .tree(try container.decode(ConditionalTreeEstimator.self, forKey: kind))
    case .mixture: self = .mixture(try container.decode(ConditionalMixtureEstimator.self, forKey: kind))
    case .kernel: self = .kernel(try container.decode(ConditionalKernelEstimator.self, forKey: kind))
    }
  }

  /// Writes the family with all its settings.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: Kind.self)
    switch self {
    case .linear(let settings): try container.encode(settings, forKey: .linear)
    case .table(let settings): try container.encode(settings, forKey: .table)
    case .tree(let settings): try container.encode(settings, forKey: .tree)
    case .mixture(let settings): try container.encode(settings, forKey: .mixture)
    case .kernel(let settings): try container.encode(settings, forKey: .kernel)
    }
  }
}
