public import NeuralNetworks
public import Probability
public import Torch

/// An order of an image's numbers that makes each square of four pixels one pixel of four times the channels.
///
/// - Shapes: events of `shape.features`, in and out; the code is an image of `shape.squeezed`.
/// - Reference: Dinh, Sohl-Dickstein, Bengio, *Density estimation using Real NVP*, 2017.
///   https://arxiv.org/abs/1605.08803 (section 3.6)
public struct SqueezeLayer: FlowLayer {
  /// The size of the image.
  public let shape: ImageShape

  /// A layer for images of a size.
  ///
  /// - Precondition: height and width are even.
  public init(_ shape: ImageShape) {
    _ = shape.squeezed
    self.shape = shape
  }

  /// The order; it does not depend on the context.
  public func bijection(given context: Tensor?, _ layerContext: LayerContext) -> any Bijection {
    Squeeze(shape: shape)
  }

  /// There is nothing to visit.
  public func visitParameters(_ visitor: inout some ParameterVisitor) {}
}

private struct Squeeze: Bijection {
  let shape: ImageShape

  var domain: Support { .real(eventRank: 1) }
  var codomain: Support { .real(eventRank: 1) }

  func forwardWithLogDet(_ x: Tensor) -> (z: Tensor, logDet: Tensor) { (forward(x), x.zeroPerEvent) }

  func inverseWithLogDet(_ z: Tensor) -> (x: Tensor, logDet: Tensor) { (inverse(z), z.zeroPerEvent) }

  func forward(_ x: Tensor) -> Tensor {
    // [*batch, channels, row, inner row, column, inner column]: the inner ones go behind the channels.
    moved(x, [shape.channels, shape.height / 2, 2, shape.width / 2, 2], to: [0, 2, 4, 1, 3])
  }

  func inverse(_ z: Tensor) -> Tensor {
    moved(z, [shape.channels, 2, 2, shape.height / 2, shape.width / 2], to: [0, 3, 1, 4, 2])
  }

  private func moved(_ x: Tensor, _ sizes: [Int], to order: [Int]) -> Tensor {
    let rank = x.rank - 1
    return x.unflattened(-1, sizes).permuted(Array(0..<rank) + order.map { $0 + rank }).reshaped(x.shape)
  }
}

extension Tensor {
  /// 0 for each event of events `[*batch, features]`.
  var zeroPerEvent: Tensor { .zeros(shape.droppingTrailing(1), dtype: dtype, device: device) }
}
