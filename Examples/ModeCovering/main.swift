// Mode-covering against mode-seeking: the same models, fitted to one target of two modes by the forward and by the reverse
// Kullback-Leibler divergence.
//
//     swift run ModeCovering [epochs]
//
// The forward divergence KL[p* || p] needs draws of the target, and is infinite where p lacks mass that p* has: one normal
// distribution spreads over both modes and the gap between them. The reverse divergence KL[p || p*] needs the target's
// energy, and draws of the model: a normal distribution takes one mode and lets the other go. A flow can be the target, so
// both objectives have the same optimum; it finds both modes when the target is cooled down from a high temperature.
import Foundation
import Pushforward

var rng = RandomGenerator(seed: 3)
let epochs = CommandLine.arguments.dropFirst().first.flatMap { Int($0) } ?? 40
let (batchSize, stepsPerEpoch) = (256, 25)

/// p*: two normal peaks on a line, at -2 and 2, of weights 0.4 and 0.6.
let truth = HomogeneousMixture(
  weights: Tensor([Float(0.4), 0.6]),
  Normal(
    location: Tensor([Float(-2), 2], shape: [2, 1]), scale: Tensor([Float(0.5), 0.5], shape: [2, 1]), eventRank: 1))

/// The same as an energy: all that the reverse divergence asks for. The scale says how far a model must look.
let target = GibbsDistribution([1], scale: Tensor([2.5])) { x in -truth.logProb(x) }

/// One normal distribution with a mean and a deviation to learn.
struct NormalModel: ConditionalDistribution {
  let location = Parameter(Tensor([Float(0.5)]))
  let logScale = Parameter(Tensor([Float(0)]))

  func conditioned(on context: Tensor?, _ layerContext: LayerContext) -> Normal {
    Normal(location: location.value, scale: logScale.value.exp(), eventRank: 1)
  }

  func visitParameters(_ visitor: inout some ParameterVisitor) {
    visitor.visit(location, named: "location")
    visitor.visit(logScale, named: "logScale")
  }
}

let trainer = try Trainer(
  TrainingConfiguration(
    learningRate: 5e-3, schedule: .cosine(warmUpSteps: 0, finalFraction: 0.01), batchSize: batchSize,
    maximumEpochs: epochs, patience: epochs, averagingDecay: 0.98))

/// Maximum likelihood on draws of the target: the forward divergence without its constant.
@MainActor func fitForward(_ model: some ConditionalDistribution) throws {
  let data = truth.sample([batchSize * stepsPerEpoch], using: &rng)
  _ = try trainer.fit(
    model, to: Batch(values: data),
    objective: { batch, context in -model.conditioned(on: nil, context).logProb(batch.values).mean() }, using: &rng)
}

/// The reverse divergence without its constant. Rows without columns say how much to draw; in the first third of the steps
/// the temperature falls to 1.
@MainActor func fitReverse<Model: ConditionalDistribution>(_ model: Model, temperature: Double) throws
where Model.Conditioned: ReparameterizedDistribution {
  let divergence = ReverseKullbackLeibler(to: target)
  let annealing = Double(epochs * stepsPerEpoch) / 3
  _ = try trainer.fit(
    model, to: Batch(rowCount: batchSize * stepsPerEpoch), validation: Batch(rowCount: 2000),
    objective: { batch, context in
      let share = context.isTraining ? min(Double(context.step) / annealing, 1) : 1
      return divergence.loss(
        of: model.conditioned(on: nil, context), draws: batch.rowCount, inverseTemperature: pow(temperature, share - 1),
        using: &context.rng)
    }, using: &rng)
}

/// What came of it: moments, the mass of each mode, both divergences, and what a look from inside says.
@MainActor func report<Model: ConditionalDistribution>(_ name: String, _ objective: String, _ model: Model)
where Model.Conditioned: ReparameterizedDistribution {
  let fitted = model.distribution
  let draws = fitted.sample([20_000], using: &rng)
  let right = Double((draws .> 0).nonzeroCount()) / 20_000
  let forward = KullbackLeibler.estimate(of: truth, from: fitted, using: &rng)
  let reverse = KullbackLeibler.estimate(of: fitted, from: truth, using: &rng)
  let diagnosis = ReverseKullbackLeibler(to: target).diagnosis(of: fitted, draws: 5000, using: &rng)
  print(
    name.padding(toLength: 7, withPad: " ", startingAt: 0), objective,
    String(
      format: "%7.2f %9.2f %6.2f %6.2f %10.2f %10.2f %7d", draws.mean().item(), draws.standardDeviation(0).item(),
      1 - right, right, forward.value, reverse.value, diagnosis.missedModes.count))
}

print("model   objective    mean deviation   left  right KL[p*||p]  KL[p||p*]  missed")
let configuration = NeuralSplineFlow.Configuration(features: 1)
for isForward in [true, false] {
  let normal = NormalModel()
  let flow = try NormalizingFlow(configuration, using: &rng)
  flow.standardize(to: target.roughRows.to(.float32))
  if isForward {
    try fitForward(normal)
    try fitForward(flow)
  } else {
    try fitReverse(normal, temperature: 1)
    try fitReverse(flow, temperature: 10)
  }
  report("normal", isForward ? "forward-kl" : "reverse-kl", normal)
  report("flow", isForward ? "forward-kl" : "reverse-kl", flow)
}
