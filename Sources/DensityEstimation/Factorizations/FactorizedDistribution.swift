public import Probability
public import Torch

/// A distribution of rows that is a ``Factorization``, with something of its own beside it.
///
/// To implement one: hold the factorization; everything that a distribution must do follows.
public protocol FactorizedDistribution: StoredDistribution {
  /// The parts.
  var factorization: Factorization { get }
}

extension FactorizedDistribution {
  /// One distribution.
  public var batchShape: Shape { factorization.batchShape }
  /// `[features]`.
  public var eventShape: Shape { factorization.eventShape }
  /// The numbers that each column can take by itself.
  public var support: Support { factorization.support }
  /// The kinds of the columns.
  public var columns: [ColumnKind] { factorization.columns }
  /// The columns in the order in which they are drawn.
  public var order: [Int] { factorization.order }
  /// The parents of each column.
  public var parents: [[Int]] { factorization.parents }

  /// The log-probability of rows, in nats.
  public func logProb(unchecked x: Tensor) -> Tensor { factorization.logProb(unchecked: x) }

  /// The log-probability of each column given its parents, in nats, `[*batch, features]`.
  public func columnLogProbs(_ x: Tensor) -> Tensor { factorization.columnLogProbs(x) }

  /// Rows drawn by the conditional inverse transform.
  public func sample(_ sampleShape: Shape, using rng: inout RandomGenerator) -> Tensor {
    factorization.sample(sampleShape, using: &rng)
  }

  /// The uniform numbers that the conditional inverse transform turns into rows; see ``Factorization/codes(_:using:)``.
  public func codes(_ x: Tensor, using rng: inout RandomGenerator) -> Tensor { factorization.codes(x, using: &rng) }

  /// The rows of codes; see ``Factorization/decode(_:)``.
  public func decode(_ codes: Tensor) -> Tensor { factorization.decode(codes) }

  /// All that is needed to make the distribution again, in 64 bits; see ``Factorization/tensors``.
  public var tensors: [String: Tensor] { factorization.tensors }
}
