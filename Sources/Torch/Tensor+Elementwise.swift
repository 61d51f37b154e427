extension Tensor {
  /// `e` to each element.
  public func exp() -> Tensor { Operation.exp(self) }

  /// `exp(x) - 1`, exact for small elements.
  public func expMinusOne() -> Tensor { Operation.expm1(self) }

  /// The natural logarithm of each element.
  public func log() -> Tensor { Operation.log(self) }

  /// `log(1 + x)`, exact for small elements.
  public func logOnePlus() -> Tensor { Operation.log1p(self) }

  /// The logarithm to base 2.
  public func log2() -> Tensor { Operation.log2(self) }

  /// The square root of each element.
  public func squareRoot() -> Tensor { Operation.sqrt(self) }

  /// One over the square root of each element.
  public func reciprocalSquareRoot() -> Tensor { Operation.rsqrt(self) }

  /// The square of each element.
  public func squared() -> Tensor { Operation.square(self) }

  /// The absolute value of each element.
  public func absolute() -> Tensor { Operation.abs(self) }

  /// -1, 0 or 1 by each element's sign.
  public func sign() -> Tensor { Operation.sign(self) }

  /// The sine of each element, in radians.
  public func sin() -> Tensor { Operation.sin(self) }

  /// The cosine of each element, in radians.
  public func cos() -> Tensor { Operation.cos(self) }

  /// The tangent of each element, in radians.
  public func tan() -> Tensor { Operation.tan(self) }

  /// The inverse sine, in radians.
  public func asin() -> Tensor { Operation.asin(self) }

  /// The inverse cosine, in radians.
  public func acos() -> Tensor { Operation.acos(self) }

  /// The inverse tangent, in radians.
  public func atan() -> Tensor { Operation.atan(self) }

  /// The hyperbolic sine.
  public func sinh() -> Tensor { Operation.sinh(self) }

  /// The hyperbolic cosine.
  public func cosh() -> Tensor { Operation.cosh(self) }

  /// The hyperbolic tangent.
  public func tanh() -> Tensor { Operation.tanh(self) }

  /// The inverse hyperbolic sine.
  public func asinh() -> Tensor { Operation.asinh(self) }

  /// The inverse hyperbolic tangent.
  public func atanh() -> Tensor { Operation.atanh(self) }

  /// `1 / (1 + exp(-x))`.
  public func sigmoid() -> Tensor { Operation.sigmoid(self) }

  /// `log(sigmoid(x))`, finite for all finite elements.
  public func logSigmoid() -> Tensor { Operation.log_sigmoid(self) }

  /// The error function.
  public func erf() -> Tensor { Operation.erf(self) }

  /// One minus the error function.
  public func erfc() -> Tensor { Operation.erfc(self) }

  /// `exp(x^2)` times one minus the error function, finite where that underflows.
  public func scaledErfc() -> Tensor { Operation.special_erfcx(self) }

  /// The inverse of the error function.
  public func erfInverse() -> Tensor { Operation.erfinv(self) }

  /// The logarithm of the absolute value of the gamma function.
  public func logGamma() -> Tensor { Operation.lgamma(self) }

  /// The derivative of the logarithm of the gamma function.
  public func digamma() -> Tensor { Operation.digamma(self) }

  /// The derivative of this order of the digamma function: 1 for the trigamma function.
  public func polygamma(_ order: Int) -> Tensor { Operation.special_polygamma(order, self) }

  /// The modified Bessel function of the first kind and order 0, times `exp(-|x|)`.
  public func scaledBesselI0() -> Tensor { Operation.special_i0e(self) }

  /// The modified Bessel function of the first kind and order 1, times `exp(-|x|)`.
  public func scaledBesselI1() -> Tensor { Operation.special_i1e(self) }

  /// The cumulative distribution function of the standard normal, accurate in both tails.
  public func normalCDF() -> Tensor {
    // Differs from libtorch's special_ndtr, which is 0 below -8.3.
    (self * -0.5.squareRoot()).erfc() * 0.5
  }

  /// The logarithm of the standard normal's cumulative distribution function, exact far in the tail.
  public func normalLogCDF() -> Tensor { Operation.special_log_ndtr(self) }

  /// The quantile function of the standard normal.
  public func normalQuantile() -> Tensor { Operation.special_ndtri(self) }

  /// The largest integer not above each element.
  public func floor() -> Tensor { Operation.floor(self) }

  /// The smallest integer not below each element.
  public func ceil() -> Tensor { Operation.ceil(self) }

  /// The nearest integer; halves go to the even one.
  public func rounded() -> Tensor { Operation.round(self) }

  /// The integer part of each element.
  public func truncated() -> Tensor { Operation.trunc(self) }

  /// One over each element.
  public func reciprocal() -> Tensor { Operation.reciprocal(self) }

  /// `max(x, 0)`.
  public func relu() -> Tensor { Operation.relu(self) }

  /// `x * sigmoid(x)`.
  public func silu() -> Tensor { Operation.silu(self) }

  /// Whether each element is not a number.
  public func isNaN() -> Tensor { Operation.isnan(self) }

  /// Whether each element is neither infinite nor NaN.
  public func isFinite() -> Tensor { Operation.isfinite(self) }

  /// Whether each element is infinite.
  public func isInfinite() -> Tensor { Operation.isinf(self) }

  /// The Gaussian error linear unit, `x * normalCDF(x)`.
  public func gelu() -> Tensor { Operation.gelu(self) }

  /// The exponential linear unit: `x` above 0, `exp(x) - 1` below.
  public func elu() -> Tensor { Operation.elu(self) }

  /// `x` above 0, `slope * x` below.
  public func leakyRelu(slope: Double = 0.01) -> Tensor { Operation.leaky_relu(self, slope.scalar) }

  /// `log(1 + exp(x))`, a smooth positive version of `x`.
  public func softplus() -> Tensor { Operation.softplus(self) }

  /// `exp(x)` normalized to sum to 1 along a dimension.
  public func softmax(_ dimension: Int) -> Tensor { Operation.softmax_int(self, dimension) }

  /// The logarithm of the softmax along a dimension.
  public func logSoftmax(_ dimension: Int) -> Tensor { Operation.log_softmax_int(self, dimension) }

  /// Elements moved into [lower, upper]; a missing bound does not act. NaN stays NaN.
  public func clamped(from lower: Double? = nil, to upper: Double? = nil) -> Tensor {
    lower == nil && upper == nil ? self : Operation.clamp(self, lower.map { Scalar($0) }, upper.map { Scalar($0) })
  }

  /// Elements moved between two tensors of bounds.
  public func clamped(from lower: Tensor, to upper: Tensor) -> Tensor { Operation.clamp_Tensor(self, lower, upper) }

  /// Each element to a power.
  public func pow(_ exponent: some ScalarConvertible) -> Tensor { Operation.pow_Tensor_Scalar(self, exponent.scalar) }

  /// Each element to the power of the other's.
  public func pow(_ exponent: Tensor) -> Tensor { Operation.pow_Tensor_Tensor(self, exponent) }

  /// The angle of the point (x, self), in radians from -pi to pi.
  public func atan2(_ x: Tensor) -> Tensor { Operation.atan2(self, x) }

  /// `log(exp(self) + exp(other))` without overflow.
  public func logAddExp(_ other: Tensor) -> Tensor { Operation.logaddexp(self, other) }

  /// The remainder of a division, with the divisor's sign.
  public func remainder(_ divisor: some ScalarConvertible) -> Tensor {
    Operation.remainder_Scalar(self, divisor.scalar)
  }

  /// `x * log(y)`, 0 where `x` is 0.
  public func xLogY(_ y: Tensor) -> Tensor { Operation.special_xlogy(self, y) }

  /// `x * log(1 + y)`, 0 where `x` is 0.
  public func xLogOnePlusY(_ y: Tensor) -> Tensor { Operation.special_xlog1py(self, y) }
}

/// The larger of both, element by element.
public func maximum(_ left: Tensor, _ right: Tensor) -> Tensor { Operation.maximum(left, right) }

/// The smaller of both, element by element.
public func minimum(_ left: Tensor, _ right: Tensor) -> Tensor { Operation.minimum(left, right) }

/// Elements of `first` where the condition holds, of `second` elsewhere.
///
/// Both branches are evaluated, and a gradient that is NaN in the branch not taken spoils the result: make both finite.
public func select(_ condition: Tensor, _ first: Tensor, _ second: Tensor) -> Tensor {
  Operation.where_self(condition, first, second)
}

/// Elements of `first` where the condition holds, a number elsewhere.
public func select(_ condition: Tensor, _ first: Tensor, _ second: some ScalarConvertible) -> Tensor {
  Operation.where_ScalarOther(condition, first, second.scalar)
}

/// A number where the condition holds, elements of `second` elsewhere.
public func select(_ condition: Tensor, _ first: some ScalarConvertible, _ second: Tensor) -> Tensor {
  Operation.where_ScalarSelf(condition, first.scalar, second)
}
