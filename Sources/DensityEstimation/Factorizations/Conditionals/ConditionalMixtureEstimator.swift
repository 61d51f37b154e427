import Probability
public import Torch

/// A mixture over a column and its given columns together: Gaussian mixtures by EM, one for each combination of the discrete
/// columns' values.
///
/// For a discrete column that is Bayes' rule with a mixture in each class. Combinations with too few rows have one component
/// whose covariance leans on that of all rows, and the rarest beyond 64 combinations share one.
public struct ConditionalMixtureEstimator: ConditionalDensityEstimator, Hashable, Sendable, Codable {
  /// Numbers of components to choose from, by BIC.
  public var components: [Int]
  /// Runs of EM from different starts, of which the best is kept.
  public var starts: Int
  /// The count by which each value of a discrete column is thought to have been seen in addition in each combination.
  public var smoothing: Double

  /// One to five components.
  public init(components: [Int] = [1, 2, 3, 4, 5], starts: Int = 3, smoothing: Double = 0.5) {
    self.components = components
    self.starts = starts
    self.smoothing = smoothing
  }

  /// The mixture of the rows.
  ///
  /// - Throws: `DensityEstimationError` when a setting is out of range, or when no column is continuous.
  public func fit(
    _ data: ConditionalData, using rng: inout RandomGenerator
  ) throws(DensityEstimationError) -> ConditionalMixture {
    try DensityEstimationError.requirePositive("smoothing", smoothing)
    try DensityEstimationError.require("starts", starts, in: 1...1000)
    for count in components { try DensityEstimationError.require("components", count, in: 1...1000) }
    guard !components.isEmpty else {
      throw .invalidSetting(name: "components", value: "empty", rule: "at least one number")
    }
    let strata = try MixtureStrata(data)
    var parts: [GaussianMixture] = []
    for rows in strata.rows { parts.append(try strata.fitted(rows, self, using: &rng)) }
    do {
      let normal = try GaussianMixture(
        weights: Tensor.concatenating(zip(parts, strata.shares).map { $0.weights * $1 }),
        means: Tensor.concatenating(parts.map(\.means)),
        covariances: Tensor.concatenating(parts.map(\.covarianceMatrices)), structure: .full)
      return ConditionalMixture(
        target: data.targetKind, given: data.givenKinds, normal: normal,
        masses: strata.masses(componentCounts: parts.map(\.componentCount), smoothing: smoothing))
    } catch {
      throw .degenerate(reason: "a covariance of the mixture is not positive definite")
    }
  }
}

extension ConditionalMixtureEstimator {
  private enum CodingKeys: String, CodingKey { case components, starts, smoothing }

  /// Reads the settings; those that are left out have their defaults.
  public init(from decoder: any Decoder) throws {
    let (settings, standard) = (try decoder.container(keyedBy: CodingKeys.self), Self())
    self.init(
      components: try settings.decodeIfPresent([Int].self, forKey: .components) ?? standard.components,
      starts: try settings.decodeIfPresent(Int.self, forKey: .starts) ?? standard.starts,
      smoothing: try settings.decodeIfPresent(Double.self, forKey: .smoothing) ?? standard.smoothing)
  }
}

/// The rows of each combination of the discrete columns' values.
private struct MixtureStrata {
  /// Positions of rows, for each stratum.
  let rows: [Tensor]
  /// The share of all weight in each.
  let shares: [Double]
  private let data: ConditionalData
  /// The continuous columns, the modelled one first, `[count, features]`.
  private let numbers: Tensor
  /// The covariance of all rows.
  private let covariance: Tensor

  private static var most: Int { 64 }
  /// The least variance of a component, as a share of the columns' variances.
  private static var leastVariance: Double { 1e-6 }

  init(_ data: ConditionalData) throws(DensityEstimationError) {
    self.data = data
    let kinds = [data.targetKind] + data.givenKinds
    let table = Tensor.concatenating([data.target.unsqueezed(1), data.given], 1)
    let (discrete, continuous) = (
      kinds.indices.filter { kinds[$0].isDiscrete }, kinds.indices.filter { !kinds[$0].isDiscrete }
    )
    guard !continuous.isEmpty else {
      throw .degenerate(reason: "a Gaussian mixture needs a continuous column; for discrete columns only use a table")
    }
    numbers = table[.all, .indices(Tensor(continuous))]
    covariance = MixtureStrata.moments(numbers, data.weights).covariance
    let grid = try GridPartition(
      discrete.map { kinds[$0] }, table[.all, .indices(Tensor(discrete))], weights: data.weights, bins: 1)
    let cell = grid.cells(of: table[.all, .indices(Tensor(discrete))])
    let totals = Tensor.zeros([grid.count], dtype: .float64).addingAt(cell, 0, data.weights).doubles()
    let ranked = totals.indices.filter { totals[$0] > 0 }.sorted { (-totals[$0], $0) < (-totals[$1], $1) }
    let own = ranked.count <= MixtureStrata.most ? ranked : Array(ranked[..<(MixtureStrata.most - 1)])
    var groups = own.map { cell .== $0 }
    if own.count < ranked.count { groups.append(.!groups.reduce(cell .< 0) { $0 .| $1 }) }
    rows = groups.map { $0.nonzero().flattened() }
    let whole = data.weights.sum().item()
    shares = rows.map { data.weights.selecting($0).sum().item() / whole }
  }

  /// The mixture of a stratum.
  func fitted(
    _ rows: Tensor, _ settings: ConditionalMixtureEstimator, using rng: inout RandomGenerator
  ) throws(DensityEstimationError) -> GaussianMixture {
    let (numbers, weights) = (self.numbers.selecting(rows), data.weights.selecting(rows))
    let features = numbers.size(1)
    // A component is worth having with some rows for each of its numbers.
    let total = weights.sum().item()
    let possible = settings.components.filter { total >= Double(4 * (features + 1) * $0) }
    if !possible.isEmpty {
      var estimator = GaussianMixtureEstimator(components: possible)
      estimator.starts = settings.starts
      estimator.minimumVariance = MixtureStrata.leastVariance
      if let mixture = try? estimator.fit(numbers, weights: weights, using: &rng) { return mixture }
    }
    let own = MixtureStrata.moments(numbers, weights)
    // As if features + 2 rows with the covariance of all had been seen in addition.
    let prior = Double(features + 2)
    let leaning = (own.covariance * total + covariance * prior) / (total + prior)
    do {
      return try GaussianMixture(
        weights: Tensor([1.0]), means: own.mean.unsqueezed(0),
        covariances: (leaning + covariance.diagonal().diagonalMatrix() * MixtureStrata.leastVariance).unsqueezed(0),
        structure: .full)
    } catch {
      throw .degenerate(reason: "the covariance of the continuous columns is not positive definite")
    }
  }

  /// Log-masses of the discrete columns in each component, by the place of given columns, -1 for the modelled one.
  func masses(componentCounts: [Int], smoothing: Double) -> [Int: Tensor] {
    var result: [Int: Tensor] = [:]
    let columns =
      [(-1, data.targetKind, data.target)]
      + zip(zip(0..., data.givenKinds), data.given.unbound(1)).map { ($0.0, $0.1, $1) }
    for (place, kind, column) in columns where kind.isDiscrete {
      let indices = Cells.values(Tensor(kind.values)).indices(of: column.contiguous())
      let counts = Tensor.stacking(
        rows.map { rows in
          Tensor.zeros([kind.values.count], dtype: .float64)
            .addingAt(indices.selecting(rows), 0, data.weights.selecting(rows))
        })
      let logs = ConditionalTable.logMasses(counts, marginal: counts.sum(0), smoothing: smoothing)
      result[place] = Tensor.concatenating(
        componentCounts.enumerated().map { logs[.at($0)].unsqueezed(0).broadcasted(to: [$1, kind.values.count]) })
    }
    return result
  }

  private static func moments(_ numbers: Tensor, _ weights: Tensor) -> (mean: Tensor, covariance: Tensor) {
    let share = weights / weights.sum()
    let mean = share.matmul(numbers)
    let centered = numbers - mean
    return (mean, centered.transposed().matmul(centered * share.unsqueezed(1)))
  }
}
