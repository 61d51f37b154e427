// Fits a neural spline flow to two moons, scores rows that it has not seen, draws new ones and saves the model.
//
//     swift run FitAFlow [model.safetensors]
//
// For a reader who knows zuko or nflows: the steps are the same, in the same order. What differs is marked "Python:".
import Foundation
import Pushforward

// Python: torch.manual_seed(1). Here nothing is global: what is random takes the generator as its last argument.
var rng = RandomGenerator(seed: 1)

/// Two half circles with noise, `[count, 2]`; Python: sklearn.datasets.make_moons(count, noise=0.1).
func twoMoons(_ count: Int, using rng: inout RandomGenerator) -> Tensor {
  let angle = Tensor.uniform([count], using: &rng) * Double.pi
  let isUpper = Tensor.uniform([count], using: &rng) .< 0.5
  let x = select(isUpper, angle.cos(), 1 - angle.cos())
  let y = select(isUpper, angle.sin(), 0.5 - angle.sin())
  return Tensor.stacking([x, y], 1) + 0.1 * Tensor.normal([count, 2], using: &rng)
}
let training = twoMoons(4000, using: &rng)
let validation = twoMoons(500, using: &rng)
let heldOut = twoMoons(2000, using: &rng)

// Python: zuko.flows.NSF(features=2, transforms=5, hidden_features=[64, 64]). The configuration is a value that a file
// can hold. Mean and scale of the data become a part of the model, so densities are in the units of the data.
let configuration = NeuralSplineFlow.Configuration(features: 2)
let flow = try NormalizingFlow(configuration, using: &rng)
flow.standardize(to: training)

// Python: the loop over a DataLoader, with zero_grad, backward and step. The flow ends with the weights that were best on
// the validation rows.
let report = try Trainer(TrainingConfiguration(maximumEpochs: 60, patience: 10)).fit(
  flow, to: Batch(values: training), validation: Batch(values: validation),
  objective: { batch, context in -flow.conditioned(on: batch.context, context).logProb(batch.values).mean() },
  using: &rng)
print("trained for \(report.epochs) epochs, \(report.steps) steps; the best was epoch \(report.bestEpoch)")

// Python: flow().log_prob(x), under torch.no_grad().
let logProb = withoutGradient { flow.distribution.logProb(heldOut) }  // [2000], in nats
let error = logProb.standardDeviation(0).item() / Double(heldOut.size(0)).squareRoot()
print(String(format: "held-out log-likelihood: %.4f +- %.4f nats", logProb.mean().item(), error))

// Python: flow().sample((1000,)).
let draws = flow.distribution.sample([1000], using: &rng)  // [1000, 2]
print(String(format: "mean of 1000 draws: (%.2f, %.2f)", draws.mean(0)[0].item(), draws.mean(0)[1].item()))

// Python: safetensors.torch.save_file(flow.state_dict(), ...), which reads this file too.
let file = URL(filePath: CommandLine.arguments.dropFirst().first ?? "two-moons.safetensors")
let json = String(decoding: try JSONEncoder().encode(configuration), as: UTF8.self)
try Safetensors(tensors: flow.state(), metadata: ["configuration": json]).write(to: file)

// The model again, from nothing but the file.
let saved = try Safetensors(contentsOf: file)
let again = try NormalizingFlow(
  JSONDecoder().decode(
    NeuralSplineFlow.Configuration.self, from: Data(saved.metadata["configuration", default: ""].utf8)),
  using: &rng)
try again.load(saved.tensors)
let isSame = withoutGradient { again.distribution.logProb(heldOut).isEqual(to: logProb) }
print("saved \(saved.tensors.count) tensors; read back, the densities are \(isSame ? "the same" : "NOT the same")")
