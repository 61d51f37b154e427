import Foundation
public import NeuralNetworks
import Probability
public import Torch

/// Noise for discrete images that is learned together with their density: a flow q(u | x) of the noise u in [0, 1) of each
/// pixel, given the image x.
///
///     let (noise, logProb) = dequantization.noise(for: x, using: &rng)
///     let bound = flow.distribution.logProb(x + noise) - logProb          // at most log P(x), in the mean
///
/// Uniform noise asks a density to be flat within each cell; this noise goes where the density likes it, so that the bound on
/// the probability of discrete images is tighter. A new one is uniform noise.
///
/// - Complexity: one pass of each coupling's network for noise with its density.
/// - Reference: Ho, Chen, Srinivas, Duan, Abbeel, *Flow++: Improving Flow-Based Generative Models with Variational
///   Dequantization and Architecture Design*, 2019. https://arxiv.org/abs/1902.00275 (section 3.1)
///   // Differs from Flow++: the normal distribution function, not the logistic one, brings noise into [0, 1), so that
///   // couplings that are the identity give uniform noise; couplings are those of Glow.
public struct VariationalDequantization: Module {
  /// The size of an image; height and width are even.
  public let shape: ImageShape
  /// The number of values of a pixel, which are the integers from 0 on.
  public let levels: Int
  /// Maps of the image and the noise side by side, which keep the image.
  private let layers: [any FlowLayer]

  /// Noise that is uniform at first.
  ///
  /// - Parameters:
  ///   - shape: the size of an image; height and width are even.
  ///   - levels: the number of values of a pixel, at least 2.
  ///   - steps: the number of couplings.
  ///   - hiddenChannels: the channels of the two hidden images of each network.
  ///   - rng: the source of random weights.
  public init(
    _ shape: ImageShape, levels: Int, steps: Int = 4, hiddenChannels: Int = 32, using rng: inout RandomGenerator
  ) {
    precondition(levels > 1 && steps > 0, "VariationalDequantization: expected at least 2 levels and 1 step")
    self.shape = shape
    self.levels = levels
    let both = shape.with(channels: 2 * shape.channels)
    let (squeezed, own) = (both.squeezed, 4 * shape.channels)
    var orders = BalancedOrders(features: own, keeping: own / 2)
    var layers: [any FlowLayer] = [SqueezeLayer(both)]
    for index in 0..<steps {
      if index > 0 {
        let order = Array(0..<own) + orders.next(using: &rng).map { own + $0 }
        layers.append(PixelwiseLayers(squeezed, [PermutationLayer(order: order)]))
      }
      layers.append(
        ConvolutionalCoupling(
          squeezed, keeping: .channels(own + own / 2), hiddenChannels: hiddenChannels, using: &rng))
    }
    self.layers = layers + [InverseLayer(SqueezeLayer(both))]
  }

  /// Noise for images, and its log-density, through which gradients flow to the parameters.
  ///
  /// - Parameters:
  ///   - x: `[*batch, features]`, integers from 0 to `levels - 1`.
  ///   - layerContext: whether layers train.
  ///   - rng: the source of noise.
  /// - Returns: noise in [0, 1], `[*batch, features]`, and log q(noise | x), `[*batch]`.
  public func noise(
    for x: Tensor, _ layerContext: LayerContext = .inference, using rng: inout RandomGenerator
  ) -> (noise: Tensor, logProb: Tensor) {
    let normal = StandardNormal([shape.features], dtype: x.dtype, device: x.device)
    let code = normal.sample(x.shape.droppingTrailing(1), using: &rng)
    let (value, logDet) = map(layerContext).inverseWithLogDet(beside(x, code))
    let score = value.narrowed(-1, from: shape.features, length: shape.features)
    return (score.normalCDF(), normal.logProb(code) - logDet - normal.logProb(score))
  }

  /// The log-density of noise.
  ///
  /// - Parameters:
  ///   - noise: `[*batch, features]`, between 0 and 1.
  ///   - x: the images, of the same shape.
  /// - Returns: log q(noise | x), `[*batch]`.
  public func logProb(of noise: Tensor, for x: Tensor) -> Tensor {
    let normal = StandardNormal([shape.features], dtype: x.dtype, device: x.device)
    let score = noise.normalQuantile()
    let (value, logDet) = map(.inference).forwardWithLogDet(beside(x, score))
    let code = value.narrowed(-1, from: shape.features, length: shape.features)
    return normal.logProb(code) + logDet - normal.logProb(score)
  }

  /// A lower bound of the log-probability of discrete images, in the mean over noise; through it gradients flow to the noise
  /// and to the density, so that both can be trained by it.
  ///
  /// - Parameters:
  ///   - x: `[*batch, features]`, integers from 0 to `levels - 1`.
  ///   - draws: the number of draws of noise: more make the bound tighter (Burda, Grosse, Salakhutdinov, *Importance
  ///     Weighted Autoencoders*, 2016, https://arxiv.org/abs/1509.00519).
  ///   - layerContext: whether layers train.
  ///   - rng: the source of noise.
  ///   - logProb: the log-density of images with noise, `[draws, *batch, features]` to `[draws, *batch]`.
  /// - Returns: log mean over draws of p(x + u) / q(u | x), `[*batch]`, nats.
  public func logProbabilityBound(
    of x: Tensor, draws: Int = 1, _ layerContext: LayerContext = .inference, using rng: inout RandomGenerator,
    logProb: (Tensor) -> Tensor
  ) -> Tensor {
    precondition(draws > 0, "VariationalDequantization: expected at least one draw, got \(draws)")
    let repeated = x.broadcasted(to: [draws] + x.shape)
    let (noise, logNoise) = noise(for: repeated, layerContext, using: &rng)
    return (logProb(repeated + noise) - logNoise).logSumExp(0) - log(Double(draws))
  }

  /// Visits the layers in order.
  public func visitParameters(_ visitor: inout some ParameterVisitor) { layers.visit(&visitor) }

  private func map(_ layerContext: LayerContext) -> Chain {
    Chain(layers.map { $0.bijection(given: nil, layerContext) })
  }

  /// Images, brought to values from -1 to 1, and noise as one image of twice the channels.
  private func beside(_ x: Tensor, _ noise: Tensor) -> Tensor {
    .concatenating([x * (2 / Double(levels - 1)) - 1, noise], -1)
  }
}
