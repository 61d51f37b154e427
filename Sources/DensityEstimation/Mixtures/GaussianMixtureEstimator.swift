public import Probability
public import Torch

/// Fits Gaussian mixtures by expectation maximization (EM).
///
///     let mixture = try GaussianMixtureEstimator(components: 3).fit(x, using: &rng)
///
///     let search = GaussianMixtureEstimator(components: 1...9, covariances: CovarianceStructure.allCases)
///     let (mixture, report) = try search.fitReporting(x, using: &rng)      // chosen by BIC
///
/// Missing cells, NaN, take part in exact EM: nothing is filled in. Weights count like repetitions. Rows may be more than
/// memory holds, see ``fit(_:using:)-(RowBlocks,_)``.
///
/// A fit runs from several starts and keeps the best; a start in which a covariance has collapsed onto the bound on
/// variances is kept only when all have, since its likelihood means nothing. Starts see at most some ten thousand rows; the
/// best goes on with all of them. Sums are of deviations from the components' means, 64-bit beyond some hundred rows, so
/// 32-bit data cannot make a covariance that is none, and the log-likelihood rises in every step.
///
/// - Complexity: a step takes O(rows components features^2), in one reading of the data; no memory beside the data.
/// - Reference: Dempster, Laird, Rubin, *Maximum likelihood from incomplete data via the EM algorithm*, 1977; starts as in
///   Biernacki, Celeux, Govaert, *Choosing starting values for the EM algorithm*, 2003.
public struct GaussianMixtureEstimator: DensityEstimator, Codable, Hashable, Sendable {
  /// What chooses among numbers of components and structures of covariances.
  public enum Criterion: String, Codable, Hashable, Sendable, CaseIterable {
    /// The Bayesian information criterion.
    case bic
    /// Akaike's information criterion.
    case aic
    /// The integrated complete-data likelihood: BIC, and a price for components that overlap.
    case icl
    /// The likelihood of rows that are held out.
    case heldOut
  }

  /// Numbers of components to choose from.
  public var components: [Int]
  /// Structures of covariances to choose from.
  public var covariances: [CovarianceStructure]
  /// What chooses when there is a choice.
  public var criterion: Criterion
  /// The share of rows held out for ``Criterion/heldOut``.
  public var heldOutFraction: Double
  /// Runs from different starts, of which the best is kept.
  public var starts: Int
  /// A run ends when the mean log-likelihood of a row, in nats, has no more than this to gain; the best run is carried on
  /// to a hundredth of it. 0 takes all steps.
  public var tolerance: Double
  /// The most steps of a run.
  public var maximumIterations: Int
  /// The least variance of a component in any direction, as a share of the columns' variances.
  public var minimumVariance: Double

  /// An estimator that chooses from 1 to 9 components with full covariances by BIC.
  public init() { self.init(components: 1...9) }

  /// An estimator of a fixed number of components.
  public init(components: Int, covariance: CovarianceStructure = .full) {
    self.init(components: CollectionOfOne(components), covariances: [covariance])
  }

  /// An estimator that chooses.
  public init(
    components: some Sequence<Int>, covariances: [CovarianceStructure] = [.full], criterion: Criterion = .bic
  ) {
    self.components = Array(components)
    self.covariances = covariances
    self.criterion = criterion
    heldOutFraction = 0.2
    starts = 5
    tolerance = 1e-6
    maximumIterations = 1000
    minimumVariance = 1e-6
  }

  // MARK: Fits

  /// The mixture of greatest likelihood that was found.
  ///
  /// - Parameters:
  ///   - data: rows, `[count, features]`; NaN is a missing cell.
  ///   - weights: `[count]`, not negative; a weight of 2 counts like a row that is there twice.
  ///   - rng: draws the starts.
  /// - Returns: the mixture, 64-bit.
  /// - Throws: `DensityEstimationError` for infinite cells, columns of one value or none, unfit weights, settings out of
  ///   range, or fewer rows than components.
  public func fit(_ data: Tensor, weights: Tensor?, using rng: inout RandomGenerator) throws -> GaussianMixture {
    try fitReporting(data, weights: weights, using: &rng).mixture
  }

  /// The mixture, and how it was found.
  ///
  /// - Throws: `DensityEstimationError`, as ``fit(_:weights:using:)`` does.
  public func fitReporting(
    _ data: Tensor, weights: Tensor? = nil, using rng: inout RandomGenerator
  ) throws -> (mixture: GaussianMixture, report: GaussianMixtureReport) {
    let source = try MixtureData(self, data, weights, using: &rng)
    return try MixtureSearch(estimator: self, data: source).best(using: &rng)
  }

  /// The mixture of rows that are read in blocks: exact EM, one pass a step, after two passes to check the data and to
  /// find starts among some of the rows.
  ///
  /// A run ends at ``tolerance``, not at a hundredth of it, and never after more than ``maximumIterations`` passes.
  ///
  /// - Throws: `DensityEstimationError`, as ``fit(_:weights:using:)`` does, also for ``Criterion/heldOut``; and what reading
  ///   throws.
  public func fit(
    _ blocks: RowBlocks, using rng: inout RandomGenerator
  ) throws -> (mixture: GaussianMixture, report: GaussianMixtureReport) {
    try checkSettings()
    guard criterion != .heldOut || choices.count == 1 else {
      throw DensityEstimationError.invalidSetting(
        name: "criterion", value: "heldOut", rule: "bic, aic or icl for rows that are read in blocks")
    }
    let source = try MixtureData(self, blocks, using: &rng)
    return try MixtureSearch(estimator: self, data: source).best(using: &rng)
  }

  /// EM from given parameters, whose number of components and structure stay, to ``tolerance``.
  ///
  /// - Throws: `DensityEstimationError`, as ``fit(_:weights:using:)`` does.
  /// - Precondition: the start has no batch and as many features as the data.
  public func fit(
    _ data: Tensor, weights: Tensor? = nil, from start: GaussianMixture
  ) throws -> (mixture: GaussianMixture, report: GaussianMixtureReport) {
    precondition(
      start.batchShape == [] && data.rank == 2 && data.size(1) == start.features,
      "GaussianMixtureEstimator: expected a start of \(data.shape.last ?? 0) features, got \(start.means.shape)")
    var unused = RandomGenerator(seed: 0)
    let source = try MixtureData(self, data, weights, using: &unused)
    return try MixtureSearch(estimator: self, data: source).continued(from: start)
  }

  /// EM from given parameters over rows that are read in blocks, to ``tolerance``.
  ///
  /// - Throws: `DensityEstimationError`, as ``fit(_:weights:using:)`` does, and what reading throws.
  /// - Precondition: the start has no batch and as many features as the data.
  public func fit(
    _ blocks: RowBlocks, from start: GaussianMixture
  ) throws -> (mixture: GaussianMixture, report: GaussianMixtureReport) {
    precondition(
      start.batchShape == [] && blocks.features == start.features,
      "GaussianMixtureEstimator: expected a start of \(blocks.features) features, got \(start.means.shape)")
    try checkSettings()
    var unused = RandomGenerator(seed: 0)
    let source = try MixtureData(self, blocks, using: &unused)
    return try MixtureSearch(estimator: self, data: source).continued(from: start)
  }

  // MARK: Settings

  /// Each number of components with each structure.
  var choices: [(components: Int, covariance: CovarianceStructure)] {
    covariances.flatMap { covariance in components.map { ($0, covariance) } }
  }

  /// - Throws: `DensityEstimationError.invalidSetting`.
  func checkSettings() throws(DensityEstimationError) {
    func check(_ isRight: Bool, _ name: String, _ value: Any, _ rule: String) throws(DensityEstimationError) {
      if !isRight { throw .invalidSetting(name: name, value: "\(value)", rule: rule) }
    }
    try check(
      !components.isEmpty && components.allSatisfy { $0 > 0 }, "components", components, "positive numbers")
    try check(!covariances.isEmpty, "covariances", "empty", "at least one of full, tied, diagonal, spherical")
    try check(starts > 0, "starts", starts, "at least 1")
    try check(tolerance >= 0 && tolerance.isFinite, "tolerance", tolerance, "0 or more")
    try check(maximumIterations > 0, "maximumIterations", maximumIterations, "at least 1")
    try check(
      minimumVariance > 0 && minimumVariance < 1, "minimumVariance", minimumVariance, "between 0 and 1, both excluded")
    try check(
      heldOutFraction > 0 && heldOutFraction < 1, "heldOutFraction", heldOutFraction, "between 0 and 1, both excluded")
  }
}
