import Foundation
import Pushforward

/// The log-density of a Gaussian kernel density at many places, with the fit. `exact` takes all rows, `tree` allows a
/// relative error of 1e-4.
func kernelDensityWorkload(_ arguments: [String]) throws -> Served {
  let files = arguments.prefix(3).map { URL(fileURLWithPath: $0) }
  let (rows, places) = (try NumPyFile.read(files[0]), try NumPyFile.read(files[1]))
  let estimator = KernelDensityEstimator(
    bandwidth: Double(arguments[4]).map { .fixed($0) } ?? .scott,
    evaluation: arguments[3] == "tree" ? .tree(relativeTolerance: 1e-4) : .exact)
  var logProb = Tensor.zeros([0])
  return Served(
    measures: ["density": { try secondsPerCall { logProb = try estimator.fit(rows).logProb(places) } }],
    result: {
      try NumPyFile.write(logProb, to: files[2])
      return [:]
    })
}
