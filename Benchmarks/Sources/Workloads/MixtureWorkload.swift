import Foundation
import Pushforward

private func mixture(_ path: String) throws -> GaussianMixture {
  try GaussianMixture(tensors: NumPyArchive(contentsOf: URL(fileURLWithPath: path)).tensors)
}

/// A step of EM from a given mixture, as the difference of 1 and 3 steps. The result is the mixture after 3.
///
/// A mixture is an archive of weights, means and covariances.full (or .diagonal), as `GaussianMixture.tensors`.
func mixtureStepsWorkload(_ arguments: [String]) throws -> Served {
  let x = try NumPyFile.read(URL(fileURLWithPath: arguments[0]))
  let start = try mixture(arguments[1])
  var estimator = GaussianMixtureEstimator(components: start.componentCount, covariance: start.structure)
  estimator.tolerance = 0
  var fitted = start
  func secondsOfSteps(_ count: Int) throws -> Double {
    estimator.maximumIterations = count
    return try seconds { fitted = try estimator.fit(x, from: start).0 }
  }
  return Served(
    measures: [
      "step": {
        let first = try secondsOfSteps(1)
        return try (secondsOfSteps(3) - first) / 2
      }
    ],
    result: {
      let scores = fitted.logProb(x.narrowed(0, from: 0, length: min(1000, x.size(0)))).to(.float64)
      try NumPyArchive(tensors: fitted.tensors.merging(["scores": scores]) { first, _ in first })
        .write(to: URL(fileURLWithPath: arguments[2]))
      return [:]
    })
}

/// Draws from a mixture; the result are their moments.
func mixtureDrawsWorkload(_ arguments: [String]) throws -> Served {
  let mixture = try mixture(arguments[0]).to(.float32)
  let count = try integer(arguments[1])
  var rng = RandomGenerator(seed: 1)
  var draws = Tensor.zeros([0])
  return Served(
    measures: [
      "draws": {
        draws = Tensor.zeros([0])
        return seconds { draws = mixture.sample([count], using: &rng) }
      }
    ],
    result: {
      try NumPyArchive(tensors: moments(of: draws)).write(to: URL(fileURLWithPath: arguments[2]))
      return [:]
    })
}

private func moments(of draws: Tensor) -> [String: Tensor] {
  let (count, features) = (Double(draws.size(0)), draws.size(1))
  var sum = Tensor.zeros([features], dtype: .float64)
  var products = Tensor.zeros([features, features], dtype: .float64)
  for block in draws.split(size: 1 << 16) {
    let wide = block.to(.float64)
    sum = sum + wide.sum(0)
    products = products + wide.transposed().matmul(wide)
  }
  return ["mean": sum / count, "second": products / count]
}
