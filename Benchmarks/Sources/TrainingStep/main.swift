// Milliseconds for a training step, the density and samples of a coupling spline flow: as flow_peers.py measures them.
//
//     TrainingStep [features] [batch] [hidden]
import Foundation
import Pushforward

let numbers = CommandLine.arguments.dropFirst().compactMap { Int($0) }
let features = numbers.first ?? 6
let batch = numbers.dropFirst().first ?? 256
let hidden = numbers.dropFirst(2).first ?? 64

/// Milliseconds a call: the least of several means.
func milliseconds(calls: Int = 20, repeats: Int = 15, _ work: () -> Void) -> Double {
  for _ in 0..<3 { work() }
  let clock = ContinuousClock()
  let times = (0..<repeats).map { _ in
    clock.measure { for _ in 0..<calls { work() } } / .milliseconds(1) / Double(calls)
  }
  return times.min() ?? .nan
}

var rng = RandomGenerator(seed: 0)
let network = ConditionerNetwork.multilayerPerceptron(hiddenFeatures: [hidden, hidden])
let flow = try NormalizingFlow(
  NeuralSplineFlow.Configuration(features: features, couplings: CouplingOptions(layers: 5, network: network), bins: 8),
  using: &rng)
let x = Tensor.normal([batch, features], using: &rng)
let parameters = ParameterBuffer(flow.trainableParameters)
let optimizer = Adam([parameters.whole])

let train = milliseconds {
  guard let (_, gradient) = try? parameters.gradient(of: { -flow.distribution.logProb(x).mean() }) else { return }
  optimizer.step(gradients: [gradient], learningRate: 1e-3)
}
let density = milliseconds { withoutGradient { _ = flow.distribution.logProb(x) } }
let sampling = milliseconds { _ = flow.distribution.sample([batch], using: &rng) }

func rounded(_ value: Double) -> Double { (value * 1000).rounded() / 1000 }
let figures: [String: Any] = [
  "library": "pushforward", "features": features, "batch": batch, "hidden": hidden, "train_ms": rounded(train),
  "log_prob_ms": rounded(density), "sample_ms": rounded(sampling),
]
print(String(decoding: try JSONSerialization.data(withJSONObject: figures, options: .sortedKeys), as: UTF8.self))
