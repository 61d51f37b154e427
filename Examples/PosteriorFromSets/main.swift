// Learns what a set of 10 to 100 numbers tells of the mean and scale that they were drawn with: p(mean, log scale | set).
//
//     swift run -c release PosteriorFromSets                 # half a minute
//     swift run -c release PosteriorFromSets 20000 80        # simulations and epochs
//
// Nobody says which statistics of the numbers matter: a deep set learns them together with the flow. The prior is conjugate,
// so that the exact posterior (normal-inverse-gamma) stands beside what was learned.
import Foundation
import Pushforward

let arguments = CommandLine.arguments.dropFirst().compactMap { Int($0) }.filter { $0 > 0 }
let simulations = arguments.first ?? 10_000
let epochs = arguments.count > 1 ? arguments[1] : 40
var rng = RandomGenerator(seed: 1)

/// variance ~ inverse gamma(shape, rate), mean ~ normal(0, variance / strength).
let prior = (shape: 3.0, rate: 2.0, strength: 0.5)

/// Means and log scales, `[count, 2]`, and the sets drawn with them.
func simulate(_ count: Int, using rng: inout RandomGenerator) -> (theta: Tensor, sets: Observations) {
  let variance = InverseGamma(concentration: .full([count], prior.shape), scale: .full([count], prior.rate))
    .sample(using: &rng)
  let scale = variance.squareRoot()
  let mean = scale * Tensor.normal([count], using: &rng) * (1 / prior.strength.squareRoot())
  let noise = Tensor.normal([count, 100, 1], using: &rng)
  let x = mean.reshaped([count, 1, 1]) + scale.reshaped([count, 1, 1]) * noise
  let lengths = Tensor.integers(in: 10..<101, [count], using: &rng)
  return (.stacking([mean, scale.log()], -1), Observations(x, lengths: lengths))
}

/// The exact log-density of means and log scales given sets, `[count]`, and the posterior mean and deviation of the means.
func exactPosterior(_ theta: Tensor, given sets: Observations) -> (logProb: Tensor, mean: Tensor, deviation: Tensor) {
  let (x, n) = (sets.values.to(.float64).squeezed(-1), sets.counts.to(.float64))
  let (mean, logScale) = (theta.to(.float64)[.all, 0], theta.to(.float64)[.all, 1])
  let average = x.sum(-1) / n
  let squares = x.squared().sum(-1) - n * average.squared()
  let strength = n + prior.strength
  let center = n * average / strength
  let shape = n * 0.5 + prior.shape
  let rate = squares * 0.5 + (n * average.squared() * prior.strength) / (strength * 2) + prior.rate
  let variance = (logScale * 2).exp()
  let ofMean = Normal(location: center, scale: (variance / strength).squareRoot()).logProb(mean)
  // From the variance to the log scale: d variance / d log scale = 2 variance.
  let ofScale = InverseGamma(concentration: shape, scale: rate).logProb(variance) + (variance * 2).log()
  return (ofMean + ofScale, center, (rate / (strength * (shape - 1))).squareRoot())
}

let training = simulate(simulations, using: &rng)
let validation = simulate(1000, using: &rng)
let heldOut = simulate(1000, using: &rng)

// A summary of 8 numbers for each set, and a flow that takes it as its context.
let model = try SummarizedFlow(
  .init(
    summaryNetwork: .deepSet(.init(features: 1, summaryFeatures: 8)),
    flow: NeuralSplineFlow.Configuration(features: 2, contextFeatures: 8)), using: &rng)
model.standardize(to: training.theta, observations: training.sets)

// Sets of varying size travel as one tensor, their masks packed beside them.
let report = try Trainer(
  TrainingConfiguration(
    learningRate: 2e-3, schedule: .cosine(), batchSize: 128, maximumEpochs: epochs, patience: epochs)
).fit(
  model, to: Batch(values: training.theta, context: training.sets.packed),
  validation: Batch(values: validation.theta, context: validation.sets.packed),
  objective: { batch, context in -model.conditioned(on: batch.context, context).logProb(batch.values).mean() },
  using: &rng)
print(String(format: "trained for %d epochs, %.0f s", report.epochs, report.seconds))

// The mean difference of the log-densities is the divergence of the learned posteriors from the exact ones.
let exact = exactPosterior(heldOut.theta, given: heldOut.sets)
let posteriors = model.conditioned(on: heldOut.sets)
let learned = withoutGradient { posteriors.logProb(heldOut.theta) }.to(.float64)
print(String(format: "held-out log p(mean, log scale | set), learned: %.3f nats", learned.mean().item()))
print(String(format: "held-out log p(mean, log scale | set), exact:   %.3f nats", exact.logProb.mean().item()))

let draws = posteriors.sample([200], using: &rng)  // [200, 1000, 2]
for index in 0..<3 {
  let count = heldOut.sets.counts[.at(index)].integerItem()
  print(
    String(
      format: "mean given set %d, of %3d numbers: learned %6.3f +- %.3f, exact %6.3f +- %.3f", index, count,
      draws[.all, .at(index), 0].mean().item(), draws[.all, .at(index), 0].standardDeviation(0).item(),
      exact.mean[.at(index)].item(), exact.deviation[.at(index)].item()))
}

// Calibration: among draws of the posterior, the true value has any rank equally often.
for (index, name) in ["mean", "log scale"].enumerated() {
  let ranks = RankStatistics(
    of: heldOut.theta[.all, .at(index)], among: draws[.all, .all, .at(index)].transposed(), using: &rng)
  let test = ranks.uniformityTest(using: &rng)
  print(
    String(
      format: "ranks of the %@: distance from uniform %.3f, p-value %.3f", name, test.statistic, test.pValue))
}
