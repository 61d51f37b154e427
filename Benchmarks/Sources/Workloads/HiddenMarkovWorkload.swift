import Foundation
import Pushforward

/// The forward pass and an iteration of Baum and Welch's algorithm, of normal states. The result is the model after one.
///
/// A start is an archive of initial, transition, means and covariances, in 64 bits.
func hiddenMarkovWorkload(_ arguments: [String]) throws -> Served {
  let x = try NumPyFile.read(URL(fileURLWithPath: arguments[0]))
  let start = try NumPyArchive(contentsOf: URL(fileURLWithPath: arguments[1])).tensors
  guard let initial = start["initial"], let transition = start["transition"], let means = start["means"],
    let covariances = start["covariances"]
  else { throw UsageError("expected initial, transition, means and covariances in \(arguments[1])") }
  let model = HiddenMarkovModel(
    initial: initial.doubles(), transition: transition.unbound().map { $0.doubles() },
    emissions: try GaussianEmissions(means: means, covariances: covariances))
  var estimator = HiddenMarkovEstimator(
    states: model.stateCount, emissions: GaussianEmissionFamily(isDiagonal: covariances.rank == 2))
  estimator.tolerance = 0
  var fit: HiddenMarkovFit?
  func secondsOfIterations(_ count: Int) throws -> Double {
    estimator.maximumIterations = count
    return try seconds { fit = try estimator.fit([x], from: model) }
  }
  var logLikelihood = 0.0
  return Served(
    measures: [
      "forward": { seconds { logLikelihood = model.logProb(x) } },
      "iteration": {
        let first = try secondsOfIterations(1)
        return try secondsOfIterations(2) - first
      },
    ],
    result: {
      guard let fitted = fit?.model else { throw UsageError("measure iteration first") }
      try NumPyArchive(
        tensors: [
          "initial": Tensor(fitted.initial), "transition": Tensor(rows: fitted.transition),
          "means": fitted.emissions.means, "logLikelihood": Tensor([logLikelihood]),
        ]
      ).write(to: URL(fileURLWithPath: arguments[2]))
      return [:]
    })
}
