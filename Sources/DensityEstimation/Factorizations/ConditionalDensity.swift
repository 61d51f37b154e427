public import Probability
public import Torch

/// The distribution of one column for each value of others: p(x | y), a distribution of one number for each row `y`.
///
/// It is a function from rows to distributions side by side, so what can be asked is what those distributions can be
/// asked; where they are `CumulativeDistribution`s, draws come from the conditional inverse transform, and
/// a value has a code.
///
///     let density = model.conditioned(on: y)        // y: [*batch, given], one number of each distribution
///     density.logProb(x)                            // [*batch], nats
///
/// To implement one: take rows of all given columns, continuous or discrete, in 64 bits; make what depends on the rows
/// once in ``conditioned(on:)``; let a value that a discrete given column never takes have some distribution; return the
/// distribution of batch shape `[]` for the one row `[given]`. Conform to ``StoredConditionalDensity`` to be part of a
/// model file. A `ConditionalDistribution` of one number (a flow) becomes one by a struct of three lines that
/// passes the rows on as the context.
public protocol ConditionalDensity {
  /// What a row of given values gives: a distribution of single numbers.
  associatedtype Conditioned: Distribution

  /// The kind of the column that is modelled.
  var target: ColumnKind { get }
  /// The kinds of the given columns, in the order of a row; none for a distribution that depends on nothing.
  var given: [ColumnKind] { get }
  /// The numbers that have a density or a mass for some row.
  var support: Support { get }
  /// The distributions of rows.
  ///
  /// - Parameter rows: `[*batch, given]`.
  /// - Returns: one distribution of a number (event shape `[]`) for each row, of batch shape `[*batch]`.
  func conditioned(on rows: Tensor) -> Conditioned
}

extension ConditionalDensity {
  /// All real numbers; for a discrete column those from its least to its greatest value.
  public var support: Support {
    guard let least = target.values.first, let greatest = target.values.last else { return .real(eventRank: 0) }
    let ends = (Tensor(least, dtype: .float64), Tensor(greatest, dtype: .float64))
    return Support(.interval(lower: ends.0, upper: ends.1), eventRank: 0)
  }
}

/// A conditional density that can be written to a model file and read again.
public protocol StoredConditionalDensity: ConditionalDensity {
  /// The name of the family in files, such as `linearGaussian`.
  static var family: String { get }
  /// All that is needed beside the kinds of the columns, in 64 bits.
  var tensors: [String: Tensor] { get }
  /// The conditional density of these tensors, which may come from a damaged or a hostile file.
  ///
  /// - Throws: `DensityEstimationError.degenerate` when they cannot be those of this family.
  init(target: ColumnKind, given: [ColumnKind], tensors: [String: Tensor]) throws(DensityEstimationError)
}

/// A distribution of one number as a conditional density that depends on nothing.
public struct Unconditional<Base: Distribution>: ConditionalDensity {
  /// The distribution, of batch shape and event shape `[]`.
  public let base: Base
  /// The kind of the column.
  public let target: ColumnKind
  /// None.
  public var given: [ColumnKind] { [] }
  /// That of the distribution.
  public var support: Support { base.support }

  /// A distribution that depends on nothing.
  ///
  /// - Precondition: it is one distribution of single numbers.
  public init(_ base: Base, target: ColumnKind = .continuous) {
    precondition(
      base.batchShape == [] && base.eventShape == [],
      "Unconditional: expected one distribution of single numbers, got batch \(base.batchShape) and event "
        + "\(base.eventShape)")
    self.base = base
    self.target = target
  }

  /// The distribution, whatever the row.
  ///
  /// - Precondition: there is nothing in the row: its shape is `[0]`.
  public func conditioned(on rows: Tensor) -> Base {
    precondition(rows.shape == [0], "Unconditional: expected the empty row [0], got \(rows.shape)")
    return base
  }
}
