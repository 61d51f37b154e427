public import Probability
public import Testing
public import Torch

/// Checks the gradients of log-densities against central differences, and those of draws against what they mean.
///
/// - Parameters:
///   - parameters: one vector of 64-bit numbers for each parameter, of one length; the batch.
///   - isImplicit: whether a draw moves along the quantile function when parameters change, so that its gradient is that
///     of the cdf at the draw over minus the density; otherwise draws have several sources of noise, and only the
///     gradients of moments are known.
///   - tolerance: the greatest relative error of gradients.
///   - sourceLocation: where a failure is shown.
///   - make: the distribution of parameters.
public func checkGradients(
  _ parameters: [Tensor], isImplicit: Bool, tolerance: Double = 1e-6,
  sourceLocation: SourceLocation = #_sourceLocation,
  _ make: @escaping ([Tensor]) -> any CumulativeDistribution & MomentDistribution
) {
  let check = GradientCheck(
    parameters: parameters, tolerance: tolerance, sourceLocation: sourceLocation, make: make)
  check.checkLogProb()
  guard let distribution = make(parameters) as? any ReparameterizedDistribution else { return }
  if isImplicit { check.checkImplicit(distribution) }
  check.checkMoments()
}

private struct GradientCheck {
  let parameters: [Tensor]
  let tolerance: Double
  let sourceLocation: SourceLocation
  let make: ([Tensor]) -> any CumulativeDistribution & MomentDistribution

  var name: String { "\(type(of: make(parameters)))" }

  func checkLogProb() {
    var rng = RandomGenerator(seed: 41)
    let x = make(parameters).sample([20], using: &rng).to(.float64)
    let leaves = parameters.map { $0.requiringGradient() }
    let found = gradients(of: make(leaves).logProb(x).sum(), withRespectTo: leaves)
    for index in parameters.indices {
      let expected = difference(index) { make($0).logProb(x).sum(0) }
      expectClose(
        found[index], expected, tolerance: tolerance, "\(name), log-density by parameter \(index)",
        sourceLocation: sourceLocation)
    }
  }

  /// The central difference of a function of all parameters by one of them.
  func difference(_ index: Int, _ f: ([Tensor]) -> Tensor) -> Tensor {
    let step = parameters[index].absolute() * 1e-5 + 1e-7
    func moved(_ sign: Double) -> [Tensor] {
      var result = parameters
      result[index] = parameters[index] + step * sign
      return result
    }
    return (f(moved(1)) - f(moved(-1))) / (step * 2.0)
  }

  /// dx = -dF / p(x) at fixed x, for each draw alone.
  func checkImplicit(_ distribution: any ReparameterizedDistribution) {
    let count = 30
    let leaves = parameters.map {
      $0.unsqueezed(0).broadcasted(to: [count] + $0.shape).contiguous().requiringGradient()
    }
    guard let moving = make(leaves) as? any ReparameterizedDistribution else { return }
    var rng = RandomGenerator(seed: 42)
    let x = moving.reparameterizedSample([], using: &rng)
    let found = gradients(of: x.sum(), withRespectTo: leaves)
    let draws = x.detached()
    for index in parameters.indices {
      let slope = difference(index) { make($0).cdf(draws) }
      let expected = -slope / make(parameters).logProb(draws).exp()
      // In the tails the difference of cdfs has few digits.
      expectClose(
        found[index], expected, tolerance: 1e-4, "\(name), draws by parameter \(index)",
        sourceLocation: sourceLocation)
    }
  }

  /// The mean over draws of the gradient of x, and of (x - mean)^2, is the gradient of the mean and of the variance;
  /// within 7 standard errors, which chance exceeds with probability below 1e-10.
  func checkMoments() {
    let count = 4000
    let leaves = parameters.map { $0.requiringGradient() }
    let wide = leaves.map { $0.unsqueezed(0).broadcasted(to: [count] + $0.shape) }
    let copies = wide.map { $0.detached().requiringGradient() }
    guard let moving = make(copies) as? any ReparameterizedDistribution else { return }
    var rng = RandomGenerator(seed: 43)
    let x = moving.reparameterizedSample([], using: &rng)
    let exact = make(leaves)
    let centred = (x - exact.mean.detached()).squared()
    for (what, values, moment) in [("mean", x, exact.mean), ("variance", centred, exact.variance)]
    where moment.isFinite().all() {
      let each = gradients(of: values.sum(), withRespectTo: copies, retainingGraph: true)
      // Quadratures and special functions give a variance outside the graph.
      let expected =
        moment.requiresGradient
        ? gradients(of: moment.sum(), withRespectTo: leaves, retainingGraph: true)
        : leaves.indices.map { index in difference(index) { what == "mean" ? make($0).mean : make($0).variance } }
      for index in leaves.indices {
        let error = (each[index].mean(0) - expected[index]).absolute()
        let bound = each[index].standardDeviation(0) * 7.0 / Double(count).squareRoot() + 1e-5
        if !(error .<= bound).all() {
          Issue.record(
            "\(name), \(what) of draws by parameter \(index): off by \(error.doubles()), allowed \(bound.doubles())",
            sourceLocation: sourceLocation)
        }
      }
    }
  }
}
