import Foundation
public import Torch

/// Vectors of length 1 around a mean direction, with density proportional to exp(concentration * mean direction . x).
///
/// The density is with respect to area on the sphere. A concentration of 0 is the uniform distribution.
///
/// - Shapes: meanDirection `[*batch, features]`, concentration `[*batch]`; events `[features]`.
/// - Reference: Mardia and Jupp, *Directional Statistics*, 2000 (section 9.3).
public struct VonMisesFisher: MomentDistribution {
  /// The direction of greatest density, `[*batch, features]`.
  public let meanDirection: Tensor
  /// How close draws are to the mean direction, `[*batch]`: about the inverse of the variance in each direction.
  public let concentration: Tensor
  /// The shape of distributions side by side.
  public let batchShape: Shape
  /// `[features]`.
  public let eventShape: Shape
  private let bessel: ModifiedBessel

  /// Vectors around a mean direction.
  ///
  /// - Precondition: the shapes agree; there are at least two features; mean directions have length 1, up to rounding;
  ///   concentrations are finite and not negative.
  public init(meanDirection: Tensor, concentration: Tensor) {
    precondition(
      meanDirection.rank >= 1 && meanDirection.size(-1) > 1
        && unitSphere(meanDirection.dtype).contains(meanDirection).all(),
      "VonMisesFisher: expected [*batch, features] mean directions of length 1, with two features or more")
    precondition(
      ((concentration .>= 0) .& concentration.isFinite()).all(),
      "VonMisesFisher: expected finite concentrations of 0 or more")
    batchShape = commonBatch("VonMisesFisher", (meanDirection, 1), (concentration, 0))
    eventShape = meanDirection.shape.trailing(1)
    self.meanDirection = meanDirection.broadcasting(batch: batchShape, keeping: 1)
    self.concentration = concentration.broadcasting(batch: batchShape, keeping: 0)
    bessel = ModifiedBessel(order: Double(meanDirection.size(-1)) / 2 - 1)
  }

  /// The unit sphere, up to rounding.
  public var support: Support { unitSphere(meanDirection.dtype) }
  /// The mean direction, where the density is greatest.
  public var mode: Tensor { meanDirection }
  /// The mean direction times ``meanResultantLength``.
  public var mean: Tensor {
    (direction * meanResultantLength.wide.unsqueezed(-1)).to(meanDirection.dtype)
  }
  /// The variance of each coordinate.
  public var variance: Tensor {
    let (along, across) = variances
    let square = direction.squared()
    return (along.unsqueezed(-1) * square + across.unsqueezed(-1) * (1.0 - square)).to(meanDirection.dtype)
  }
  /// The covariance, `[*batch, features, features]`.
  public var covariance: Tensor {
    let (along, across) = variances
    let outer = direction.unsqueezed(-1) * direction.unsqueezed(-2)
    let identity = Tensor.identity(eventShape[0], dtype: .float64, device: outer.device)
    let spread = identity * across.unsqueezed(-1).unsqueezed(-1)
    return (spread + outer * (along - across).unsqueezed(-1).unsqueezed(-1)).to(meanDirection.dtype)
  }

  /// The length of the mean, I_{d/2}(c) / I_{d/2-1}(c) for concentration c and d features, `[*batch]`.
  public var meanResultantLength: Tensor { bessel.ratio(concentration.wide).to(meanDirection.dtype) }

  /// The entropy in nats, `[*batch]`.
  public var entropy: Tensor {
    let c = concentration.wide
    return (logNormalizer + c * shortfall).to(meanDirection.dtype)
  }

  /// The log-density in nats.
  public func logProb(unchecked x: Tensor) -> Tensor {
    // c (mean . x - 1) for vectors of length 1, without cancellation.
    let exponent = concentration.wide * (x.wide - direction).squared().sum(-1) * -0.5
    return support.restricting(exponent - logNormalizer, at: x).to(resultType(x, meanDirection.dtype))
  }

  /// The mean direction in 64 bits, of length 1.
  private var direction: Tensor {
    meanDirection.wide / meanDirection.wide.norm(-1, keepingDimensions: true)
  }

  /// The logarithm of the integral of exp(c (mean . x - 1)) over the sphere.
  private var logNormalizer: Tensor { bessel.scaledLogarithm(concentration.wide) + logSphereArea(eventShape[0]) }

  /// Beyond this concentration, moments come from their expansions in its inverse.
  private var isExtreme: Tensor { concentration.wide .> 1000 * (1 + bessel.order) }

  /// One minus the mean resultant length.
  private var shortfall: Tensor {
    let inverse = concentration.wide.clamped(from: 1).reciprocal()
    let u = (4 * bessel.order * bessel.order - 1) / 8
    // From the logarithmic derivative of Hankel's expansion (10.40.1 of the NIST Handbook).
    let expansion = inverse * (bessel.order + 0.5) - inverse.squared() * u - inverse.pow(3) * u
    return select(isExtreme, expansion, 1.0 - bessel.ratio(concentration.wide))
  }

  /// The variances along and across the mean direction.
  private var variances: (along: Tensor, across: Tensor) {
    let c = concentration.wide.clamped(from: 1e-300)
    let (length, degrees) = (bessel.ratio(c), Double(eventShape[0] - 1))
    // length / c, which is 1/d at 0.
    let share = select(c .< 1e-8, 1 / Double(eventShape[0]), length / c)
    let inverse = c.clamped(from: 1).reciprocal()
    let u = (4 * bessel.order * bessel.order - 1) / 8
    let expansion = inverse.squared() * (bessel.order + 0.5) - inverse.pow(3) * (2 * u) - inverse.pow(4) * (3 * u)
    return (select(isExtreme, expansion, 1.0 - length.squared() - share * degrees), share)
  }
}

extension VonMisesFisher {
  /// Draws by rejection from a rational envelope, which accepts about two of three.
  ///
  /// - Reference: Wood, *Simulation of the von Mises Fisher distribution*, 1994.
  public func sample(_ sampleShape: Shape, using rng: inout RandomGenerator) -> Tensor {
    withoutGradient {
      let shape = sampleShape + batchShape
      let c = concentration.wide.broadcasted(to: shape).flattened()
      let fall = heightsBelowPole(c, using: &rng).reshaped(shape).unsqueezed(-1)
      let noise = Tensor.normal(shape + eventShape, dtype: .float64, device: c.device, using: &rng)
      let tangent = noise - (noise * direction).sum(-1, keepingDimensions: true) * direction
      let across = tangent / tangent.norm(-1, keepingDimensions: true)
      return (direction * (1.0 - fall) + across * (fall * (2.0 - fall)).squareRoot()).to(meanDirection.dtype)
    }
  }

  /// 1 - mean . x for draws x, one for each concentration of a vector.
  private func heightsBelowPole(_ c: Tensor, using rng: inout RandomGenerator) -> Tensor {
    let degrees = Double(eventShape[0] - 1)
    var result = Tensor.zeros(like: c)
    var pending = Tensor.range(c.elementCount, device: c.device)
    while pending.elementCount > 0 {
      let kappa = c.selecting(pending)
      // b, x0 and w of the paper, by their distances from 1, which are exact for large concentrations.
      let b = degrees / (kappa * 2.0 + (kappa.squared() * 4.0 + degrees * degrees).squareRoot())
      let edge = b * 2.0 / (b + 1.0)
      let half = Tensor.full([2] + kappa.shape, degrees / 2, dtype: .float64, device: c.device)
      let gammas = Tensor.standardGamma(half, using: &rng)
      let z = gammas[0] / gammas.sum(0)
      let fall = b * z * 2.0 / (1.0 - (1.0 - b) * z)
      let ratio = (edge + (1.0 - edge) * fall) / (edge * (2.0 - edge))
      let uniform = Tensor.uniform(kappa.shape, dtype: .float64, device: c.device, using: &rng)
      let isAccepted = kappa * (edge - fall) + ratio.log() * degrees .>= (-uniform).logOnePlus()
      result = result.addingAt(pending.selecting(where: isAccepted), 0, fall.selecting(where: isAccepted))
      pending = pending.selecting(where: .!isAccepted)
    }
    return result
  }
}
