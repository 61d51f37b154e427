// Seconds of log-density, distribution function, quantile function and draws of the one-dimensional distributions, and of
// draws of some multivariate ones, in 64 bits: what distribution_peers.py measures for SciPy.
//
//     DistributionCost COUNT
//
// Prints one line of JSON: for each distribution the least of five times of each function.
import Foundation
import Pushforward

let count = CommandLine.arguments.dropFirst().first.flatMap { Int($0) } ?? 20_000

func number(_ value: Double) -> Tensor { Tensor.full([], value, dtype: .float64) }

/// The least seconds of five calls.
func seconds(_ work: () -> Tensor) -> Double {
  var least = Double.infinity
  for _ in 0..<5 {
    let start = ContinuousClock.now
    withExtendedLifetime(withoutGradient(work)) { least = min(least, (ContinuousClock.now - start) / .seconds(1)) }
  }
  return least
}

let numbers: [(String, any CumulativeDistribution)] = [
  ("uniform", Uniform(lower: number(0), upper: number(2))),
  ("normal", Normal(location: number(1), scale: number(2))),
  ("truncnorm", TruncatedNormal(location: number(0), scale: number(1), lower: number(-1), upper: number(2.5))),
  ("expon", Exponential(rate: number(1.5))),
  ("laplace", Laplace(location: number(0), scale: number(1))),
  ("logistic", Logistic(location: number(0), scale: number(1))),
  ("cauchy", Cauchy(location: number(0), scale: number(1))),
  ("t", StudentT(degreesOfFreedom: number(4.5), location: number(0), scale: number(1))),
  ("gamma", Gamma(concentration: number(2.5), rate: number(1))),
  ("beta", Beta(alpha: number(2.5), beta: number(1.5))),
  ("lognorm", LogNormal(location: number(0), scale: number(0.7))),
  ("weibull_min", Weibull(concentration: number(1.7), scale: number(1))),
  ("gumbel_r", Gumbel(location: number(0), scale: number(1))),
  ("pareto", Pareto(concentration: number(2.5), scale: number(1))),
  ("chi2", ChiSquared(degreesOfFreedom: number(5))),
  ("invgamma", InverseGamma(concentration: number(3), scale: number(1))),
  ("halfnorm", HalfNormal(scale: number(1))),
  ("vonmises", VonMises(location: number(0), concentration: number(2))),
  ("binom", Binomial(trials: number(40), probability: number(0.3))),
  ("poisson", Poisson(rate: number(7.5))),
  ("geom", Geometric(probability: number(0.3))),
  ("nbinom", NegativeBinomial(successes: number(5), probability: number(0.4))),
]

var rng = RandomGenerator(seed: 1)
let probabilities = Tensor.uniform([count], dtype: .float64, using: &rng)
var figures: [String: [String: Double]] = [:]
for (name, distribution) in numbers {
  let x = distribution.sample([count], using: &rng).to(.float64)
  figures[name] = [
    "logpdf": seconds { distribution.logProb(x) }, "cdf": seconds { distribution.cdf(x) },
    "ppf": seconds { distribution.quantile(probabilities) },
    "rvs": seconds { distribution.sample([count], using: &rng) },
  ]
}

let size = 5
let covariance = Tensor.ones([size, size], dtype: .float64) * 0.5 + Tensor.identity(size, dtype: .float64)
let zeros = Tensor.zeros([size], dtype: .float64)
let vectors: [(String, any Distribution)] = [
  ("multivariate_normal", try MultivariateNormal(location: zeros, covariance: covariance)),
  ("multivariate_t", try MultivariateStudentT(degreesOfFreedom: number(4.5), location: zeros, scaleMatrix: covariance)),
  ("dirichlet", Dirichlet(concentration: Tensor.linear(from: 0.5, to: 2.5, count: size, dtype: .float64))),
]
for (name, distribution) in vectors {
  let x = distribution.sample([count], using: &rng)
  figures[name] = [
    "logpdf": seconds { distribution.logProb(x) }, "rvs": seconds { distribution.sample([count], using: &rng) },
  ]
}
print(String(decoding: try JSONSerialization.data(withJSONObject: figures, options: .sortedKeys), as: UTF8.self))
