public import Probability
public import Torch

/// Numbers with a density that is constant between neighbouring edges: what a histogram or a cut through a density tree
/// gives.
///
/// A piece holds its lower edge and not its upper one; the last piece holds both. Pieces of width 0 have mass 0 and are
/// never met, so that distributions side by side may have different numbers of pieces.
///
/// - Shapes: `edges` `[*batch, pieces + 1]`, `masses` `[*batch, pieces]`, both 64-bit; events are numbers.
public struct PiecewiseUniform: CumulativeDistribution, MomentDistribution {
  /// The ends of the pieces in ascending order, `[*batch, pieces + 1]`.
  public let edges: Tensor
  /// The probabilities of the pieces, `[*batch, pieces]`; each distribution's sum is 1.
  public let masses: Tensor
  /// The shape of distributions side by side.
  public let batchShape: Shape
  /// The shape of one draw: a number.
  public let eventShape: Shape = []

  private let widths: Tensor
  private let logDensities: Tensor
  /// The probability below each edge, `[*batch, pieces + 1]`.
  private let cumulative: Tensor
  /// The greatest number inside each piece.
  private let lastInside: Tensor

  /// Pieces between edges.
  ///
  /// - Precondition: edges ascend (equal ones only around mass 0, and not at the upper end), masses are not negative,
  ///   and each distribution's sum is 1 within 1e-9; there is one edge more than masses.
  public init(edges: Tensor, masses: Tensor) {
    let (edges, masses) = (edges.detached().to(.float64), masses.detached().to(.float64))
    precondition(
      edges.rank > 0 && edges.rank == masses.rank && edges.size(-1) == masses.size(-1) + 1 && masses.size(-1) > 0
        && edges.shape.droppingTrailing(1) == masses.shape.droppingTrailing(1),
      "PiecewiseUniform: expected edges [*batch, pieces + 1] and masses [*batch, pieces], got \(edges.shape), \(masses.shape)"
    )
    let widths = edges[.ellipsis, .slice(from: 1)] - edges[.ellipsis, .slice(to: -1)]
    precondition(
      (widths .>= 0).all() && (masses .>= 0).all() && !((widths .== 0) .& (masses .> 0)).any()
        && (widths[.ellipsis, .at(-1)] .> 0).all() && ((masses.sum(-1) - 1.0).absolute() .<= 1e-9).all(),
      "PiecewiseUniform: expected ascending edges, and masses that sum to 1 with none on a width of 0")
    let pieces = masses.size(-1)
    let values = masses.doubles()
    let exact = stride(from: 0, to: values.count, by: pieces).flatMap {
      ExactMasses.shares(of: Array(values[$0..<($0 + pieces)]))
    }
    self.init(unchecked: edges, masses: Tensor(exact, shape: masses.shape))
  }

  /// Pieces that are known to obey, with exact masses; a distribution of NaN masses has NaN log-densities.
  init(unchecked edges: Tensor, masses: Tensor) {
    self.edges = edges
    self.masses = masses
    batchShape = masses.shape.droppingTrailing(1)
    widths = edges[.ellipsis, .slice(from: 1)] - edges[.ellipsis, .slice(to: -1)]
    logDensities = select(masses .== 0, -Double.infinity, masses.log() - widths.log())
    let sums = masses.cumulativeSum(-1)
    cumulative = Tensor.concatenating([Tensor.zeros(batchShape + [1], dtype: .float64), sums], -1)
    let ends = edges[.ellipsis, .slice(from: 1)]
    let pieces = masses.size(-1)
    let inside = ends.doubles().enumerated().map { $0.offset % pieces == pieces - 1 ? $0.element : $0.element.nextDown }
    lastInside = Tensor(inside, shape: ends.shape)
  }

  /// Where there is mass, and what lies between.
  public var support: Support { Support(.interval(lower: quantile(at: 0), upper: quantile(at: 1)), eventRank: 0) }

  /// The expectation, `[*batch]`.
  public var mean: Tensor { (masses * middles).sum(-1) }

  /// The variance, `[*batch]`.
  public var variance: Tensor {
    (masses * ((middles - mean.unsqueezed(-1)).squared() + widths.squared() / 12.0)).sum(-1)
  }

  /// The entropy in nats, `[*batch]`.
  public var entropy: Tensor { -select(masses .== 0, 0.0, masses * logDensities).sum(-1) }

  private var middles: Tensor { (edges[.ellipsis, .slice(from: 1)] + edges[.ellipsis, .slice(to: -1)]) * 0.5 }

  /// The logarithm of mass over width in nats; minus infinity where there is no mass and beyond the edges.
  public func logProb(unchecked x: Tensor) -> Tensor {
    let value = x.detached().to(.float64).broadcasted(to: Shape.broadcasting(x.shape, batchShape) ?? x.shape)
    let density = looked(up: logDensities, at: pieces(of: value))
    let isOutside = (value .< first) .| (value .> last)
    return select(value.isNaN(), Double.nan, select(isOutside, -Double.infinity, density))
  }

  /// The quantile function of uniform numbers.
  public func sample(_ sampleShape: Shape, using rng: inout RandomGenerator) -> Tensor {
    let noise = Tensor.uniform(sampleShape + batchShape, dtype: .float64, using: &rng)
    return quantile(noise)
  }

  /// The probability of a number at most `x`, element by element; `x` broadcasts against the batch.
  public func cdf(_ x: Tensor) -> Tensor {
    let value = x.detached().to(.float64).broadcasted(to: Shape.broadcasting(x.shape, batchShape) ?? x.shape)
    let piece = pieces(of: value)
    let start = looked(up: edges[.ellipsis, .slice(to: -1)], at: piece)
    let share = ((value - start) / looked(up: widths, at: piece)).clamped(from: 0, to: 1)
    let below = looked(up: cumulative[.ellipsis, .slice(to: -1)], at: piece) + looked(up: masses, at: piece) * share
    let inside = select(value .<= first, 0.0, select(value .>= last, 1.0, below))
    return select(value.isNaN(), Double.nan, inside)
  }

  /// The least number that a probability lies at or below, element by element; NaN outside [0, 1]. At 0 it is the least
  /// number with mass around it.
  public func quantile(_ probability: Tensor) -> Tensor {
    let value = probability.detached().to(.float64)
      .broadcasted(to: Shape.broadcasting(probability.shape, batchShape) ?? probability.shape)
    // Above 0, so that pieces without mass at the lower end are passed over.
    let asked = value.clamped(from: Double.leastNonzeroMagnitude, to: 1)
    let piece = positions(in: cumulative[.ellipsis, .slice(from: 1)], of: asked, right: false)
    let start = looked(up: edges[.ellipsis, .slice(to: -1)], at: piece)
    let share = (asked - looked(up: cumulative[.ellipsis, .slice(to: -1)], at: piece)) / looked(up: masses, at: piece)
    let number = start + looked(up: widths, at: piece) * share.clamped(from: 0, to: 1)
    let inside = minimum(maximum(number, start), looked(up: lastInside, at: piece))
    return select((value .>= 0) .& (value .<= 1), inside, Double.nan)
  }

  private func quantile(at probability: Double) -> Tensor {
    quantile(Tensor.full(batchShape, probability, dtype: .float64))
  }

  private var first: Tensor { edges[.ellipsis, .at(0)] }
  private var last: Tensor { edges[.ellipsis, .at(-1)] }

  /// The piece of each number; the first one below all edges, the last one at and beyond their end.
  private func pieces(of value: Tensor) -> Tensor {
    positions(in: edges[.ellipsis, .slice(from: 1, to: -1)], of: value, right: true)
  }

  /// For values `[*sample, *batch]`, their positions in the rows `[*batch, count]` of a sorted table, up to the last
  /// piece.
  private func positions(in table: Tensor, of values: Tensor, right: Bool) -> Tensor {
    let shape = values.shape
    let lastPiece = Tensor(masses.size(-1) - 1, dtype: .int64)
    guard batchShape.rank > 0 else {
      return minimum(table.searchSorted(values.flattened(), right: right), lastPiece).reshaped(shape)
    }
    let batch = batchShape.elementCount
    let columns = values.reshaped([shape.elementCount / max(batch, 1), batch]).transposed()
    let found = table.reshaped([batch, table.size(-1)]).searchSorted(columns, right: right)
    return minimum(found, lastPiece).transposed().reshaped(shape)
  }

  /// The entries of a table `[*batch, count]` at positions `[*sample, *batch]`.
  private func looked(up table: Tensor, at positions: Tensor) -> Tensor {
    let shape = positions.shape
    guard batchShape.rank > 0 else { return table.selecting(positions.flattened()).reshaped(shape) }
    let batch = batchShape.elementCount
    let columns = positions.reshaped([shape.elementCount / max(batch, 1), batch]).transposed()
    return table.reshaped([batch, table.size(-1)]).gathering(columns, 1).transposed().reshaped(shape)
  }
}
