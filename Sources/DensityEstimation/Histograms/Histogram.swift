public import Probability
public import Torch

/// A density that is constant on the cells of a grid: of numbers, or of vectors.
///
///     let histogram = try HistogramEstimator(bins: .scott).fit(x, using: &rng)     // x: [count] or [count, features]
///     histogram.logProb(y)
///     histogram.quantile(p)                 // of numbers
///     histogram.marginal(0).cdf(t)          // of one column of vectors
///
/// A cell holds its lower faces and not its upper ones, but where the grid ends it is closed. The density is 0 (its
/// logarithm minus infinity) in empty cells and outside the grid. The masses are exact: they sum to 1 without rounding, in
/// any order.
///
/// Only cells that are occupied are kept, so memory is that of the rows, however many cells there are.
///
/// - Shapes: events are numbers or vectors `[features]`; everything is 64-bit.
/// - Complexity: a log-density takes a binary search in each column and one among the occupied cells.
public struct Histogram: MomentDistribution {
  /// The edges of the bins of each column, in ascending order.
  public let edges: [[Double]]
  /// The occupied cells: the bin in each column, `[cells, features]` (64-bit integers).
  public let cells: Tensor
  /// The probabilities of the occupied cells, `[cells]`: multiples of 2^-53 that sum to 1.
  public let masses: Tensor
  /// The shape of one draw: `[]` for numbers, `[features]` for vectors.
  public let eventShape: Shape
  /// The shape of distributions side by side: there is one.
  public let batchShape: Shape = []

  /// The occupied cells as single numbers, ascending; the last column counts fastest.
  let codes: [Int]
  private let codeTable: Tensor
  private let logDensities: Tensor
  private let lower, upper: Tensor
  /// The greatest numbers inside the cells.
  private let greatest: Tensor
  /// The whole line of bins of a distribution of numbers.
  private let line: PiecewiseUniform?

  /// The histogram of cells with weights.
  ///
  /// - Precondition: codes ascend, weights are positive, and there is one of them for each code.
  init(edges: [[Double]], codes: [Int], weights: [Double], isOfNumbers: Bool) {
    self.edges = edges
    self.codes = codes
    eventShape = isOfNumbers ? [] : [edges.count]
    let bins = edges.map { $0.count - 1 }
    let places = codes.flatMap { Self.place(of: $0, bins: bins) }
    cells = Tensor(places, shape: [codes.count, bins.count])
    masses = Tensor(ExactMasses.shares(of: weights))
    codeTable = Tensor(codes)
    let ends = places.indices.map { (edges[$0 % bins.count], places[$0]) }
    lower = Tensor(ends.map { $0[$1] }, shape: cells.shape)
    upper = Tensor(ends.map { $0[$1 + 1] }, shape: cells.shape)
    greatest = Tensor(
      ends.map { $1 + 2 == $0.count ? $0[$1 + 1] : $0[$1 + 1].nextDown }, shape: cells.shape)
    logDensities = masses.log() - (upper - lower).log().sum(-1)
    line = isOfNumbers ? Self.line(of: 0, edges: edges, cells: cells, masses: masses) : nil
  }

  /// The bin in each column of a cell.
  private static func place(of code: Int, bins: [Int]) -> [Int] {
    var rest = code
    var place = bins
    for column in bins.indices.reversed() {
      (rest, place[column]) = rest.quotientAndRemainder(dividingBy: bins[column])
    }
    return place
  }

  private static func line(of column: Int, edges: [[Double]], cells: Tensor, masses: Tensor) -> PiecewiseUniform {
    let empty = Tensor.zeros([edges[column].count - 1], dtype: .float64)
    let sums = empty.addingAt(cells[.all, .at(column)], 0, masses)
    return PiecewiseUniform(unchecked: Tensor(edges[column]), masses: sums)
  }

  /// The number of columns; 1 for numbers.
  public var features: Int { edges.count }
  /// The number of bins of each column.
  public var binCounts: [Int] { edges.map { $0.count - 1 } }

  /// The grid.
  public var support: Support {
    let ends = edges.map { ($0[0], $0[$0.count - 1]) }
    let (lower, upper) = (Tensor(ends.map(\.0)), Tensor(ends.map(\.1)))
    return Support(
      .interval(lower: lower.reshaped(eventShape), upper: upper.reshaped(eventShape)), eventRank: eventShape.rank)
  }

  /// The expectation, `[*event]`.
  public var mean: Tensor { masses.matmul((lower + upper) * 0.5).reshaped(eventShape) }

  /// The variance of each column, `[*event]`.
  public var variance: Tensor {
    let middles = (lower + upper) * 0.5 - mean.reshaped([features])
    return masses.matmul(middles.squared() + (upper - lower).squared() / 12.0).reshaped(eventShape)
  }

  /// The entropy in nats, of rank 0.
  public var entropy: Tensor { -(masses * logDensities).sum() }

  /// The distribution of one column: a histogram of numbers, with distribution function and quantiles.
  ///
  /// - Precondition: the column exists; columns count from 0.
  public func marginal(_ column: Int) -> PiecewiseUniform {
    precondition(edges.indices.contains(column), "marginal: expected a column below \(features), got \(column)")
    return line ?? Self.line(of: column, edges: edges, cells: cells, masses: masses)
  }

  /// The logarithm of mass over volume in nats, `[*sample]`.
  public func logProb(unchecked x: Tensor) -> Tensor {
    if let line { return line.logProb(unchecked: x) }
    let points = x.detached().to(.float64).reshaped([x.shape.droppingTrailing(1).elementCount, features])
    var code = Tensor.zeros([points.size(0)], dtype: .int64)
    var isInside = Tensor.ones([points.size(0)], dtype: .bool)
    for (column, edges) in edges.enumerated() {
      let values = points[.all, .at(column)].contiguous()
      code = code * (edges.count - 1) + Self.bins(of: values, in: edges)
      isInside = isInside .& (values .>= edges[0]) .& (values .<= edges[edges.count - 1])
    }
    let cell = minimum(codeTable.searchSorted(code), Tensor(codes.count - 1, dtype: .int64))
    let isOccupied = isInside .& (codeTable.selecting(cell) .== code)
    let density = select(isOccupied, logDensities.selecting(cell), -Double.infinity)
    return select(points.isNaN().any(-1), Double.nan, density).reshaped(x.shape.droppingTrailing(1))
  }

  /// The bins of values; the first one below all edges, the last one at and beyond their end.
  static func bins(of values: Tensor, in edges: [Double]) -> Tensor {
    Tensor(Array(edges[1..<(edges.count - 1)])).searchSorted(values, right: true)
  }

  /// A cell by its mass, then a point that is equally likely anywhere in it.
  public func sample(_ sampleShape: Shape, using rng: inout RandomGenerator) -> Tensor {
    if let line { return line.sample(sampleShape, using: &rng) }
    let count = sampleShape.elementCount
    let place = Tensor.uniform([count], dtype: .float64, using: &rng)
    let cell = masses.cumulativeSum(0).searchSorted(place, right: true)
    let start = lower.selecting(cell)
    let noise = Tensor.uniform([count, features], dtype: .float64, using: &rng)
    let points = start + (upper.selecting(cell) - start) * noise
    return minimum(points, greatest.selecting(cell)).reshaped(sampleShape + eventShape)
  }

  /// The probability of a number at most `x`, element by element.
  ///
  /// - Precondition: it is a histogram of numbers; for vectors see ``marginal(_:)``.
  public func cdf(_ x: Tensor) -> Tensor { numbers.cdf(x) }

  /// The least number that a probability lies at or below, element by element; NaN outside [0, 1].
  ///
  /// - Precondition: it is a histogram of numbers; for vectors see ``marginal(_:)``.
  public func quantile(_ probability: Tensor) -> Tensor { numbers.quantile(probability) }

  private var numbers: PiecewiseUniform {
    guard let line else { preconditionFailure("Histogram: expected a histogram of numbers, this one is of vectors") }
    return line
  }
}

extension Histogram: StoredDistribution {
  /// All that the histogram is, 64-bit: `bins` of the event's shape, the `edges` of all columns one after the other, and
  /// the occupied cells as ascending `code` (the last column counts fastest) with their `mass`.
  public var tensors: [String: Tensor] {
    [
      "bins": Tensor(binCounts, shape: [features]).reshaped(eventShape), "edges": Tensor(edges.flatMap { $0 }),
      "code": codeTable, "mass": masses,
    ]
  }

  /// The histogram of ``tensors``, for instance from a file.
  ///
  /// - Throws: `DensityEstimationError.degenerate` naming the tensor that is missing or cannot be right.
  public init(tensors: [String: Tensor]) throws(DensityEstimationError) {
    let file = CheckedTensors(tensors, of: "histogram")
    let isOfNumbers = tensors["bins"]?.rank == 0
    let all = try file.numbers("edges", [nil]).doubles()
    let bins = try file.integers("bins", isOfNumbers ? [] : [nil], in: 1..<max(2, all.count)).scalars(as: Int.self)
    try file.check(!bins.isEmpty && bins.reduce(bins.count, +) == all.count, "'edges' are not those of 'bins'")
    let cells = bins.reduce(1.0) { $0 * Double($1) }
    try file.check(cells <= HistogramEstimator.mostCells, "'bins' make too many cells")
    var edges: [[Double]] = []
    var start = 0
    for count in bins {
      edges.append(Array(all[start...(start + count)]))
      start += count + 1
    }
    try file.check(edges.allSatisfy(HistogramEstimator.ascend), "'edges' do not ascend")
    let codes = try file.integers("code", [nil], in: 0..<Int(cells)).scalars(as: Int.self)
    try file.check(!codes.isEmpty && zip(codes, codes.dropFirst()).allSatisfy(<), "'code' does not ascend")
    let mass = try file.numbers("mass", [codes.count]).doubles()
    try file.check(
      mass.allSatisfy { $0 > 0 } && abs(mass.reduce(0, +) - 1) < 1e-9, "'mass' is not positive with a sum of 1")
    self.init(edges: edges, codes: codes, weights: mass, isOfNumbers: isOfNumbers)
  }
}
