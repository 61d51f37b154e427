import Foundation
public import Torch

/// The normal distribution with mean 0 and covariance 1: the usual distribution of codes.
public struct StandardNormal: ReparameterizedDistribution, MomentDistribution, EntropyDistribution {
  /// The shape of distributions side by side; all are the same.
  public let batchShape: Shape
  /// The shape of one draw.
  public let eventShape: Shape
  private let dtype: DType
  private let device: Device

  /// Standard normal events of a shape.
  public init(_ eventShape: Shape, batchShape: Shape = [], dtype: DType = .float32, device: Device = .cpu) {
    self.eventShape = eventShape
    self.batchShape = batchShape
    self.dtype = dtype
    self.device = device
  }

  /// All real events.
  public var support: Support { .real(eventRank: eventShape.rank) }
  /// Zeros.
  public var mean: Tensor { Tensor.zeros(batchShape + eventShape, dtype: dtype, device: device) }
  /// Ones.
  public var variance: Tensor { Tensor.ones(batchShape + eventShape, dtype: dtype, device: device) }

  /// The entropy in nats, the same for the whole batch.
  public var entropy: Tensor {
    let value = 0.5 * Double(eventShape.elementCount) * (1 + Foundation.log(2 * Double.pi))
    return Tensor.full(batchShape, value, dtype: dtype, device: device)
  }

  /// The log-density in nats: -|x|^2/2 - (D/2) log(2 pi).
  public func logProb(unchecked x: Tensor) -> Tensor {
    let constant = -0.5 * Double(eventShape.elementCount) * Foundation.log(2 * Double.pi)
    let logProb = x.squared().sumTrailing(eventShape.rank) * -0.5 + constant
    guard let shape = Shape.broadcasting(logProb.shape, batchShape), shape != logProb.shape else { return logProb }
    return logProb.broadcasted(to: shape)
  }

  /// Independent standard normal numbers.
  public func reparameterizedSample(_ sampleShape: Shape, using rng: inout RandomGenerator) -> Tensor {
    Tensor.normal(sampleShape + batchShape + eventShape, dtype: dtype, device: device, using: &rng)
  }
}
