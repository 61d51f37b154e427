import Foundation
package import Torch

/// The modified Bessel function of the first kind, I_v(x), of real order and non-negative argument, in 64 bits.
///
/// It overflows beyond x = 700 and underflows for large orders, so it is known through
///
///     scaledLogarithm(x) = log(Gamma(v + 1) (2/x)^v I_v(x)) - x
///
/// which is smooth, 0 at x = 0 and close to -x for large orders. Where v^2 + x^2 < 900 it comes from the power series
/// (all terms positive), elsewhere from Debye's uniform expansion, which holds for large orders and arguments alike.
/// Both are accurate to about 1e-14 and give gradients.
///
/// - Reference: Olver et al., *NIST Handbook of Mathematical Functions*, 2010. https://dlmf.nist.gov (10.25.2, 10.41.3)
package struct ModifiedBessel {
  /// The order v, at least -1/2.
  package let order: Double

  /// The function of an order.
  package init(order: Double) {
    precondition(order >= -0.5 && order.isFinite, "ModifiedBessel: expected an order of -1/2 or more, got \(order)")
    self.order = order
  }

  /// log I_v(x) - x, minus infinity at 0 unless the order is 0.
  package func logScaled(_ x: Tensor) -> Tensor {
    let power = Tensor.full(x.shape, order, dtype: .float64, device: x.device).xLogY(x * 0.5)
    return scaledLogarithm(x) + power - lgamma(order + 1)
  }

  /// log(Gamma(v + 1) (2/x)^v I_v(x)) - x.
  package func scaledLogarithm(_ x: Tensor) -> Tensor {
    let isLarge = x.squared() + order * order .>= 900
    let small = seriesLogarithm(select(isLarge, 1.0, x))
    let large = expansionLogarithm(select(isLarge, x, 1000.0))
    return select(isLarge, large, small)
  }

  /// I_{v+1}(x) / I_v(x), which rises from 0 to 1.
  package func ratio(_ x: Tensor) -> Tensor {
    let next = ModifiedBessel(order: order + 1).scaledLogarithm(x)
    return x * (next - scaledLogarithm(x)).exp() / (2 * (order + 1))
  }

  /// log(sum of (x^2/4)^k / (k! (v+1)...(v+k))) - x; 48 terms are enough for x below 30.
  private func seriesLogarithm(_ x: Tensor) -> Tensor {
    let y = x.squared() * 0.25
    let sum = (1...48).reversed().reduce(Tensor.ones(like: y)) { sum, k in
      sum * y * (1 / (Double(k) * (order + Double(k)))) + 1.0
    }
    return sum.log() - x
  }

  /// Debye's expansion in 1/r with r = sqrt(v^2 + x^2), with the powers of v taken together so that v may be 0.
  private func expansionLogarithm(_ x: Tensor) -> Tensor {
    let r = (x.squared() + order * order).squareRoot()
    let inverse = r.reciprocal()
    let t = (inverse * order).squared()
    let sum = Self.polynomials.reversed().reduce(Tensor.zeros(like: x)) { sum, polynomial in
      let value = polynomial.reversed().reduce(Tensor.zeros(like: x)) { $0 * t + $1 }
      return sum * inverse + value
    }
    let exponent = order * order / (r + x) - (r * (2 * Double.pi)).log() * 0.5
    // log(2 / (v + r)) meets log Gamma(v + 1), which is as large: Stirling's series takes the difference.
    let prefix = (((r + order) / (2 * max(order, 1))).log()) * -order + logGammaOverPower
    return exponent + prefix + sum.log()
  }

  /// log Gamma(v + 1) - v log(v), with 1 in place of orders below 1.
  private var logGammaOverPower: Double {
    guard order >= 32 else { return lgamma(order + 1) - (order > 1 ? order * Foundation.log(order) : 0) }
    let square = 1 / (order * order)
    let remainder = (1.0 / 12 - square * (1.0 / 360 - square * (1.0 / 1260 - square / 1680))) / order
    return 0.5 * Foundation.log(2 * Double.pi * order) - order + remainder
  }

  /// The coefficients of u_k(t) / t^k in powers of t^2 (10.41.9), for k up to 12.
  private static let polynomials: [[Double]] = {
    var rows = [[1.0]]
    for k in 0..<12 {
      var next = [Double](repeating: 0, count: k + 2)
      for (j, coefficient) in rows[k].enumerated() {
        let m = Double(k + 2 * j)
        next[j] += coefficient * (m / 2 + 1 / (8 * (m + 1)))
        next[j + 1] -= coefficient * (m / 2 + 5 / (8 * (m + 3)))
      }
      rows.append(next)
    }
    return rows
  }()
}
