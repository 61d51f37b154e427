public import Torch

/// Adam: steps along the mean gradient, divided by the root of the mean squared gradient.
///
/// One call of a kernel moves all parameters. State names: `step`, `means.0`, `squares.0`, ...
///
/// - Reference: Kingma, Ba, *Adam: A Method for Stochastic Optimization*, 2015. https://arxiv.org/abs/1412.6980
public final class Adam: FusedOptimizer {
  /// The parameters that it moves, in order.
  public let parameters: [Parameter]
  private var core: AdamCore

  /// An optimizer that has seen no gradient.
  ///
  /// - Parameters:
  ///   - parameters: what it moves; they are on one device and of one dtype, and stay there.
  ///   - betas: how much of the running means of gradient and squared gradient each step keeps.
  ///   - epsilon: added to the root, against division by zero.
  ///   - weightDecay: added to the gradient as `weightDecay * parameter`; 0 for none. For decay apart from the gradient, see ``AdamW``.
  public init(
    _ parameters: [Parameter], betas: (Double, Double) = (0.9, 0.999), epsilon: Double = 1e-8, weightDecay: Double = 0
  ) {
    self.parameters = parameters
    core = AdamCore(
      means: Adam.zeros(like: parameters), squares: Adam.zeros(like: parameters), betas: betas, epsilon: epsilon,
      weightDecay: weightDecay, isDecoupled: false)
  }

  /// The number of steps taken.
  public var stepCount: Int { core.stepCount }

  /// Moves every parameter once.
  ///
  /// - Precondition: one gradient for each parameter, of its shape and dtype.
  public func step(gradients: [Tensor], learningRate: Double) {
    core.step(parameters, gradients, learningRate: learningRate)
  }

  /// Moves every parameter once along scaled gradients, and the average toward them.
  package func step(gradients: [Tensor], scale: Double, learningRate: Double, average: ExponentialMovingAverage) {
    core.step(parameters, gradients, learningRate: learningRate, scale: scale, average: average)
  }

  /// What a checkpoint stores. The tensors are copies.
  public func state() -> [String: Tensor] { core.state() }

  /// Takes everything from a state, or nothing when it does not fit.
  ///
  /// - Throws: `ModuleStateError` for the first tensor that is missing, unexpected or of another shape.
  public func load(_ state: [String: Tensor]) throws(ModuleStateError) { try core.load(state) }
}
