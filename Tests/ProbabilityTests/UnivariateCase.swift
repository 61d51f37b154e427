import Probability
import Testing
import Torch

/// What every one-dimensional distribution of the package can be asked for.
typealias UnivariateDistribution = CumulativeDistribution & MomentDistribution & EntropyDistribution

/// One row of the table of one-dimensional distributions.
struct UnivariateCase: Sendable, CustomTestStringConvertible {
  /// The type's name, also in the reference file.
  let name: String
  /// One vector for each parameter: a batch of ordinary distributions.
  let parameters: [[Double]]
  var isDiscrete = false
  /// Whether a draw is the quantile function of one source of noise.
  var isImplicit = false
  /// Whether gradients of the log-density are those of differences; not for whole-number parameters.
  var hasGradients = true
  /// The distribution of parameters, each a number or a vector.
  let make: @Sendable ([Tensor]) -> any UnivariateDistribution

  var testDescription: String { name }
  var distribution: any UnivariateDistribution { make(parameters.map { Tensor($0) }) }

  static let all = continuous + discrete

  static let continuous: [UnivariateCase] = [
    UnivariateCase(name: "Uniform", parameters: [[-1, 0], [5, 0.5]], isImplicit: true) {
      Uniform(lower: $0[0], upper: $0[1])
    },
    UnivariateCase(name: "Normal", parameters: [[1, -3], [0.2, 4]], isImplicit: true) {
      Normal(location: $0[0], scale: $0[1])
    },
    UnivariateCase(name: "LogNormal", parameters: [[0.2, -1], [0.3, 0.5]], isImplicit: true) {
      LogNormal(location: $0[0], scale: $0[1])
    },
    UnivariateCase(name: "HalfNormal", parameters: [[0.2, 4]], isImplicit: true) { HalfNormal(scale: $0[0]) },
    UnivariateCase(
      name: "TruncatedNormal", parameters: [[0.5, 0, 1], [2, 1, 0.5], [-1, 3, -4], [2, 5, 0]], isImplicit: true
    ) {
      TruncatedNormal(location: $0[0], scale: $0[1], lower: $0[2], upper: $0[3])
    },
    UnivariateCase(name: "Exponential", parameters: [[0.3, 7]], isImplicit: true) { Exponential(rate: $0[0]) },
    UnivariateCase(name: "Laplace", parameters: [[1, -3], [0.2, 4]], isImplicit: true) {
      Laplace(location: $0[0], scale: $0[1])
    },
    UnivariateCase(name: "Logistic", parameters: [[1, -3], [0.2, 4]], isImplicit: true) {
      Logistic(location: $0[0], scale: $0[1])
    },
    UnivariateCase(name: "Cauchy", parameters: [[1, -3], [0.2, 4]], isImplicit: true) {
      Cauchy(location: $0[0], scale: $0[1])
    },
    UnivariateCase(name: "StudentT", parameters: [[3.7, 9, 40], [1, -3, 0], [0.2, 4, 1]]) {
      StudentT(degreesOfFreedom: $0[0], location: $0[1], scale: $0[2])
    },
    UnivariateCase(name: "Gamma", parameters: [[0.6, 2.5, 12, 30], [1, 3, 0.5, 2]], isImplicit: true) {
      Gamma(concentration: $0[0], rate: $0[1])
    },
    UnivariateCase(name: "ChiSquared", parameters: [[1.5, 7]], isImplicit: true) {
      ChiSquared(degreesOfFreedom: $0[0])
    },
    UnivariateCase(name: "InverseGamma", parameters: [[5.2, 9], [2, 0.3]]) {
      InverseGamma(concentration: $0[0], scale: $0[1])
    },
    UnivariateCase(name: "Beta", parameters: [[0.6, 2, 9], [0.8, 3, 40]]) { Beta(alpha: $0[0], beta: $0[1]) },
    UnivariateCase(name: "Weibull", parameters: [[0.8, 1.5, 25], [2, 0.5, 3]], isImplicit: true) {
      Weibull(concentration: $0[0], scale: $0[1])
    },
    UnivariateCase(name: "Gumbel", parameters: [[1, -3], [0.2, 4]], isImplicit: true) {
      Gumbel(location: $0[0], scale: $0[1])
    },
    UnivariateCase(name: "Pareto", parameters: [[6.5, 12], [1, 3]], isImplicit: true) {
      Pareto(concentration: $0[0], scale: $0[1])
    },
    UnivariateCase(name: "VonMises", parameters: [[0.5, -1, 0], [0.4, 3, 200]], isImplicit: true) {
      VonMises(location: $0[0], concentration: $0[1])
    },
  ]

  static let discrete: [UnivariateCase] = [
    UnivariateCase(name: "Bernoulli", parameters: [[0.3, 0.98]], isDiscrete: true) { Bernoulli(probability: $0[0]) },
    UnivariateCase(name: "Categorical", parameters: [[0.1, 0, 0.4, 0.5]], isDiscrete: true, hasGradients: false) {
      Categorical(probabilities: $0[0])
    },
    UnivariateCase(name: "Binomial", parameters: [[7, 100], [0.3, 0.8]], isDiscrete: true, hasGradients: false) {
      Binomial(trials: $0[0], probability: $0[1])
    },
    UnivariateCase(name: "Poisson", parameters: [[0.5, 4, 60]], isDiscrete: true) { Poisson(rate: $0[0]) },
    UnivariateCase(name: "Geometric", parameters: [[0.2, 0.7]], isDiscrete: true) { Geometric(probability: $0[0]) },
    UnivariateCase(name: "NegativeBinomial", parameters: [[2.5, 0.4, 30], [0.3, 0.1, 0.6]], isDiscrete: true) {
      NegativeBinomial(successes: $0[0], probability: $0[1])
    },
  ]
}
