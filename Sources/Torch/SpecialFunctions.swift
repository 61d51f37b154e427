import CSpecialFunctions
import CTorch

/// Special functions that libtorch lacks: incomplete gamma and beta functions, their inverses, and the like.
///
/// They are computed on the processor in 64 bits, whatever the type of the arguments; the result has the arguments'
/// widest floating-point type, and the last argument's device. Arguments broadcast. Outside of a function's domain the
/// result is NaN, and NaN stays NaN.
///
/// - Note: no gradients flow through these functions; what uses them attaches the derivatives that it knows.
/// - Complexity: 0.05 to 3 microseconds an element, on all threads.
public enum SpecialFunctions {
  // MARK: Gamma

  /// P(a, x), the regularized lower incomplete gamma function: the gamma distribution's cdf at x for shape a, rate 1.
  public static func regularizedGammaP(_ a: Tensor, _ x: Tensor) -> Tensor { evaluate(a, x, csf_gamma_p) }

  /// Q(a, x) = 1 - P(a, x), accurate where it is small.
  public static func regularizedGammaQ(_ a: Tensor, _ x: Tensor) -> Tensor { evaluate(a, x, csf_gamma_q) }

  /// log P(a, x), also where P underflows.
  public static func logRegularizedGammaP(_ a: Tensor, _ x: Tensor) -> Tensor { evaluate(a, x, csf_log_gamma_p) }

  /// log Q(a, x), also where Q underflows.
  public static func logRegularizedGammaQ(_ a: Tensor, _ x: Tensor) -> Tensor { evaluate(a, x, csf_log_gamma_q) }

  /// x with P(a, x) = p.
  public static func inverseRegularizedGammaP(_ a: Tensor, _ p: Tensor) -> Tensor {
    evaluate(a, p, csf_gamma_p_inverse)
  }

  /// x with Q(a, x) = q.
  public static func inverseRegularizedGammaQ(_ a: Tensor, _ q: Tensor) -> Tensor {
    evaluate(a, q, csf_gamma_q_inverse)
  }

  /// dx/da where P(a, x) stays the same: the derivative of a gamma draw x by its shape.
  package static func gammaQuantileSlope(_ a: Tensor, _ x: Tensor) -> Tensor {
    evaluate(a, x, csf_gamma_quantile_slope)
  }

  // MARK: Beta

  /// I(a, b, x), the regularized incomplete beta function: the beta distribution's cdf at x.
  public static func regularizedBeta(_ a: Tensor, _ b: Tensor, _ x: Tensor) -> Tensor { evaluate(a, b, x, csf_beta_i) }

  /// 1 - I(a, b, x), accurate where it is small.
  public static func regularizedBetaComplement(_ a: Tensor, _ b: Tensor, _ x: Tensor) -> Tensor {
    evaluate(a, b, x, csf_beta_ic)
  }

  /// log I(a, b, x), also where I underflows.
  public static func logRegularizedBeta(_ a: Tensor, _ b: Tensor, _ x: Tensor) -> Tensor {
    evaluate(a, b, x, csf_log_beta_i)
  }

  /// log(1 - I(a, b, x)), also where it underflows.
  public static func logRegularizedBetaComplement(_ a: Tensor, _ b: Tensor, _ x: Tensor) -> Tensor {
    evaluate(a, b, x, csf_log_beta_ic)
  }

  /// x with I(a, b, x) = p.
  public static func inverseRegularizedBeta(_ a: Tensor, _ b: Tensor, _ p: Tensor) -> Tensor {
    evaluate(a, b, p, csf_beta_i_inverse)
  }

  /// x with 1 - I(a, b, x) = q.
  public static func inverseRegularizedBetaComplement(_ a: Tensor, _ b: Tensor, _ q: Tensor) -> Tensor {
    evaluate(a, b, q, csf_beta_ic_inverse)
  }

  // MARK: Normal

  /// The standard normal's value below which a probability lies, of the probability's logarithm: the inverse of
  /// ``Tensor/normalLogCDF()``, also where the probability underflows.
  public static func normalQuantile(ofLog logProbability: Tensor) -> Tensor {
    evaluate(logProbability, csf_normal_quantile_of_log)
  }

  /// The standard normal's value below which a probability lies, under the condition that it lies between two bounds.
  package static func truncatedNormalQuantile(lower: Tensor, upper: Tensor, _ probability: Tensor) -> Tensor {
    evaluate(lower, upper, probability, csf_truncated_normal_quantile)
  }

  // MARK: Student's t, location 0 and scale 1

  package static func studentTCDF(_ freedom: Tensor, _ x: Tensor) -> Tensor { evaluate(freedom, x, csf_student_t_cdf) }

  package static func studentTLogCDF(_ freedom: Tensor, _ x: Tensor) -> Tensor {
    evaluate(freedom, x, csf_student_t_log_cdf)
  }

  package static func studentTQuantile(_ freedom: Tensor, _ probability: Tensor) -> Tensor {
    evaluate(freedom, probability, csf_student_t_quantile)
  }

  // MARK: Von Mises around 0

  package static func vonMisesCDF(_ concentration: Tensor, _ x: Tensor) -> Tensor {
    evaluate(concentration, x, csf_von_mises_cdf)
  }

  package static func vonMisesLogCDF(_ concentration: Tensor, _ x: Tensor) -> Tensor {
    evaluate(concentration, x, csf_von_mises_log_cdf)
  }

  package static func vonMisesQuantile(_ concentration: Tensor, _ probability: Tensor) -> Tensor {
    evaluate(concentration, probability, csf_von_mises_quantile)
  }

  package static func vonMisesVariance(_ concentration: Tensor) -> Tensor {
    evaluate(concentration, csf_von_mises_variance)
  }

  /// dx/d(concentration) where the cdf at x stays the same.
  package static func vonMisesQuantileSlope(_ concentration: Tensor, _ x: Tensor) -> Tensor {
    evaluate(concentration, x, csf_von_mises_quantile_slope)
  }

  // MARK: Counts: the smallest k with cdf(k) >= probability, and entropies in nats

  package static func poissonQuantile(_ rate: Tensor, _ probability: Tensor) -> Tensor {
    evaluate(rate, probability, csf_poisson_quantile)
  }

  package static func poissonEntropy(_ rate: Tensor) -> Tensor { evaluate(rate, csf_poisson_entropy) }

  package static func binomialQuantile(_ trials: Tensor, _ success: Tensor, _ probability: Tensor) -> Tensor {
    evaluate(trials, success, probability, csf_binomial_quantile)
  }

  package static func binomialEntropy(_ trials: Tensor, _ success: Tensor) -> Tensor {
    evaluate(trials, success, csf_binomial_entropy)
  }

  package static func negativeBinomialQuantile(
    _ successes: Tensor, _ success: Tensor, _ probability: Tensor
  ) -> Tensor {
    evaluate(successes, success, probability, csf_negative_binomial_quantile)
  }

  package static func negativeBinomialEntropy(_ successes: Tensor, _ success: Tensor) -> Tensor {
    evaluate(successes, success, csf_negative_binomial_entropy)
  }
}

// The C functions take one argument for all elements where a tensor has one, and else one for each.

private typealias Results = UnsafeMutablePointer<Double>?

private func evaluate(_ first: Tensor, _ function: (CSFArgument, Results, Int) -> Void) -> Tensor {
  evaluate([first]) { function($0[0], $1, $2) }
}

private func evaluate(
  _ first: Tensor, _ second: Tensor, _ function: (CSFArgument, CSFArgument, Results, Int) -> Void
) -> Tensor {
  evaluate([first, second]) { function($0[0], $0[1], $1, $2) }
}

private func evaluate(
  _ first: Tensor, _ second: Tensor, _ third: Tensor,
  _ function: (CSFArgument, CSFArgument, CSFArgument, Results, Int) -> Void
) -> Tensor {
  evaluate([first, second, third]) { function($0[0], $0[1], $0[2], $1, $2) }
}

private func evaluate(_ tensors: [Tensor], _ body: ([CSFArgument], Results, Int) -> Void) -> Tensor {
  let shape = tensors.dropFirst().reduce(tensors[0].shape) { shape, tensor in
    guard let both = Shape.broadcasting(shape, tensor.shape) else {
      preconditionFailure("SpecialFunctions: expected arguments that broadcast, got \(tensors.map(\.shape))")
    }
    return both
  }
  let dtypes = tensors.map(\.dtype).filter(\.isFloatingPoint)
  let dtype = dtypes.contains(.float64) ? .float64 : dtypes.last ?? .float32
  let device = tensors[tensors.count - 1].device
  let count = shape.elementCount
  if count == 0 { return Tensor.zeros(shape, dtype: dtype, device: device) }
  let sources = tensors.map { tensor in
    let number = tensor.detached().to(.float64, .cpu)
    return (number.elementCount == 1 ? number : number.broadcasted(to: shape)).contiguous()
  }
  let result = Tensor.zeros(shape, dtype: .float64)
  defer { withExtendedLifetime(sources) {} }
  let arguments = sources.map { source in
    CSFArgument(
      values: UnsafePointer(ct_data(source.raw).assumingMemoryBound(to: Double.self)),
      step: source.elementCount == 1 ? 0 : 1)
  }
  body(arguments, ct_data(result.raw).assumingMemoryBound(to: Double.self), count)
  return result.to(dtype, device)
}
