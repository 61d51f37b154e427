import Probability
import Torch

/// The iterations of EM from given parameters.
struct ExpectationMaximization {
  /// What ended a run.
  struct Run {
    var parameters: MixtureParameters
    /// The log-likelihood of the parameters before each step and of the last ones.
    var path: [Double]
    var isConverged: Bool
    /// The components whose covariance is held up by the bound.
    var onFloor: [Bool]

    var logLikelihood: Double { path[path.count - 1] }
    var isDegenerate: Bool { onFloor.contains(true) }
    /// The number of steps taken.
    var iterations: Int { path.count - 1 }
  }

  let floor: VarianceFloor
  /// The sum of the rows' weights.
  let totalWeight: Double
  /// The rise of the mean log-likelihood that may still lie ahead; 0 for all iterations.
  let tolerance: Double
  let maximumIterations: Int
  /// The relative rounding error of a log-likelihood.
  var resolution = 1e-15

  /// Steps until nothing worth having is left to gain.
  func run(_ rows: some MixtureRows, from start: MixtureParameters) throws -> Run {
    var run = Run(
      parameters: start, path: [], isConverged: false, onFloor: Array(repeating: false, count: start.components))
    var convergence = Convergence(tolerance: tolerance * totalWeight, resolution: resolution)
    while true {
      let sums = try rows.statistics(run.parameters)
      guard sums.logLikelihood.isFinite else {
        throw DensityEstimationError.degenerate(
          reason: "the log-likelihood is \(sums.logLikelihood) after \(run.path.count) steps of EM")
      }
      run.path.append(sums.logLikelihood)
      run.isConverged = convergence.isReached(by: sums.logLikelihood)
      if run.isConverged || run.iterations >= maximumIterations { return run }
      (run.parameters, run.onFloor) = try floor.maximize(run.parameters, sums)
    }
  }
}
