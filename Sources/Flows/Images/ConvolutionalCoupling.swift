public import NeuralNetworks
public import Probability
public import Torch

/// A coupling of images whose moved numbers are shifted and scaled, log-scales within a range that is learned.
///
/// - Complexity: one pass of a convolutional network in each direction.
/// - Reference: Dinh, Sohl-Dickstein, Bengio, *Density estimation using Real NVP*, 2017.
///   https://arxiv.org/abs/1605.08803 (sections 3.4 and 4.1)
public struct ConvolutionalCoupling: FlowLayer {
  /// The numbers that a coupling keeps.
  public enum Kept: Hashable, Sendable {
    /// The first channels, so many of them.
    case channels(Int)
    /// Every other pixel, as of one colour of a chessboard: those whose row and column sum to an even number, or the others.
    case checkerboard(even: Bool)
  }

  /// The size of the image.
  public let shape: ImageShape
  /// What stays.
  public let kept: Kept
  /// The bound of the log-scale of each moved channel; starts at 1.
  public let range: Parameter
  private let conditioner: ConvolutionalConditioner

  /// A coupling of images of a size; it starts as the identity.
  ///
  /// - Parameters:
  ///   - shape: the size of the image.
  ///   - kept: what stays; of channels fewer than there are.
  ///   - contextFeatures: the size of the context; may be 0.
  ///   - hiddenChannels: the channels of the network's two hidden images; nil for a network without.
  ///   - activation: the network's nonlinearity.
  ///   - rng: the source of random weights.
  public init(
    _ shape: ImageShape, keeping kept: Kept, contextFeatures: Int = 0, hiddenChannels: Int?,
    activation: Activation = .relu, using rng: inout RandomGenerator
  ) {
    self.shape = shape
    self.kept = kept
    let (input, moved) = kept.channels(of: shape)
    precondition(input > 0 && moved > 0, "ConvolutionalCoupling: expected to keep some of \(shape), got \(kept)")
    range = Parameter(.ones([moved, 1, 1]))
    conditioner = ConvolutionalConditioner(
      inputChannels: input, contextFeatures: contextFeatures, hiddenChannels: hiddenChannels, outputChannels: 2 * moved,
      activation: activation, using: &rng)
  }

  /// The coupling for contexts.
  public func bijection(given context: Tensor?, _ layerContext: LayerContext) -> any Bijection {
    switch kept {
    case .channels(let count):
      let input = shape.with(channels: count)
      return Coupling(features: shape.features, kept: input.features) { condition in
        let (shift, logScale) = parameters(input.image(condition), given: context, layerContext)
        return BoundedAffine(shift: shift.flatImage(), logScale: logScale.flatImage())
      }
    case .checkerboard(let even):
      let isKept = shape.checkerboard(even: even, like: range.value)
      return MaskedCoupling(isKept: isKept) { condition in
        let (shift, logScale) = parameters(shape.image(condition), given: context, layerContext)
        return (shift.flatImage(), logScale.flatImage())
      }
    }
  }

  private func parameters(
    _ image: Tensor, given context: Tensor?, _ layerContext: LayerContext
  ) -> (shift: Tensor, logScale: Tensor) {
    let parts = conditioner(image, given: context, layerContext).chunks(2, -3)
    return (parts[0], parts[1].tanh() * range.value)
  }

  /// Visits `range`, then the conditioner.
  public func visitParameters(_ visitor: inout some ParameterVisitor) {
    visitor.visit(range, named: "range")
    visitor.visit(conditioner, named: "conditioner")
  }

  /// The number of elements of all parameters of a coupling that keeps half of the channels, or of the pixels.
  static func weightCount(
    channels: Double, keepingChannels kept: Double?, contextFeatures: Double, hiddenChannels: Double?
  ) -> Double {
    let moved = kept.map { channels - $0 } ?? channels
    return moved
      + ConvolutionalConditioner.weightCount(
        inputChannels: kept ?? channels, contextFeatures: contextFeatures, hiddenChannels: hiddenChannels,
        outputChannels: 2 * moved)
  }
}

extension ConvolutionalCoupling.Kept {
  /// The channels that the network sees, and those that it moves.
  fileprivate func channels(of shape: ImageShape) -> (input: Int, moved: Int) {
    switch self {
    case .channels(let count): (count, shape.channels - count)
    case .checkerboard: (shape.channels, shape.channels)
    }
  }
}

extension ImageShape {
  /// 1 at the kept pixels of a checkerboard, 0 at the others, `[features]`.
  fileprivate func checkerboard(even: Bool, like other: Tensor) -> Tensor {
    let (rows, columns) = (Tensor.range(height).unsqueezed(-1), Tensor.range(width))
    let parity = (rows + columns).remainder(2)
    let isKept = (parity .== (even ? 0 : 1)).broadcasted(to: [channels, height, width])
    return isKept.flatImage().to(other.dtype, other.device)
  }
}

/// A coupling whose kept features are anywhere: the conditioner sees them in their places, with 0 in the others.
private struct MaskedCoupling: Bijection {
  /// 1 for kept features, 0 for the others, `[features]`.
  let isKept: Tensor
  /// Shift and log-scale of all features, of which those of kept ones do not count.
  let conditioner: (Tensor) -> (shift: Tensor, logScale: Tensor)

  var domain: Support { .real(eventRank: 1) }
  var codomain: Support { .real(eventRank: 1) }

  func forwardWithLogDet(_ x: Tensor) -> (z: Tensor, logDet: Tensor) {
    let (z, logDet) = map(x).forwardWithLogDet(x)
    return (z, logDet.sum(-1))
  }

  func inverseWithLogDet(_ z: Tensor) -> (x: Tensor, logDet: Tensor) {
    let (x, logDet) = map(z).inverseWithLogDet(z)
    return (x, logDet.sum(-1))
  }

  func forward(_ x: Tensor) -> Tensor { map(x).forward(x) }

  func inverse(_ z: Tensor) -> Tensor { map(z).inverse(z) }

  private func map(_ x: Tensor) -> BoundedAffine {
    let (shift, logScale) = conditioner(x * isKept)
    let isMoved = 1 - isKept
    return BoundedAffine(shift: shift * isMoved, logScale: logScale * isMoved)
  }
}
