// Fits one normal distribution to rows of a file and scores those of another, for Studies/gaussian_rows.py.
//
//     GaussianMixtures gaussian TRAIN.npy TEST.npy
import Foundation
import Pushforward

func seconds<Result>(_ work: () throws -> Result) rethrows -> (Result, Double) {
  let clock = ContinuousClock()
  let start = clock.now
  let result = try work()
  let duration = clock.now - start
  return (result, Double(duration.components.seconds) + Double(duration.components.attoseconds) * 1e-18)
}

func rows(_ path: String) throws -> Tensor { try NumPyFile.read(URL(fileURLWithPath: path)) }

func gaussian(_ arguments: [String]) throws {
  let (train, test) = (try rows(arguments[0]), try rows(arguments[1]))
  var rng = RandomGenerator(seed: 1)
  var estimator = GaussianMixtureEstimator(components: 1)
  estimator.minimumVariance = 1e-12
  let (normal, duration) = try seconds { try estimator.fit(train, using: &rng) }
  let scores = normal.logProb(test, chunkSize: 1 << 14).to(.float64)
  let error = scores.standardDeviation(0).item() / Double(test.size(0)).squareRoot()
  let figures: [String: Any] = [
    "log_density": scores.mean().item(), "standard_error": error, "seconds": duration, "rows": train.size(0),
    "columns": train.size(1),
  ]
  print(String(decoding: try JSONSerialization.data(withJSONObject: figures, options: .sortedKeys), as: UTF8.self))
}

let arguments = CommandLine.arguments.dropFirst()
if arguments.count == 3, arguments.first == "gaussian" {
  try gaussian(Array(arguments.dropFirst()))
} else {
  print("usage: GaussianMixtures gaussian TRAIN.npy TEST.npy")
}
