import Foundation
public import Torch

/// Positive vectors of sum 1 of the Dirichlet distribution: the conjugate prior of class probabilities.
///
/// The density is with respect to all coordinates but the last. On the boundary it is its limit: minus infinity (in
/// logarithms) where a coordinate with a concentration above 1 is 0, else infinity where one with a concentration below
/// 1 is 0, else finite.
///
/// - Shapes: concentration `[*batch, classes]`; events `[classes]`.
public struct Dirichlet: ReparameterizedDistribution, MomentDistribution {
  /// The concentrations, `[*batch, classes]`.
  public let concentration: Tensor

  /// Vectors of sum 1.
  ///
  /// - Precondition: there is a class, and concentrations are positive and finite.
  public init(concentration: Tensor) {
    checkConcentration("Dirichlet", concentration)
    self.concentration = concentration
  }

  /// The shape of distributions side by side.
  public var batchShape: Shape { concentration.shape.droppingTrailing(1) }
  /// `[classes]`.
  public var eventShape: Shape { concentration.shape.trailing(1) }

  /// The simplex with its boundary; a sum of 1 up to rounding.
  public var support: Support {
    .joint(eventRank: 1) { x in
      let isOne = (x.wide.sum(-1) - 1.0).absolute() .<= roundingTolerance(x, concentration.dtype)
      return (x .>= 0).all(-1) .& isOne
    }
  }

  /// The concentrations over their sum.
  public var mean: Tensor { share.to(concentration.dtype) }
  /// The variance of each coordinate.
  public var variance: Tensor { (share * (1.0 - share) / (total + 1.0)).to(concentration.dtype) }
  /// The covariance, `[*batch, classes, classes]`.
  public var covariance: Tensor {
    (shareCovariance(share) / (total + 1.0).unsqueezed(-1)).to(concentration.dtype)
  }
  /// (concentration - 1) / (total - classes) where all concentrations are above 1, NaN elsewhere.
  public var mode: Tensor {
    let isInside = (concentration .> 1).all(-1, keepingDimensions: true)
    let mode = (concentration.wide - 1.0) / (total - Double(eventShape[0]))
    return select(.!isInside, Double.nan, mode).to(concentration.dtype)
  }

  /// The entropy in nats, `[*batch]`.
  public var entropy: Tensor {
    let a = concentration.wide
    let digammas = (a - 1.0) * (a.digamma() - total.digamma())
    return (-logNormalizer - digammas.sum(-1)).to(concentration.dtype)
  }

  /// The log-density in nats.
  public func logProb(unchecked x: Tensor) -> Tensor {
    let power = concentration.wide - 1.0
    // A 0 where the density vanishes decides, also beside one where it has a pole.
    let vanishes = ((x .== 0) .& (power .> 0)).any(-1)
    let sum = select(vanishes, -Double.infinity, power.xLogY(x.wide).sum(-1))
    return support.restricting(sum + logNormalizer, at: x).to(resultType(x, concentration.dtype))
  }

  /// Gamma draws over their sum.
  public func reparameterizedSample(_ sampleShape: Shape, using rng: inout RandomGenerator) -> Tensor {
    dirichletDraws(concentration.wide.broadcasted(to: sampleShape + concentration.shape), using: &rng)
      .to(concentration.dtype)
  }

  private var total: Tensor { concentration.wide.sum(-1, keepingDimensions: true) }
  private var share: Tensor { concentration.wide / total }
  private var logNormalizer: Tensor {
    concentration.wide.sum(-1).logGamma() - concentration.wide.logGamma().sum(-1)
  }
}

/// Gamma draws over their sum, for 64-bit concentrations.
///
/// Draws of small concentrations underflow, and would end in 0 / 0. They are taken as logarithms.
func dirichletDraws(_ concentration: Tensor, using rng: inout RandomGenerator) -> Tensor {
  // Underflow has a probability below 1e-30 from 0.1 on.
  if !(concentration .< 0.1).any() {
    let gammas = standardGamma(concentration.contiguous(), using: &rng)
    return gammas / gammas.sum(-1, keepingDimensions: true)
  }
  return logStandardGamma(concentration, using: &rng).softmax(-1)
}

/// diagonal(p) - p transpose(p) for shares p in the last dimension.
func shareCovariance(_ share: Tensor) -> Tensor {
  share.diagonalMatrix() - share.unsqueezed(-1) * share.unsqueezed(-2)
}

/// Stops unless there is a class and concentrations are positive and finite.
func checkConcentration(_ name: String, _ concentration: Tensor) {
  precondition(
    concentration.rank >= 1 && concentration.size(-1) > 0 && concentration.dtype.isFloatingPoint
      && ((concentration .> 0) .& concentration.isFinite()).all(),
    "\(name): expected [*batch, classes] positive, finite concentrations, got shape \(concentration.shape), "
      + "\(concentration.dtype)")
}
