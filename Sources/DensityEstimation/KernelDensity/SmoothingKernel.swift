import Foundation
import Torch

/// The shape of the bump that a kernel density puts at each row, as a function of the distance in bandwidths.
///
/// All but ``gaussian`` and ``exponential`` are 0 beyond one bandwidth. In a settings file: the name.
public enum SmoothingKernel: String, Codable, Hashable, Sendable, CaseIterable {
  /// exp(-u^2 / 2).
  case gaussian
  /// exp(-u).
  case exponential
  /// 1 up to 1.
  case uniform
  /// 1 - u.
  case triangular
  /// 1 - u^2.
  case epanechnikov
  /// (1 - u^2)^2.
  case biweight
  /// (1 - u^2)^3.
  case triweight
  /// cos(pi u / 2).
  case cosine
}

/// How a kernel of one number becomes a kernel of a row. The two are the same for the Gaussian.
public enum KernelForm: String, Codable, Hashable, Sendable, CaseIterable {
  /// A function of the distance |u|: all directions alike.
  case radial
  /// The product of the kernels of the features: independent features.
  case product
}

extension SmoothingKernel {
  /// The kernel as the vectorized sums know it.
  var profile: KernelProfile {
    switch self {
    case .gaussian: .gaussian
    case .exponential: .exponential
    case .uniform: .uniform
    case .triangular: .triangular
    case .epanechnikov: .epanechnikov
    case .biweight: .biweight
    case .triweight: .triweight
    case .cosine: .cosine
    }
  }

  /// Whether the kernel is 0 beyond one bandwidth.
  public var isCompact: Bool { self != .gaussian && self != .exponential }

  /// The number of bandwidths beyond which less than 1e-17 of the kernel lies in each direction.
  var reach: Double {
    switch self {
    case .gaussian: 9
    case .exponential: 40
    default: 1
    }
  }

  /// The number of bandwidths beyond which the kernel's distribution function is 0.
  var tailReach: Double {
    switch self {
    case .gaussian: 38.5
    case .exponential: 746
    default: 1
    }
  }

  /// The logarithm of the integral of the kernel over all `u` in so many dimensions.
  func logMass(_ form: KernelForm, features: Int) -> Double {
    logIntegral(power: 1, form, features: features)
  }

  /// The variance of each element of a draw from the kernel, in squared bandwidths.
  func variance(_ form: KernelForm, features: Int) -> Double {
    // By symmetry each element has its part of the mean of |u|^2.
    let dimension = form == .product ? 1 : features
    return logMoment(power: 1, order: dimension + 1).exponential
      / (logMoment(power: 1, order: dimension - 1).exponential * Double(dimension))
  }

  /// The bandwidth, relative to that of other kernels, with which a density of this kernel is as smooth: (R / s^4)^(1 / (D + 4))
  /// with R the integral of the squared density and s^2 the variance.
  ///
  /// - Reference: Marron, Nolan, *Canonical kernels for density estimation*, 1988, equation 2.2.
  func canonicalBandwidth(_ form: KernelForm, features: Int) -> Double {
    let logRoughness =
      logIntegral(power: 2, form, features: features) - 2 * logMass(form, features: features)
    return exp((logRoughness - 2 * log(variance(form, features: features))) / Double(features + 4))
  }

  private func logIntegral(power: Int, _ form: KernelForm, features: Int) -> Double {
    if form == .product { return Double(features) * (log(2) + logMoment(power: power, order: 0)) }
    // The area of the unit sphere times the integral over the distance.
    let half = Double(features) / 2
    return log(2) + half * log(.pi) - lgamma(half) + logMoment(power: power, order: features - 1)
  }

  /// The logarithm of the integral of kernel^power r^order over r from 0 on.
  private func logMoment(power: Int, order: Int) -> Double {
    let (p, m) = (Double(order), Double(power))
    switch self {
    case .gaussian: return lgamma((p + 1) / 2) - log(2) + (p + 1) / 2 * log(2 / m)
    case .exponential: return lgamma(p + 1) - (p + 1) * log(m)
    case .uniform: return -log(p + 1)
    case .triangular: return logBeta(p + 1, m + 1)
    case .epanechnikov: return logBeta((p + 1) / 2, m + 1) - log(2)
    case .biweight: return logBeta((p + 1) / 2, 2 * m + 1) - log(2)
    case .triweight: return logBeta((p + 1) / 2, 3 * m + 1) - log(2)
    case .cosine:
      // cos^2(pi r / 2) = (1 + cos(pi r)) / 2.
      return power == 1
        ? log(cosineMoment(.pi / 2, order: order)) : log((1 / (p + 1) + cosineMoment(.pi, order: order)) / 2)
    }
  }

  /// The integral of cos(a r) r^order over [0, 1], by its alternating series.
  private func cosineMoment(_ a: Double, order: Int) -> Double {
    var (sum, term) = (0.0, 1.0)
    for k in 0..<20 {
      sum += term / Double(order + 2 * k + 1)
      term *= -a * a / Double((2 * k + 1) * (2 * k + 2))
    }
    return sum
  }

  private func logBeta(_ a: Double, _ b: Double) -> Double { lgamma(a) + lgamma(b) - lgamma(a + b) }
}

extension Double {
  fileprivate var exponential: Double { exp(self) }
}

// MARK: Draws

extension SmoothingKernel {
  /// Independent draws from the kernel, `[count, features]`, 64-bit, in bandwidths.
  func sample(_ count: Int, _ form: KernelForm, features: Int, using rng: inout RandomGenerator) -> Tensor {
    if self == .gaussian { return Tensor.normal([count, features], dtype: .float64, using: &rng) }
    if form == .product || features == 1 {
      let lengths = distances([count, features], dimension: 1, using: &rng)
      return lengths * (Tensor.integers(in: 0..<2, [count, features], using: &rng) * 2 - 1).to(.float64)
    }
    let direction = Tensor.normal([count, features], dtype: .float64, using: &rng)
    let lengths = distances([count], dimension: features, using: &rng).unsqueezed(-1)
    return direction * (lengths / direction.norm(-1, keepingDimensions: true))
  }

  /// Distances with density proportional to kernel(r) r^(dimension - 1).
  private func distances(_ shape: Shape, dimension: Int, using rng: inout RandomGenerator) -> Tensor {
    let d = Double(dimension)
    switch self {
    case .gaussian: return Tensor.normal(shape + [dimension], dtype: .float64, using: &rng).norm(-1)
    case .exponential:
      let uniform = 1 - Tensor.uniform(shape + [dimension], dtype: .float64, using: &rng)
      return -uniform.log().sum(-1)
    case .uniform: return beta(d, 1, shape, using: &rng)
    case .triangular: return beta(d, 2, shape, using: &rng)
    case .epanechnikov: return beta(d / 2, 2, shape, using: &rng).squareRoot()
    case .biweight: return beta(d / 2, 3, shape, using: &rng).squareRoot()
    case .triweight: return beta(d / 2, 4, shape, using: &rng).squareRoot()
    case .cosine: return cosineDistances(shape, dimension: d, using: &rng)
    }
  }

  /// Draws from Beta(a, n), n a whole number: the product of u_k^(1 / (a + k)) over k < n.
  private func beta(_ a: Double, _ n: Int, _ shape: Shape, using rng: inout RandomGenerator) -> Tensor {
    let uniform = 1 - Tensor.uniform(shape + [n], dtype: .float64, using: &rng)
    let exponents = Tensor((0..<n).map { 1 / (a + Double($0)) })
    return (uniform.log() * exponents).sum(-1).exp()
  }

  /// Draws by rejection from those of the Epanechnikov kernel: cos(pi r / 2) lies between pi / 4 (1 - r^2) and 1 - r^2.
  private func cosineDistances(_ shape: Shape, dimension: Double, using rng: inout RandomGenerator) -> Tensor {
    let count = shape.elementCount
    var accepted: [Tensor] = []
    var missing = count
    while missing > 0 {
      let proposed = SmoothingKernel.epanechnikov.beta(dimension / 2, 2, [missing * 3 / 2 + 16], using: &rng)
        .squareRoot()
      let level = Tensor.uniform(proposed.shape, dtype: .float64, using: &rng) * (1 - proposed.squared())
      let kept = proposed.selecting(where: level .<= (proposed * (Double.pi / 2)).cos())
      accepted.append(kept.narrowed(0, from: 0, length: min(missing, kept.size(0))))
      missing -= min(missing, kept.size(0))
    }
    return (accepted.isEmpty ? Tensor.zeros([0], dtype: .float64) : Tensor.concatenating(accepted)).reshaped(shape)
  }
}
