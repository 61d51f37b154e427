import Probability
import Torch

/// Where EM starts: groups of rows around seeds far from each other (k-means++), refined or not by k-means.
///
/// Columns are in units of their standard deviations, so that starts do not depend on the units of the data; missing cells
/// are at the column's mean.
///
/// - Reference: Arthur and Vassilvitskii, *k-means++: the advantages of careful seeding*, 2007.
struct MixtureStarts {
  private let rows: Tensor
  private let squares: Tensor
  private let weights: Tensor
  private let means, deviations: Tensor

  /// Starts from rows that `summary` drew.
  init(_ summary: RowSummary, rows: UsableRows) {
    means = summary.means
    deviations = summary.variances.squareRoot()
    let standardized = (rows.rows.to(.float64) - means) / deviations
    self.rows = rows.hasMissing ? select(standardized.isNaN(), 0.0, standardized) : standardized
    squares = self.rows.squared().sum(1)
    weights = rows.weights ?? Tensor.ones([rows.rows.size(0)], dtype: .float64)
  }

  /// Parameters of groups of rows.
  func parameters(
    components: Int, structure: CovarianceStructure, isRefined: Bool, floor: VarianceFloor,
    using rng: inout RandomGenerator
  ) throws(DensityEstimationError) -> MixtureParameters {
    let groups = groups(components, isRefined: isRefined, using: &rng)
    return try parameters(of: groups, components, structure, floor)
  }

  /// The sums of groups of rows, as if each row belonged to its group for certain; deviations are from the mean of all.
  func sums(
    _ components: Int, _ structure: CovarianceStructure, isRefined: Bool, using rng: inout RandomGenerator
  ) -> MixtureStatistics {
    let groups = groups(components, isRefined: isRefined, using: &rng)
    return sums(groups.oneHot(components).to(.float64), structure)
  }

  /// The sums of rows that belong to components with responsibilities `[count, components]`.
  func sums(_ responsibilities: Tensor, _ structure: CovarianceStructure) -> MixtureStatistics {
    let share = responsibilities * weights.unsqueezed(1)
    let components = share.size(1)
    let products: Tensor
    if structure == .full || structure == .tied {
      let each = (0..<components).map { (rows * share.narrowed(1, from: $0, length: 1)).transposed().matmul(rows) }
      products = Tensor.stacking(each) * (deviations.unsqueezed(0) * deviations.unsqueezed(1))
    } else {
      products = share.transposed().matmul(rows.squared()) * deviations.squared()
    }
    return MixtureStatistics(
      logLikelihood: 0, counts: share.sum(0), deviations: share.transposed().matmul(rows) * deviations,
      products: products)
  }

  /// The group of each row, `[count]`.
  func groups(_ components: Int, isRefined: Bool, using rng: inout RandomGenerator) -> Tensor {
    var centers = seeds(components, using: &rng)
    var groups = distances(to: centers).argMin(1)
    guard isRefined else { return groups }
    for _ in 0..<50 {
      let share = groups.oneHot(components).to(.float64) * weights.unsqueezed(1)
      let counts = share.sum(0).unsqueezed(1)
      // A group without rows keeps its center.
      centers = select(counts .> 0, share.transposed().matmul(rows) / select(counts .> 0, counts, 1.0), centers)
      let moved = distances(to: centers).argMin(1)
      if moved.isEqual(to: groups) { break }
      groups = moved
    }
    return groups
  }

  /// Rows drawn one after another with a probability that rises with the squared distance from those before.
  private func seeds(_ count: Int, using rng: inout RandomGenerator) -> Tensor {
    var nearest = weights
    var seeds: [Tensor] = []
    for index in 0..<count {
      let cumulative = nearest.cumulativeSum(0)
      let total = cumulative[.at(-1)].item()
      // Where fewer different rows are left than seeds, any row will do.
      let place =
        total > 0
        ? cumulative.searchSorted(Tensor([Double.random(in: 0..<1, using: &rng) * total]), right: true).integerItem()
        : Int.random(in: 0..<rows.size(0), using: &rng)
      let seed = rows[.at(min(place, rows.size(0) - 1))].unsqueezed(0)
      seeds.append(seed)
      let distance = distances(to: seed).squeezed(1).clamped(from: 0) * weights
      nearest = index == 0 ? distance : minimum(nearest, distance)
    }
    return Tensor.concatenating(seeds)
  }

  /// Squared distances, `[count, centers]`.
  private func distances(to centers: Tensor) -> Tensor {
    squares.unsqueezed(1) - rows.matmul(centers.transposed()) * 2.0 + centers.squared().sum(1)
  }

  /// Weights, means and covariances of groups. A small group's covariance is drawn to that within all groups, as if it had
  /// as many more rows as it takes to span the space.
  private func parameters(
    of groups: Tensor, _ components: Int, _ structure: CovarianceStructure, _ floor: VarianceFloor
  ) throws(DensityEstimationError) -> MixtureParameters {
    let features = rows.size(1)
    let share = groups.oneHot(components).to(.float64) * weights.unsqueezed(1)
    let counts = share.sum(0)
    let divisor = select(counts .> 0, counts, 1.0)
    let centers = share.transposed().matmul(rows) / divisor.unsqueezed(1)
    let scatters = Tensor.stacking(
      (0..<components).map { k in
        let deviations = rows - centers[.at(k)]
        return (deviations * share.narrowed(1, from: k, length: 1)).transposed().matmul(deviations)
      })
    let pooled = scatters.sum(0) / counts.sum()
    let borrowed = weights.mean().item() * Double(features + 1)
    let mixed = (scatters + pooled * borrowed) / (counts + borrowed).unsqueezed(1).unsqueezed(1)
    let units = deviations.unsqueezed(0) * deviations.unsqueezed(1)
    let start = MixtureParameters(
      weights: Tensor.full([components], 1 / Double(components), dtype: .float64), means: centers * deviations + means,
      covariances: Tensor.zeros(Shape(structure.sizes(components, features)), dtype: .float64), structure: structure)
    let isMatrix = structure == .full || structure == .tied
    let products = (isMatrix ? mixed * units : (mixed * units).diagonal())
    let spread = (counts + borrowed * 1e-3).unsqueezed(1)
    let sums = MixtureStatistics(
      logLikelihood: 0, counts: counts + borrowed * 1e-3, deviations: Tensor.zeros(like: centers),
      products: products * (isMatrix ? spread.unsqueezed(2) : spread))
    return try floor.maximize(start, sums).parameters
  }
}

extension CovarianceStructure {
  /// The sizes of the covariances.
  func sizes(_ components: Int, _ features: Int) -> [Int] {
    switch self {
    case .full: [components, features, features]
    case .tied: [features, features]
    case .diagonal: [components, features]
    case .spherical: [components]
    }
  }
}
