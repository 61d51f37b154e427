import Probability
import Torch

/// The rows of a fit of a mixture, and what is known of them.
struct MixtureData {
  let rows: any MixtureRows
  let blocks: RowBlocks
  let summary: RowSummary
  /// The rows that starts see.
  let sample: UsableRows
  let isStreamed: Bool

  /// The most rows that starts see, unless there are many components.
  private static let sampleSize = 20_000

  init(
    _ estimator: GaussianMixtureEstimator, _ data: Tensor, _ weights: Tensor?, using rng: inout RandomGenerator
  ) throws {
    try estimator.checkSettings()
    precondition(data.rank == 2, "GaussianMixtureEstimator: expected rows [count, features], got shape \(data.shape)")
    if let weights, weights.shape != [data.size(0)] {
      throw DensityEstimationError.invalidWeights(reason: "there are \(weights.elementCount) for \(data.size(0)) rows")
    }
    let whole = try UsableRows(data, weights, position: 0, allowsMissing: true)
    blocks = RowBlocks(whole.rows, weights: whole.weights)
    summary = try RowSummary(
      blocks, sampleSize: MixtureData.sampleSize(estimator), allowsMissing: true, using: &rng)
    rows = whole.forEM(summary)
    isStreamed = false
    sample = try MixtureData.sample(of: summary, estimator)
  }

  init(_ estimator: GaussianMixtureEstimator, _ blocks: RowBlocks, using rng: inout RandomGenerator) throws {
    self.blocks = blocks
    summary = try RowSummary(
      blocks, sampleSize: MixtureData.sampleSize(estimator), allowsMissing: true, using: &rng)
    rows = BlockRows(blocks: blocks, center: summary.means.doubles(), fitsSinglePrecision: summary.fitsSinglePrecision)
    isStreamed = true
    sample = try MixtureData.sample(of: summary, estimator)
  }

  private static func sampleSize(_ estimator: GaussianMixtureEstimator) -> Int {
    max(sampleSize, 200 * (estimator.components.max() ?? 1))
  }

  private static func sample(
    of summary: RowSummary, _ estimator: GaussianMixtureEstimator
  ) throws(DensityEstimationError) -> UsableRows {
    guard let rows = summary.sample.rows else { throw .tooFewRows(available: 0, needed: 2) }
    let needed = estimator.components.max() ?? 1
    guard summary.rowCount >= needed else { throw .tooFewRows(available: summary.rowCount, needed: needed) }
    return try UsableRows(rows, summary.sample.weights, position: 0, allowsMissing: true)
  }
}

/// Finds the best of several runs of EM, and the best of several numbers of components and structures.
struct MixtureSearch {
  let estimator: GaussianMixtureEstimator
  let data: MixtureData

  private typealias Run = ExpectationMaximization.Run

  /// Short runs from which each start takes the best.
  private static let candidates = 4
  private static let shortRun = 10

  private struct Outcome {
    let run: Run
    let startLogLikelihoods: [Double]
    let mixture: GaussianMixture
  }

  /// The chosen mixture, fitted to all rows.
  func best(using rng: inout RandomGenerator) throws -> (GaussianMixture, GaussianMixtureReport) {
    if estimator.choices.count > 1 && estimator.criterion == .heldOut { return try bestHeldOut(using: &rng) }
    var best: (outcome: Outcome, criterion: Double)?
    var candidates: [GaussianMixtureReport.Candidate] = []
    for (components, covariance) in estimator.choices {
      let outcome = try outcome(components, covariance, using: &rng)
      let criterion = try criterion(of: outcome)
      candidates.append(candidate(outcome, criterion))
      let isBetter = best.map { best in
        outcome.run.isDegenerate == best.outcome.run.isDegenerate
          ? criterion < best.criterion : best.outcome.run.isDegenerate
      }
      if isBetter ?? true { best = (outcome, criterion) }
    }
    guard let best else {
      throw DensityEstimationError.invalidSetting(name: "components", value: "empty", rule: "positive numbers")
    }
    return (best.outcome.mixture, report(best.outcome, candidates))
  }

  /// EM on all rows from given parameters.
  func continued(from start: GaussianMixture) throws -> (mixture: GaussianMixture, report: GaussianMixtureReport) {
    let run = try iterations(on: data.rows, tolerance: estimator.tolerance, from: MixtureParameters(start))
    let outcome = Outcome(run: run, startLogLikelihoods: [], mixture: try run.parameters.mixture())
    return (outcome.mixture, report(outcome, [candidate(outcome, .nan)]))
  }

  // MARK: One choice

  private func outcome(
    _ components: Int, _ structure: CovarianceStructure, using rng: inout RandomGenerator
  ) throws -> Outcome {
    let sample = data.sample.forEM(data.summary)
    let starts = MixtureStarts(data.summary, rows: data.sample)
    var best: Run?
    var reached: [Double] = []
    // One component has one answer, whatever the start.
    for _ in 0..<(components == 1 ? 1 : estimator.starts) {
      let start = try shortRuns(sample, starts, components, structure, using: &rng)
      let run = try iterations(on: sample, tolerance: estimator.tolerance, from: start.parameters, isSample: true)
      reached.append(run.logLikelihood / sampleWeight)
      if best.map({ isBetter(run, than: $0) }) ?? true { best = run }
    }
    guard let best else {
      throw DensityEstimationError.invalidSetting(name: "starts", value: "\(estimator.starts)", rule: "at least 1")
    }
    var last = try iterations(
      on: data.rows, tolerance: estimator.tolerance * (data.isStreamed ? 1 : 0.01), from: best.parameters)
    // Without a further step the bound is as the run on the sample left it.
    if last.iterations == 0 { last.onFloor = best.onFloor }
    if !data.summary.sample.isPart { last.path = best.path.dropLast() + last.path }
    return Outcome(run: last, startLogLikelihoods: reached, mixture: try last.parameters.mixture())
  }

  private func shortRuns(
    _ rows: any MixtureRows, _ starts: MixtureStarts, _ components: Int, _ structure: CovarianceStructure,
    using rng: inout RandomGenerator
  ) throws -> Run {
    var best: Run?
    for index in 0..<(components == 1 ? 1 : Self.candidates) {
      let start = try starts.parameters(
        components: components, structure: structure, isRefined: index % 2 == 0, floor: floor, using: &rng)
      let run = try iterations(on: rows, tolerance: 0, from: start, isSample: true, limit: Self.shortRun)
      if best.map({ isBetter(run, than: $0) }) ?? true { best = run }
    }
    guard let best else { throw DensityEstimationError.tooFewRows(available: 0, needed: 2) }
    return best
  }

  private func isBetter(_ run: Run, than other: Run) -> Bool {
    run.isDegenerate == other.isDegenerate ? run.logLikelihood > other.logLikelihood : other.isDegenerate
  }

  private var floor: VarianceFloor { VarianceFloor(variances: data.summary.variances * estimator.minimumVariance) }

  private var sampleWeight: Double { data.sample.totalWeight }

  private func iterations(
    on rows: any MixtureRows, tolerance: Double, from start: MixtureParameters, isSample: Bool = false,
    limit: Int? = nil
  ) throws -> Run {
    let isSingle = data.sample.rows.dtype == .float32 && data.summary.fitsSinglePrecision && !data.sample.hasMissing
    return try ExpectationMaximization(
      floor: floor, totalWeight: isSample ? sampleWeight : data.summary.totalWeight, tolerance: tolerance,
      maximumIterations: min(limit ?? .max, estimator.maximumIterations), resolution: isSingle ? 3e-8 : 1e-15
    ).run(rows, from: start)
  }

  // MARK: The choice

  private func criterion(of outcome: Outcome) throws -> Double {
    let information = InformationCriteria(
      logLikelihood: outcome.run.logLikelihood, parameterCount: outcome.mixture.parameterCount,
      totalWeight: data.summary.totalWeight)
    switch estimator.criterion {
    case .aic: return information.aic
    case .bic, .heldOut: return information.bic
    case .icl:
      guard estimator.choices.count > 1 else { return information.bic }
      return information.bic - 2 * (try outcome.mixture.classificationLogProb(of: data.blocks))
    }
  }

  /// Fits each choice without the rows held out, then the best to all rows.
  private func bestHeldOut(using rng: inout RandomGenerator) throws -> (GaussianMixture, GaussianMixtureReport) {
    var parts: [(rows: Tensor, weights: Tensor?)] = []
    try data.blocks.forEach { parts.append(($0, $1)) }
    let rows = Tensor.concatenating(parts.map(\.rows))
    let weights = parts.first?.weights == nil ? nil : Tensor.concatenating(parts.compactMap(\.weights))
    let order = Tensor.permutation(rows.size(0), using: &rng)
    let heldOut = max(1, Int((Double(rows.size(0)) * estimator.heldOutFraction).rounded()))
    let (test, train) = (
      order.narrowed(0, from: 0, length: heldOut), order.narrowed(0, from: heldOut, length: rows.size(0) - heldOut)
    )
    let inner = MixtureSearch(
      estimator: estimator,
      data: try MixtureData(estimator, rows.selecting(train), weights?.selecting(train), using: &rng))
    let testBlocks = RowBlocks(rows.selecting(test), weights: weights?.selecting(test))
    var candidates: [GaussianMixtureReport.Candidate] = []
    for (components, covariance) in estimator.choices {
      let outcome = try inner.outcome(components, covariance, using: &rng)
      candidates.append(candidate(outcome, -(try outcome.mixture.logLikelihood(of: testBlocks))))
    }
    let chosen = candidates.min { ($0.isDegenerate ? 1 : 0, $0.criterion) < ($1.isDegenerate ? 1 : 0, $1.criterion) }
    guard let chosen else { throw DensityEstimationError.tooFewRows(available: 0, needed: 2) }
    let final = try outcome(chosen.components, chosen.covariance, using: &rng)
    return (final.mixture, report(final, candidates))
  }

  private func candidate(_ outcome: Outcome, _ criterion: Double) -> GaussianMixtureReport.Candidate {
    GaussianMixtureReport.Candidate(
      components: outcome.mixture.componentCount, covariance: outcome.mixture.structure,
      logLikelihood: outcome.run.logLikelihood, parameterCount: outcome.mixture.parameterCount, criterion: criterion,
      isDegenerate: outcome.run.isDegenerate)
  }

  private func report(
    _ outcome: Outcome, _ candidates: [GaussianMixtureReport.Candidate]
  ) -> GaussianMixtureReport {
    GaussianMixtureReport(
      components: outcome.mixture.componentCount, covariance: outcome.mixture.structure,
      logLikelihoods: outcome.run.path, isConverged: outcome.run.isConverged,
      startLogLikelihoods: outcome.startLogLikelihoods, candidates: candidates.count > 1 ? candidates : [],
      rows: data.summary.rowCount, missingCells: data.summary.missingCells,
      degenerateComponents: outcome.run.onFloor.indices.filter { outcome.run.onFloor[$0] })
  }
}
