import Probability
public import Torch

extension LinearGaussianStateSpace {
  /// The model after EM for both covariances of noise, with the log-likelihood before each iteration and after the last.
  ///
  /// What is missing has its conditional moments (Shumway, Stoffer, *An approach to time series smoothing and forecasting using
  /// the EM algorithm*, 1982).
  ///
  /// - Parameters:
  ///   - series: `[steps, features]` each; NaN where a number is missing.
  ///   - maximumIterations: the most iterations.
  ///   - tolerance: the gain in log-likelihood that may be left; 0 for all iterations.
  /// - Returns: the model and the log-likelihoods.
  /// - Throws: `DynamicsError` when no series has two steps, or a covariance ceases to be one.
  public func fittingCovariances(
    _ series: [Tensor], maximumIterations: Int = 1000, tolerance: Double = 1e-6
  ) throws(DynamicsError) -> (model: LinearGaussianStateSpace, logLikelihoods: [Double]) {
    let longest = series.map { $0.size(0) }.max() ?? 0
    guard longest > 1 else { throw .tooFewSteps(available: longest, needed: 2) }
    try DynamicsError.require("the number of iterations", maximumIterations, in: 1...1_000_000_000)
    var model = self
    var logLikelihoods: [Double] = []
    var convergence = Convergence(tolerance: tolerance, resolution: 1e-14)
    while true {
      let filtered = series.map { model.filter($0) }
      let sum = filtered.reduce(0) { $0 + $1.logProb }
      guard sum.isFinite else { throw .degenerate(reason: "the log-likelihood of a series is \(sum)") }
      logLikelihoods.append(sum)
      if convergence.isReached(by: sum) || logLikelihoods.count > maximumIterations { return (model, logLikelihoods) }
      model = try model.maximized(series, filtered)
    }
  }

  private func maximized(_ series: [Tensor], _ filtered: [Filtered]) throws(DynamicsError) -> LinearGaussianStateSpace {
    var noise = Tensor.zeros([stateCount, stateCount], dtype: .float64)
    var errors = Tensor.zeros([features, features], dtype: .float64)
    var (moves, rows) = (0, 0)
    for (one, filtered) in zip(series, filtered) {
      let smoothed = smoothing(filtered)
      for (t, row) in one.to(.float64).unbound().enumerated() {
        let root = smoothed.roots[t]
        if let moments = expectedErrors(row, smoothed.means[t], root) {
          errors = errors + moments
          rows += 1
        }
        guard t > 0 else { continue }
        // x_t - A x_(t-1): roots [S_t - A G S_t, - A (P_(t-1) - G P_t G')^(1/2)], as x_(t-1) given x_t has the gain G.
        let (gain, before) = (smoothed.gains[t - 1], smoothed.roots[t - 1])
        let step = smoothed.means[t] - move.matrix.matmul(smoothed.means[t - 1])
        let covariance = root.matmul(root.transposed())
        let cross = move.matrix.matmul(gain).matmul(covariance)
        let past = move.matrix.matmul(before)
        noise =
          noise + step.unsqueezed(1).matmul(step.unsqueezed(0)) + covariance - cross - cross.transposed()
          + past.matmul(past.transposed())
        moves += 1
      }
    }
    guard rows > 0 else { throw .degenerate(reason: "no row has a number") }
    return try LinearGaussianStateSpace(
      move: Move(matrix: move.matrix, covariance: noise / Double(moves)), observation: observation,
      observationCovariance: errors / Double(rows), initialMean: initialMean, initialCovariance: initialCovariance)
  }

  /// The expected square of the error of an observation; nil where all is missing.
  private func expectedErrors(_ row: Tensor, _ mean: Tensor, _ root: Tensor) -> Tensor? {
    let there = (.!row.isNaN()).nonzero().flattened()
    guard there.size(0) > 0 else { return nil }
    let error = (row.selecting(there) - observation.selecting(there).matmul(mean)).unsqueezed(1)
    let spread = observation.selecting(there).matmul(root)
    let seen = error.matmul(error.transposed()) + spread.matmul(spread.transposed())
    guard there.size(0) < features else { return seen }
    let known = observationCovariance.selecting(there)
    guard let slopes = try? known.selecting(there, 1).solving(known) else { return nil }
    return slopes.transposed().matmul(seen - known.selecting(there, 1)).matmul(slopes) + observationCovariance
  }
}
