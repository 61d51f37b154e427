import Pushforward

/// Log-density, distribution function, quantile function and draws of the distributions that scipy.stats has too, in 64
/// bits. A measure is a distribution's name there and one of `logpdf`, `cdf`, `ppf`, `rvs`.
func distributionWorkload(_ arguments: [String]) throws -> Served {
  let count = try integer(arguments[0])
  var rng = RandomGenerator(seed: 1)
  let probabilities = Tensor.uniform([count], dtype: .float64, using: &rng)
  var measures: [String: () throws -> Double] = [:]
  func add(_ name: String, _ distribution: any Distribution) {
    let x = distribution.sample([count], using: &rng).to(.float64)
    measures["\(name) logpdf"] = { secondsPerCall { withoutGradient { _ = distribution.logProb(x) } } }
    measures["\(name) rvs"] = {
      secondsPerCall { withoutGradient { _ = distribution.sample([count], using: &rng) } }
    }
    guard let cumulative = distribution as? any CumulativeDistribution else { return }
    measures["\(name) cdf"] = { secondsPerCall { withoutGradient { _ = cumulative.cdf(x) } } }
    measures["\(name) ppf"] = { secondsPerCall { withoutGradient { _ = cumulative.quantile(probabilities) } } }
  }
  for (name, distribution) in oneDimensional() { add(name, distribution) }
  for (name, distribution) in try multivariate() { add(name, distribution) }
  return Served(measures: measures)
}

private func number(_ value: Double) -> Tensor { Tensor.full([], value, dtype: .float64) }

private func oneDimensional() -> [(String, any CumulativeDistribution)] {
  [
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
}

private func multivariate() throws -> [(String, any Distribution)] {
  let size = 5
  let covariance = Tensor.ones([size, size], dtype: .float64) * 0.5 + Tensor.identity(size, dtype: .float64)
  let zeros = Tensor.zeros([size], dtype: .float64)
  return [
    ("multivariate_normal", try MultivariateNormal(location: zeros, covariance: covariance)),
    (
      "multivariate_t",
      try MultivariateStudentT(degreesOfFreedom: number(4.5), location: zeros, scaleMatrix: covariance)
    ),
    ("dirichlet", Dirichlet(concentration: Tensor.linear(from: 0.5, to: 2.5, count: size, dtype: .float64))),
  ]
}
