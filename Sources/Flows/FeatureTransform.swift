public import Probability
public import Torch

/// The monotone map of each number in a flow's layer, whose parameters a network gives; parameters of 0 give the identity,
/// or the closest to it that there is.
public enum FeatureTransform: Hashable, Sendable, Codable {
  /// A shift: volumes are kept (NICE).
  case additive
  /// A shift and a positive scale, its logarithm softly kept within ±log 1000.
  case affine
  /// A rational-quadratic spline, the identity outside a box.
  case rationalQuadraticSpline(bins: Int, bound: Double)
  /// The same splines from parameters that are squashed softly, as the library zuko does.
  case squashedSpline(bins: Int, bound: Double)
  /// A linear-rational spline: its inverse needs no square root.
  case linearRationalSpline(bins: Int, bound: Double)
  /// The normal score of a Gaussian mixture: the code is standard normal exactly when the number has this mixture as its
  /// distribution.
  case gaussianMixture(components: Int)
  /// The integral of a sum of squared polynomials.
  case sumOfSquares(polynomials: Int, degree: Int)

  /// The number of parameters of one number's map.
  public var parameterCount: Int {
    switch self {
    case .additive: 1
    case .affine: 2
    case .rationalQuadraticSpline(let bins, _), .squashedSpline(let bins, _): 3 * bins - 1
    case .linearRationalSpline(let bins, _): 4 * bins - 1
    case .gaussianMixture(let components): 3 * components
    case .sumOfSquares(let polynomials, let degree): 1 + polynomials * (degree + 1)
    }
  }

  /// The maps of numbers.
  ///
  /// - Parameter parameters: `[*batch, parameterCount]`, any real numbers.
  /// - Returns: a bijection of event rank 0.
  /// - Precondition: the last dimension is ``parameterCount``.
  public func bijection(_ parameters: Tensor) -> any Bijection {
    precondition(
      parameters.size(-1) == parameterCount,
      "FeatureTransform: expected \(parameterCount) parameters, got shape \(parameters.shape)")
    switch self {
    case .additive:
      let shift = parameters.squeezed(-1)
      return BoundedAffine(shift: shift, logScale: .zeros(like: shift))
    case .affine:
      let parts = parameters.unbound(-1)
      return BoundedAffine(shift: parts[0], logScale: parts[1].squashed(to: logScaleBound))
    case .rationalQuadraticSpline(let bins, let bound):
      return RationalQuadraticSpline(parameters: parameters, form: .init(bins: bins, bound: bound))
    case .squashedSpline(let bins, let bound):
      return RationalQuadraticSpline(squashing: parameters, bins: bins, bound: bound)
    case .linearRationalSpline(let bins, let bound):
      return LinearRationalSpline(parameters: parameters, form: .init(bins: bins, bound: bound))
    case .gaussianMixture: return GaussianMixtureScore(parameters: parameters)
    case .sumOfSquares(let polynomials, let degree):
      return SumOfSquaresPolynomial(
        shift: parameters[.ellipsis, .at(0)],
        coefficients: parameters[.ellipsis, .slice(from: 1)].unflattened(-1, [polynomials, degree + 1]))
    }
  }
}

extension FeatureTransform {
  /// Whether the sizes make sense.
  ///
  /// - Throws: `FlowConfigurationError` for the first that does not.
  func validate() throws(FlowConfigurationError) {
    switch self {
    case .additive, .affine: break
    case .rationalQuadraticSpline(let bins, let bound), .squashedSpline(let bins, let bound),
      .linearRationalSpline(let bins, let bound):
      // The least size of a bin, 0.001 of the box, leaves room for no more.
      try checkRange("transform.bins", bins, in: 1...999)
      try checkBound("transform.bound", bound)
    case .gaussianMixture(let components): try checkRange("transform.components", components, in: 1...1000)
    case .sumOfSquares(let polynomials, let degree):
      try checkRange("transform.polynomials", polynomials, in: 1...100)
      try checkRange("transform.degree", degree, in: 0...20)
    }
  }
}

/// log 1000: the range of log-scales and of log-slopes of zuko's maps.
private let logScaleBound = 6.907755278982137

extension Tensor {
  /// Numbers softly kept within ±bound: x / (1 + |x / bound|).
  fileprivate func squashed(to bound: Double) -> Tensor { self / (1 + (self / bound).absolute()) }
}

extension RationalQuadraticSpline {
  /// The spline that zuko makes of parameters: shares are softmaxes of squashed numbers, slopes their exponentials.
  fileprivate init(squashing parameters: Tensor, bins: Int, bound: Double) {
    // Least sizes far below those that squashed numbers can reach, so that the form can express all of them.
    let form = Form(bins: bins, bound: bound, minimumBinSize: 1e-6, minimumSlope: 1e-6)
    let parts = parameters.split([2 * bins, bins - 1], -1)
    let shares = parts[0].unflattened(-1, [2, bins]).squashed(to: logScaleBound / 2).softmax(-1)
    let slopes = parts[1].squashed(to: logScaleBound).exp()
    self.init(
      parameters: .concatenating(
        [form.logits(ofShares: shares).flattened(from: -2), form.parameters(ofSlopes: slopes)], -1),
      form: form)
  }
}
