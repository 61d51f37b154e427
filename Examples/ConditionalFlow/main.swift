// Learns a posterior from simulations: p(position | distance), where all that is seen of a point is a noisy distance.
//
//     swift run ConditionalFlow
//
// Given a distance, the positions form a ring, which no normal distribution can be. For a reader who knows sbi: this is
// neural posterior estimation written out.
import Foundation
import Pushforward

var rng = RandomGenerator(seed: 1)
let noise = 0.2

/// Draws from the prior and the simulator: positions `[count, 2]` and distances `[count, 1]`.
func simulate(_ count: Int, using rng: inout RandomGenerator) -> Batch {
  let positions = Tensor.normal([count, 2], using: &rng)
  let distances = positions.norm(1, keepingDimensions: true) + noise * Tensor.normal([count, 1], using: &rng)
  return Batch(values: positions, context: distances)
}
let training = simulate(5000, using: &rng)
let validation = simulate(500, using: &rng)
let heldOut = simulate(2000, using: &rng)

// `contextFeatures` makes the flow conditional; the context is standardized inside the model as well.
let flow = try NormalizingFlow(NeuralSplineFlow.Configuration(features: 2, contextFeatures: 1), using: &rng)
flow.standardize(to: training.values, context: training.context)
let report = try Trainer(TrainingConfiguration(maximumEpochs: 60, patience: 10)).fit(
  flow, to: training, validation: validation,
  objective: { batch, context in -flow.conditioned(on: batch.context, context).logProb(batch.values).mean() },
  using: &rng)

// One distribution for each row of the context, each asked for the density of its own row.
let logProb = withoutGradient { flow.conditioned(on: heldOut.context).logProb(heldOut.values) }  // [2000], in nats
print(String(format: "held-out log p(position | distance): %.4f nats", logProb.mean().item()))

// The posterior of one observation: 5000 draws, [5000, 2].
let observation = Tensor([Float(1.5)])  // [1]
let radii = flow.conditioned(on: observation).sample([5000], using: &rng).norm(1)

// Its exact counterpart: the density of the radius is proportional to r exp(-r^2 / 2) exp(-(1.5 - r)^2 / (2 noise^2)).
let r = Tensor.linear(from: 0, to: 5, count: 5001, dtype: .float64)
let weights = (r.log() - r * r / 2 - (r - 1.5) * (r - 1.5) / (2 * noise * noise)).exp()
let exactMean = ((weights * r).sum() / weights.sum()).item()
let exactSpread = ((weights * (r - exactMean) * (r - exactMean)).sum() / weights.sum()).squareRoot().item()
print(
  String(
    format: "radius given the distance 1.5, learned: %.3f +- %.3f", radii.mean().item(),
    radii.standardDeviation(0).item()))
print(String(format: "radius given the distance 1.5, exact:   %.3f +- %.3f", exactMean, exactSpread))
