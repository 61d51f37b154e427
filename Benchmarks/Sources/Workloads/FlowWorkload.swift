import Pushforward

/// A training step, log-densities and draws of a flow of five layers, two hidden layers each, 8 bins.
func flowWorkload(_ arguments: [String]) throws -> Served {
  let numbers = try arguments.dropFirst().map(integer)
  let (features, rows, hidden) = (numbers[0], numbers[1], numbers[2])
  var rng = RandomGenerator(seed: 0)
  let flow = try benchmarkFlow(arguments[0], features: features, hidden: hidden, using: &rng)
  let x = Tensor.normal([rows, features], using: &rng)
  let parameters = ParameterBuffer(flow.trainableParameters)
  let optimizer = Adam([parameters.whole])
  return Served(measures: [
    "step": {
      try secondsPerCall {
        let (_, gradient) = try parameters.gradient { -flow.distribution.logProb(x).mean() }
        optimizer.step(gradients: [gradient], learningRate: 1e-3)
      }
    },
    "density": { secondsPerCall { withoutGradient { _ = flow.distribution.logProb(x) } } },
    "sampling": { secondsPerCall { withoutGradient { _ = flow.distribution.sample([rows], using: &rng) } } },
  ])
}

private func benchmarkFlow(
  _ kind: String, features: Int, hidden: Int, using rng: inout RandomGenerator
) throws -> NormalizingFlow {
  let sizes = [hidden, hidden]
  if kind.hasPrefix("autoregressive") {
    return try NormalizingFlow(
      AutoregressiveFlow.Configuration(
        features: features, layers: 5, hiddenFeatures: sizes,
        transform: kind.hasSuffix("affine") ? .affine : .rationalQuadraticSpline(bins: 8, bound: 5)), using: &rng)
  }
  let couplings = CouplingOptions(layers: 5, network: .multilayerPerceptron(hiddenFeatures: sizes))
  return try kind == "affine"
    ? NormalizingFlow(RealNVP.Configuration(features: features, couplings: couplings), using: &rng)
    : NormalizingFlow(
      NeuralSplineFlow.Configuration(features: features, couplings: couplings, bins: 8), using: &rng)
}
