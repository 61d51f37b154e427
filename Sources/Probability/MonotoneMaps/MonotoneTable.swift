public import Torch

/// A monotone map from a table of points (x, f(x)), between which it is interpolated.
///
/// Outside of the table f keeps the values of its ends, with derivative 0.
///
/// - Complexity: O(log(rows)) for each element; the inverse of the cubic one solves an equation.
public struct MonotoneTable: MonotoneMap, Bijection {
  /// How a table is read between its rows.
  public enum Interpolation: Hashable, Sendable {
    /// Straight lines: a density that is constant between rows.
    case linear
    /// Cubic polynomials with a continuous derivative that never falls below 0 (Fritsch and Butland, *A method for
    /// constructing local monotone piecewise cubic interpolants*, 1984): a continuous density.
    case cubic
  }

  /// From the first to the last x.
  public let domain: Support
  /// From the first to the last z.
  public let codomain: Support
  private let curve: Polyline
  /// The derivative at each row, for cubic polynomials.
  private let slopes: Tensor?

  /// Points of a rising function.
  ///
  /// - Parameters:
  ///   - x: data, `[rows]`, rising.
  ///   - z: the values of f, `[rows]`, rising: from 0 to 1 for a distribution function. Rows at the start and at the end
  ///     that repeat a value are left out: nothing lies there.
  ///   - interpolation: how to read between rows.
  /// - Throws: `DistributionError` when a number is not finite, or a row does not rise; `noData` when fewer than two rows
  ///   are left.
  /// - Precondition: `x` and `z` are vectors of one length.
  public init(x: Tensor, z: Tensor, interpolation: Interpolation = .cubic) throws(DistributionError) {
    precondition(x.rank == 1 && x.shape == z.shape, "MonotoneTable: expected two vectors, got \(x.shape), \(z.shape)")
    let columns = try MonotoneTable.columns(x.doubles(), z.doubles())
    curve = Polyline(x: Tensor(columns.x), y: Tensor(columns.z))
    domain = interval(columns.x[0], columns.x[columns.x.count - 1])
    codomain = interval(columns.z[0], columns.z[columns.z.count - 1])
    slopes = interpolation == .cubic ? Tensor(monotoneSlopes(columns.x, columns.z)) : nil
  }

  /// The rows without those that repeat the first or the last value of f.
  private static func columns(
    _ x: [Double], _ z: [Double]
  ) throws(DistributionError) -> (x: [Double], z: [Double]) {
    try checkFinite(x, "x")
    try checkFinite(z, "z")
    guard let first = z.lastIndex(where: { $0 == z[0] }), let last = z.firstIndex(where: { $0 == z[z.count - 1] }),
      first < last
    else { throw .noData }
    let (columnX, columnZ) = (Array(x[first...last]), Array(z[first...last]))
    try checkRising(columnX, "x", from: first)
    try checkRising(columnZ, "z", from: first)
    return (columnX, columnZ)
  }

  private static func checkFinite(_ column: [Double], _ name: String) throws(DistributionError) {
    if let row = column.firstIndex(where: { !$0.isFinite }) {
      throw .notFinite(column: name, row: row, value: "\(column[row])")
    }
  }

  private static func checkRising(_ column: [Double], _ name: String, from first: Int) throws(DistributionError) {
    for row in column.indices.dropFirst() where column[row] <= column[row - 1] {
      throw .notIncreasing(column: name, row: first + row - 1, value: column[row - 1], next: column[row])
    }
  }

  /// f.
  public func forward(_ x: Tensor) -> Tensor {
    guard let slopes else { return curve.value(at: x).to(x.dtype) }
    let cell = Cell(curve, slopes, place: curve.x.searchSorted(x.to(.float64), right: true))
    let inside = cell.value(at: ((x.to(.float64).flattened() - cell.x) / cell.width).clamped(from: 0, to: 1))
    return inside.reshaped(x.shape).to(x.dtype)
  }

  /// The inverse of f; NaN outside of the codomain.
  public func inverse(_ z: Tensor) -> Tensor {
    let isOutside = (z .< curve.y.min()) .| (z .> curve.y.max())
    guard let slopes else { return select(isOutside, Double.nan, curve.inverse(at: z).to(z.dtype)) }
    let value = withoutGradient {
      let level = z.to(.float64).flattened()
      let cell = Cell(curve, slopes, place: curve.y.searchSorted(level))
      let solver = MonotoneSolver(lower: Tensor(0.0, dtype: .float64), upper: Tensor(1.0, dtype: .float64))
      let share = ((level - cell.y) / cell.rise).clamped(from: 0, to: 1)
      let solution = solver.solve(level, from: share) { (cell.value(at: $0), cell.slope(at: $0) * cell.width) }
      return (cell.x + cell.width * solution).reshaped(z.shape)
    }
    let moving = value.withDerivative(by: z) { (-logDerivative(value)).exp() }
    return select(isOutside, Double.nan, moving.to(z.dtype))
  }

  /// The logarithm of the derivative of f; minus infinity outside of the table.
  public func logDerivative(_ x: Tensor) -> Tensor {
    guard let slopes else { return curve.slope(at: x).log().to(x.dtype) }
    let cell = Cell(curve, slopes, place: curve.x.searchSorted(x.to(.float64), right: true))
    let share = (x.to(.float64).flattened() - cell.x) / cell.width
    let isOutside = (share .< 0) .| (share .> 1)
    let slope = select(isOutside, 0.0, cell.slope(at: select(isOutside, 0.5, share)))
    return slope.log().reshaped(x.shape).to(x.dtype)
  }
}

/// The cubic polynomials on which points lie.
private struct Cell {
  let x, y, width, rise: Tensor
  private let startSlope, endSlope: Tensor

  /// The cells that end at places: numbers of rows before the points.
  init(_ curve: Polyline, _ slopes: Tensor, place: Tensor) {
    let end = place.flattened().clamped(from: 1, to: Double(curve.x.size(0) - 1)).to(.int64)
    let start = end - 1
    (x, y) = (curve.x.selecting(start), curve.y.selecting(start))
    width = curve.x.selecting(end) - x
    rise = curve.y.selecting(end) - y
    (startSlope, endSlope) = (slopes.selecting(start) * width, slopes.selecting(end) * width)
  }

  /// The coefficients of t^2 and t^3.
  private var coefficients: (square: Tensor, cube: Tensor) {
    let sum = startSlope + endSlope
    let square = rise * 3.0 - startSlope - sum
    let cube = sum - rise * 2.0
    return (square, cube)
  }

  /// The polynomial at shares of the cell from 0 to 1.
  func value(at t: Tensor) -> Tensor {
    let (square, cube) = coefficients
    return y + t * (startSlope + t * (square + t * cube))
  }

  /// Its derivative by x.
  func slope(at t: Tensor) -> Tensor {
    let (square, cube) = coefficients
    let inner = square * 2.0 + t * cube * 3.0
    return (startSlope + t * inner) / width
  }
}

/// The derivative at each point: harmonic means of the neighbouring chords' slopes, and three-point formulas at the ends,
/// as in SciPy's PCHIP interpolation.
private func monotoneSlopes(_ x: [Double], _ y: [Double]) -> [Double] {
  let width: [Double] = zip(x.dropFirst(), x).map { $0 - $1 }
  let rise: [Double] = zip(y.dropFirst(), y).map { $0 - $1 }
  let chord: [Double] = zip(rise, width).map { $0 / $1 }
  guard chord.count > 1 else { return [chord[0], chord[0]] }
  func end(_ first: Int, _ second: Int) -> Double {
    let (h, other) = (width[first], width[second])
    let slope: Double = ((2 * h + other) * chord[first] - h * chord[second]) / (h + other)
    return min(max(slope, 0), 3 * chord[first])
  }
  let last = chord.count - 1
  let inner = (1...last).map { (k: Int) -> Double in
    let first: Double = 2 * width[k] + width[k - 1]
    let second: Double = width[k] + 2 * width[k - 1]
    return (first + second) / (first / chord[k - 1] + second / chord[k])
  }
  return [end(0, 1)] + inner + [end(last, last - 1)]
}
