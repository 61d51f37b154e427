import Torch

/// The bounds of the columns of a kernel density.
struct KernelLimits {
  /// The least value of each column; minus infinity without.
  let lower: [Double]
  /// The greatest value of each column; infinity without.
  let upper: [Double]

  /// The bounds of so many columns: none, one for all, or one a column.
  init(_ bounds: [KernelDensityEstimator.Bounds], features: Int) throws(DensityEstimationError) {
    guard bounds.count <= 1 || bounds.count == features else {
      throw .invalidSetting(
        name: "bounds", value: "a list of \(bounds.count)",
        rule: "empty, one for all columns, or one for each of \(features)")
    }
    lower = (0..<features).map { (bounds.count > 1 ? bounds[$0] : bounds.first)?.lower ?? -.infinity }
    upper = (0..<features).map { (bounds.count > 1 ? bounds[$0] : bounds.first)?.upper ?? .infinity }
    for (low, high) in zip(lower, upper) where !(low < high) {
      throw .invalidSetting(name: "bounds", value: "\(low) to \(high)", rule: "a lower bound below the upper one")
    }
  }

  private init(lower: [Double], upper: [Double]) { (self.lower, self.upper) = (lower, upper) }

  /// The bounds of some of the columns.
  func selecting(_ columns: [Int]) -> KernelLimits {
    KernelLimits(lower: columns.map { lower[$0] }, upper: columns.map { upper[$0] })
  }

  /// The bounds as settings.
  var bounds: [KernelDensityEstimator.Bounds] {
    guard isBounded else { return [] }
    return zip(lower, upper).map { low, high in
      .init(lower: low.isFinite ? low : nil, upper: high.isFinite ? high : nil)
    }
  }

  var isBounded: Bool { lower.contains { $0.isFinite } || upper.contains { $0.isFinite } }

  /// - Throws: `DensityEstimationError.degenerate` for a row beyond the bounds.
  func check(_ data: Tensor) throws(DensityEstimationError) {
    guard isBounded else { return }
    let rows = data.detached().to(.cpu).to(.float64).reshaped([-1, lower.count])
    let isInside = (rows .>= Tensor(lower)) .& (rows .<= Tensor(upper))
    guard let place = isInside.flattened().scalars(as: Bool.self).firstIndex(of: false) else { return }
    let (row, column) = (place / lower.count, place % lower.count)
    throw .degenerate(
      reason: "row \(row + 1) has \(rows[.at(row), .at(column)].item()) in column \(column + 1), beyond its bounds "
        + "\(lower[column]) to \(upper[column]); widen the bounds or drop the row")
  }

  /// Whether each row `[..., features]` lies inside; NaN counts as inside.
  func contains(_ x: Tensor) -> Tensor {
    .!((x .< Tensor(lower, like: x)) .| (x .> Tensor(upper, like: x))).any(-1)
  }

  /// Rows brought inside by reflection at the bounds.
  func folding(_ x: Tensor) -> Tensor {
    guard isBounded else { return x }
    let columns = zip(lower, upper).enumerated().map { index, limits in
      KernelLimits.fold(x[.ellipsis, .at(index)], limits.0, limits.1)
    }
    return Tensor.stacking(columns, -1)
  }

  private static func fold(_ x: Tensor, _ low: Double, _ high: Double) -> Tensor {
    switch (low.isFinite, high.isFinite) {
    case (false, false): return x
    case (true, false): return (x - low).absolute() + low
    case (false, true): return high - (high - x).absolute()
    case (true, true):
      let width = high - low
      let place = (x - low).remainder(2 * width)
      return (minimum(place, 2 * width - place) + low).clamped(from: low, to: high)
    }
  }

  /// The rows with their mirror images at the bounds, as far as kernels reach from them over the bounds.
  ///
  /// The density of rows and images, taken inside only, is that of kernels folded back at the bounds, which integrates to
  /// 1 (Silverman, 1986, section 2.10).
  ///
  /// - Parameters:
  ///   - rows: `[count, features]`.
  ///   - reach: how far kernels reach, `[count, features]`.
  /// - Returns: rows, and the row of which each is an image.
  /// - Throws: `DensityEstimationError.tooLarge` when kernels are so much wider than the bounds that images are too many.
  func imaging(_ rows: Tensor, reach: Tensor) throws(DensityEstimationError) -> (rows: Tensor, origins: Tensor) {
    var (images, origins) = (rows, Tensor.range(rows.size(0)))
    for column in lower.indices where lower[column].isFinite || upper[column].isFinite {
      let distances = reach[.all, .at(column)]
      let turns = turnCount(column, farthest: distances.max().item())
      try require(turns <= 512)
      var pieces: [(rows: Tensor, origins: Tensor)] = []
      for moved in copies(of: images[.all, .at(column)], column, turns: turns) {
        let near = distances.selecting(origins)
        let kept = ((moved .> lower[column] - near) .& (moved .< upper[column] + near)).nonzero().flattened()
        pieces.append((replacing(images.selecting(kept), column, moved.selecting(kept)), origins.selecting(kept)))
      }
      images = Tensor.concatenating(pieces.map(\.rows))
      origins = Tensor.concatenating(pieces.map(\.origins))
      try require(images.size(0) <= max(1_000_000, 64 * rows.size(0)))
    }
    return (images, origins)
  }

  private func require(_ isPossible: Bool) throws(DensityEstimationError) {
    guard !isPossible else { return }
    throw .tooLarge(
      reason:
        "the bandwidth is so much wider than the bounds that the mirror images at them would be too many; choose a "
        + "smaller bandwidth")
  }

  private func isDoubly(_ column: Int) -> Bool { lower[column].isFinite && upper[column].isFinite }

  /// How many times images repeat at twice the distance of the bounds.
  private func turnCount(_ column: Int, farthest: Double) -> Int {
    guard isDoubly(column) else { return 0 }
    return Int(min((farthest / (2 * (upper[column] - lower[column]))).rounded(.up) + 1, 1e6))
  }

  /// A column and its images: mirrored at its bound, or at both in turns.
  private func copies(of x: Tensor, _ column: Int, turns: Int) -> [Tensor] {
    let (low, high) = (lower[column], upper[column])
    guard isDoubly(column) else { return [x, 2 * (low.isFinite ? low : high) - x] }
    return (-turns...turns).flatMap { turn in
      let shift = 2 * (high - low) * Double(turn)
      return [x + shift, 2 * low - x + shift]
    }
  }

  private func replacing(_ rows: Tensor, _ column: Int, _ values: Tensor) -> Tensor {
    let columns = lower.indices.map { $0 == column ? values : rows[.all, .at($0)] }
    return Tensor.stacking(columns, -1)
  }
}

extension Tensor {
  /// A vector of the type and device of another tensor.
  fileprivate init(_ values: [Double], like other: Tensor) { self = Tensor(values).to(other.dtype, other.device) }
}
