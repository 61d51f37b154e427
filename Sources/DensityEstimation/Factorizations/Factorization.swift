public import Probability
public import Torch

/// A distribution of rows as a product of distributions of one column each, given columns before it:
/// p(x) = p(x_1 | pa_1) p(x_2 | pa_2) ...
///
/// The parents of each column make a directed graph without cycles. With no parents the columns are independent; with all
/// columns before each as parents it is the chain rule, which is exact for any order; with fewer it states which columns
/// do not matter. ``Autoregressive``, ``CausalModel``, ``ChowLiuTree`` and ``Independent`` are factorizations that differ
/// in where the graph comes from.
///
/// Rows are drawn by the conditional inverse transform: a uniform number for each column, sent through the column's
/// quantile function given the columns already drawn. ``codes(_:using:)`` is the way back.
///
/// - Shapes: rows `[features]`, in 64 bits. Log-probabilities are log-densities in the continuous columns and log-masses in
///   the discrete ones.
public struct Factorization: StoredDistribution {
  /// One column's part.
  public struct Factor {
    /// The column.
    public let column: Int
    /// The columns that it depends on.
    public let parents: [Int]
    /// Its distribution given them.
    public let conditional: any ConditionalDensity

    /// The distribution of a column given others, in the order of the conditional density's given columns.
    ///
    /// - Precondition: there are as many parents as given columns, all different, and none is the column.
    public init(column: Int, parents: [Int], conditional: any ConditionalDensity) {
      precondition(
        parents.count == conditional.given.count && Set(parents + [column]).count == parents.count + 1,
        "Factor: expected \(conditional.given.count) different parents of column \(column), got \(parents)")
      self.column = column
      self.parents = parents
      self.conditional = conditional
    }
  }

  /// The parts, each after those of its parents.
  public let factors: [Factor]
  /// The kinds of the columns, in the order of the columns.
  public let columns: [ColumnKind]

  /// The product of one part for each column.
  ///
  /// - Precondition: each of the columns 0, 1, ... has one part, parents come before their children, and a parent is of the
  ///   kind that the child takes it for.
  public init(_ factors: [Factor]) {
    let places = Dictionary(zip(factors.map(\.column), 0...)) { first, _ in first }
    precondition(
      !factors.isEmpty && places.count == factors.count && factors.allSatisfy { factors.indices.contains($0.column) },
      "Factorization: expected one part for each column, got parts for columns \(factors.map(\.column))")
    for (place, factor) in factors.enumerated() {
      for (parent, kind) in zip(factor.parents, factor.conditional.given) {
        precondition(
          factors.indices.contains(parent) && (places[parent] ?? place) < place,
          "Factorization: column \(parent) must come before its child \(factor.column)")
        precondition(
          factors[places[parent] ?? 0].conditional.target == kind,
          "Factorization: column \(factor.column) takes its parent \(parent) for another kind of column")
      }
    }
    self.factors = factors
    columns = (0..<factors.count).map { factors[places[$0] ?? 0].conditional.target }
  }

  /// The number of columns.
  public var features: Int { factors.count }
  /// One distribution.
  public var batchShape: Shape { [] }
  /// `[features]`.
  public var eventShape: Shape { [features] }
  /// The columns in the order in which they are drawn.
  public var order: [Int] { factors.map(\.column) }
  /// The parents of each column.
  public var parents: [[Int]] {
    factors.sorted { $0.column < $1.column }.map(\.parents)
  }

  /// The numbers that each column can take by itself.
  public var support: Support {
    let ends = factors.sorted { $0.column < $1.column }.map { factor -> (Double, Double) in
      guard case .interval(let lower, let upper) = factor.conditional.support.elements else {
        return (-Double.infinity, Double.infinity)
      }
      return (lower.item(), upper.item())
    }
    return Support(.interval(lower: Tensor(ends.map(\.0)), upper: Tensor(ends.map(\.1))), eventRank: 1)
  }

  /// The log-probability of rows, in nats: the sum of the columns' own.
  public func logProb(unchecked x: Tensor) -> Tensor {
    let each = columnLogProbs(x)
    // A row outside the support has no density, whatever its other columns say of an infinite parent.
    let isOutside = (each .== -Double.infinity).any(-1) .& .!x.isNaN().any(-1)
    return select(isOutside, -Double.infinity, each.sum(-1))
  }

  /// The log-probability of each column given its parents, in nats: which part of a row is unlikely.
  ///
  /// - Parameter x: rows, `[*batch, features]`.
  /// - Returns: `[*batch, features]`, in the order of the columns.
  /// - Precondition: rows end in `features` columns.
  public func columnLogProbs(_ x: Tensor) -> Tensor {
    checkRows(x, "columnLogProbs")
    return factors.byColumn(x) { _, distribution, column in distribution.logProb(column) }
  }

  /// Rows drawn by the conditional inverse transform; columns whose distribution has no quantile function are drawn from it
  /// directly.
  public func sample(_ sampleShape: Shape, using rng: inout RandomGenerator) -> Tensor {
    withoutGradient {
      let columns = factors.drawn(count: sampleShape.elementCount, using: &rng)
      return Tensor.stacking(columns.compactMap { $0 }, -1).reshaped(sampleShape + eventShape)
    }
  }

  func checkRows(_ x: Tensor, _ operation: String) {
    precondition(
      x.rank >= 1 && x.shape.trailing(1) == eventShape, "\(operation): expected [*, \(features)], got \(x.shape)")
  }
}
