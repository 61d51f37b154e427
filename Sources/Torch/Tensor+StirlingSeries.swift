import Foundation

// Differences of log-gamma functions that lose all digits when they are taken as differences. Each is a sum of few terms
// for large arguments and the difference itself for small ones, so that automatic differentiation goes through.
//
// Reference: NIST Digital Library of Mathematical Functions, 5.11.1 and 5.11.2; C. Loader, *Fast and accurate computation
// of binomial probabilities*, 2000.

extension Tensor {
  /// log Gamma(x) - ((x - 1/2) log x - x + log(2 pi) / 2), for x > 0.
  package func stirlingRemainder() -> Tensor {
    byParts { x in
      Tensor.evenSeries(
        [
          1 / 12, -1 / 360, 1 / 1260, -1 / 1680, 1 / 1188, -691 / 360_360, 1 / 156, -3617 / 122_400, 43867 / 244_188,
        ], x) / x
    } small: { x in
      x.logGamma() - (x - 0.5) * x.log() + x - 0.5 * Foundation.log(2 * Double.pi)
    }
  }

  /// log x - digamma(x), for x > 0.
  package func logMinusDigamma() -> Tensor {
    byParts { x in
      let square = Tensor.evenSeries(
        [1 / 12, -1 / 120, 1 / 252, -1 / 240, 1 / 132, -691 / 32760, 1 / 12, -3617 / 8160], x)
      return (0.5 + square / x) / x
    } small: { x in
      x.log() - x.digamma()
    }
  }

  /// log Gamma(x + 1/2) - log Gamma(x) - log(x) / 2, for x > 0.
  package func logGammaHalfStep() -> Tensor {
    byParts { x in
      Tensor.evenSeries(halfStepCoefficients, x) / x
    } small: { x in
      (x + 0.5).logGamma() - x.logGamma() - 0.5 * x.log()
    }
  }

  /// digamma(x + 1/2) - digamma(x), for x > 0.
  package func digammaHalfStep() -> Tensor {
    byParts { x in
      let slopes = halfStepCoefficients.enumerated().map { -Double(2 * $0.offset + 1) * $0.element }
      return (0.5 + Tensor.evenSeries(slopes, x) / x) / x
    } small: { x in
      (x + 0.5).digamma() - x.digamma()
    }
  }

  /// t - log(1 + t), of relative accuracy also near 0, where it is t^2 / 2; `sum` is 1 + t where that is known better than
  /// t gives it, near t = -1.
  package func minusLogOnePlus(sum onePlus: Tensor? = nil) -> Tensor {
    let isNear = absolute() .<= 0.25
    let t = select(isNear, self, 0.0)
    // log(1 + t) = 2 (r + r^3/3 + r^5/5 + ...) for r = t / (2 + t), and t - 2 r = r t.
    let r = t / (t + 2.0)
    let square = r.squared()
    let sum = square.polynomial((0...9).map { 1 / Double(2 * $0 + 3) })
    let far = self - select(isNear, 1.0, onePlus ?? self + 1.0).log()
    return select(isNear, r * (t - square * sum * 2.0), far)
  }

  /// The first function where elements are at least 10, the second below; neither meets arguments of the other.
  private func byParts(large: (Tensor) -> Tensor, small: (Tensor) -> Tensor) -> Tensor {
    let isLarge = self .>= 10
    return select(isLarge, large(select(isLarge, self, 10.0)), small(select(isLarge, 1.0, self)))
  }

  /// c0 + c1 / x^2 + c2 / x^4 + ...
  private static func evenSeries(_ coefficients: [Double], _ x: Tensor) -> Tensor {
    x.squared().reciprocal().polynomial(coefficients)
  }

  /// c0 + c1 x + c2 x^2 + ..., by Horner's rule.
  package func polynomial(_ coefficients: [Double]) -> Tensor {
    guard let last = coefficients.last else { return Tensor.zeros(like: self) }
    let start = Tensor.full([], last, dtype: dtype, device: device)
    return coefficients.dropLast().reversed().reduce(start) { sum, coefficient in sum * self + coefficient }
  }
}

/// Of Gamma(x + 1/2) / Gamma(x) = sqrt(x) exp(c0 / x + c1 / x^3 + ...).
private let halfStepCoefficients: [Double] = [
  -1 / 8, 1 / 192, -1 / 640, 17 / 14336, -31 / 18432, 691 / 180_224, -5461 / 425_984, 929_569 / 15_728_640,
]
