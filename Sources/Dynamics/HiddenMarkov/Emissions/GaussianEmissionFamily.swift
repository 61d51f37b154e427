import Probability
public import Torch

/// Normal observations in each state.
public struct GaussianEmissionFamily: EmissionFamily {
  /// Whether columns are independent given the state.
  public var isDiagonal: Bool
  /// The least variance in any direction, as a share of the columns' variances: states of equal rows would have none.
  public var leastVariance: Double

  /// Full covariances, unless told otherwise.
  public init(isDiagonal: Bool = false, leastVariance: Double = 1e-6) {
    self.isDiagonal = isDiagonal
    self.leastVariance = leastVariance
  }

  /// Weighted means and covariances, where eigenvalues below the least are that, which is the maximum under this condition.
  ///
  /// Missing cells of a full covariance have their conditional moments given the current distributions (Dempster, Laird,
  /// Rubin 1977).
  public func fit(
    _ rows: Tensor, posteriors: Tensor, after current: (any StateEmissions)?
  ) throws(DynamicsError) -> any StateEmissions {
    let start = try beginning(current, rows, posteriors)
    let sums = moments(rows, posteriors, start)
    // A state without rows keeps its distribution.
    let isEmpty = sums.counts .< 1e-8
    let counts = select(isEmpty, 1.0, sums.counts)
    let shift = sums.first / counts.expanded(to: sums.first)
    let means = start.means + select(isEmpty.expanded(to: shift), 0.0, shift)
    let products = sums.second / counts.expanded(to: sums.second)
    let spread =
      isDiagonal ? shift.squared() : shift.unsqueezed(-1).matmul(shift.unsqueezed(-2))
    let fitted = raised(products - spread, to: start.floor)
    let covariances = select(isEmpty.expanded(to: fitted), start.covariances, fitted)
    do {
      return try GaussianEmissions(means: means, covariances: covariances, floor: start.floor)
    } catch {
      throw .degenerate(
        reason: "the covariance of a state vanishes: fit fewer states, or leave out columns that repeat others")
    }
  }

  private typealias Moments = (counts: Tensor, first: Tensor, second: Tensor)

  /// Sums of weights, `[states]` or `[states, features]`, of deviations from the means and of their products.
  private func moments(_ rows: Tensor, _ posteriors: Tensor, _ start: GaussianEmissions) -> Moments {
    guard rows.isNaN().any() else {
      let sums = start.sums(rows, posteriors)
      return isDiagonal
        ? (sums.counts.unsqueezed(-1).expanded(to: sums.deviations), sums.deviations, sums.products)
        : (sums.counts, sums.deviations, sums.products)
    }
    return isDiagonal ? columnMoments(rows, posteriors, start) : expectedMoments(rows, posteriors, start)
  }

  private func columnMoments(_ rows: Tensor, _ posteriors: Tensor, _ start: GaussianEmissions) -> Moments {
    let center = start.means.mean(0)
    let cells = ObservedCells(rows - center)
    let (counts, first) = (cells.counts(posteriors), cells.sums(posteriors))
    let offset = start.means - center
    let second = cells.sums(posteriors, cells.values.squared()) - 2.0 * offset * first + offset.squared() * counts
    return (counts, first - counts * offset, second)
  }

  private func expectedMoments(_ rows: Tensor, _ posteriors: Tensor, _ start: GaussianEmissions) -> Moments {
    let (states, features) = (start.stateCount, start.features)
    var counts = Tensor.zeros([states], dtype: .float64)
    var first = Tensor.zeros([states, features], dtype: .float64)
    var second = Tensor.zeros([states, features, features], dtype: .float64)
    let patterns = MissingPatterns(rows)
    for group in patterns.groups where group.columns.size(0) > 0 {
      let (there, weights) = (group.columns, posteriors.selecting(group.rows).transposed())
      // Deviations of all columns given those that are there: [states, rows, features].
      let known = start.covariances.selecting(there, 1)
      guard let slopes = try? known.selecting(there, 2).solving(known) else { continue }
      let part = patterns.part(group).unsqueezed(0) - start.means.selecting(there, 1).unsqueezed(1)
      let deviations = part.matmul(slopes)
      let rest = start.covariances - start.covariances.selecting(there, 2).matmul(slopes)
      let sum = weights.sum(1)
      counts = counts + sum
      let weighted = deviations * weights.unsqueezed(-1)
      first = first + weighted.sum(1)
      second = second + weighted.transposed().matmul(deviations) + rest * sum.unsqueezed(-1).unsqueezed(-1)
    }
    return (counts, first, second)
  }

  private func beginning(
    _ current: (any StateEmissions)?, _ rows: Tensor, _ posteriors: Tensor
  ) throws(DynamicsError) -> GaussianEmissions {
    if let current = current as? GaussianEmissions { return current }
    return try rough(rows, posteriors)
  }

  /// Weighted means, with the variances of all rows.
  private func rough(_ rows: Tensor, _ posteriors: Tensor) throws(DynamicsError) -> GaussianEmissions {
    let cells = ObservedCells(rows)
    let there = cells.isThere ?? Tensor.ones(rows.shape, dtype: .float64)
    let mean = cells.values.sum(0) / there.sum(0)
    let deviations = (cells.values - mean) * there
    let variance = deviations.squared().sum(0) / there.sum(0)
    guard ((variance .> 0) .& variance.isFinite()).all() else {
      let column = ((variance .> 0) .& variance.isFinite()).to(.int64).argMin(0).integerItem()
      throw .degenerate(reason: "column \(column + 1) has one value only, so it has no normal density; leave it out")
    }
    let counts = cells.counts(posteriors)
    let means = mean + select(counts .> 0, posteriors.transposed().matmul(deviations) / counts, 0.0)
    let variances = variance.broadcasted(to: means.shape).contiguous()
    do {
      return try GaussianEmissions(
        means: means, covariances: isDiagonal ? variances : variances.diagonalMatrix(),
        floor: variance * leastVariance)
    } catch {
      throw .degenerate(reason: "\(error)")
    }
  }

  /// Covariances of which no eigenvalue, in units of the floor, is below 1.
  private func raised(_ covariances: Tensor, to floor: Tensor) -> Tensor {
    if isDiagonal { return maximum(covariances, floor.broadcasted(to: covariances.shape)) }
    guard (floor .> 0).all() else { return covariances }
    let scale = floor.squareRoot()
    let units = scale.unsqueezed(-1) * scale.unsqueezed(-2)
    guard let eigen = try? (covariances / units).symmetricEigen() else { return covariances }
    guard (eigen.values .< 1).any() else { return covariances }
    let values = eigen.values.clamped(from: 1)
    return (eigen.vectors * values.unsqueezed(-2)).matmul(eigen.vectors.transposed()) * units
  }
}

extension Tensor {
  /// With further dimensions of size 1 at the end up to another's rank, in its shape.
  func expanded(to other: Tensor) -> Tensor {
    var result = self
    while result.rank < other.rank { result = result.unsqueezed(-1) }
    return result.broadcasted(to: other.shape)
  }
}
