public import Torch

/// Gradient descent (SGD): steps along the gradient, or along its running sum when there is momentum.
///
/// One call of libtorch's fused kernel moves all parameters. State names: `step`, `momenta.0`, ...
///
/// - Reference: Sutskever, Martens, Dahl, Hinton, *On the importance of initialization and momentum in deep learning*,
///   2013. https://proceedings.mlr.press/v28/sutskever13.html
public final class SGD: Optimizer {
  /// The parameters that it moves, in order.
  public let parameters: [Parameter]
  /// How much of the running sum each step keeps; 0 for none.
  public let momentum: Double
  /// Whether the step looks ahead along the running sum.
  public let isNesterov: Bool
  /// Added to the gradient as `weightDecay * parameter`.
  public let weightDecay: Double
  /// The number of steps taken.
  public private(set) var stepCount = 0
  private let momenta: [Tensor]

  /// An optimizer that has seen no gradient.
  ///
  /// - Parameters:
  ///   - parameters: what it moves; they are on one device and of one dtype, and stay there.
  ///   - momentum: how much of the running sum of gradients each step keeps; 0 for none.
  ///   - isNesterov: whether the step looks ahead along the running sum.
  ///   - weightDecay: added to the gradient as `weightDecay * parameter`.
  /// - Precondition: `isNesterov` goes with a momentum.
  public init(_ parameters: [Parameter], momentum: Double = 0, isNesterov: Bool = false, weightDecay: Double = 0) {
    precondition(momentum >= 0 && weightDecay >= 0, "SGD: expected momentum and weight decay of at least 0")
    precondition(!isNesterov || momentum > 0, "SGD: Nesterov's step expects a momentum above 0")
    self.parameters = parameters
    self.momentum = momentum
    self.isNesterov = isNesterov
    self.weightDecay = weightDecay
    momenta = momentum > 0 ? SGD.zeros(like: parameters) : []
  }

  /// Moves every parameter once.
  ///
  /// - Precondition: one gradient for each parameter, of its shape and dtype.
  public func step(gradients: [Tensor], learningRate: Double) {
    guard !parameters.isEmpty else { return }
    stepCount += 1
    // Running sums start at zero, so the first step is no exception.
    withoutGradient {
      Tensor.sgdStep(
        parameters.map(\.value), gradients: gradients, momenta: momenta, learningRate: learningRate,
        momentum: momentum, weightDecay: weightDecay, isNesterov: isNesterov, isFirstStep: false)
    }
  }

  /// What a checkpoint stores. The tensors are copies.
  public func state() -> [String: Tensor] { named.state(stepCount: stepCount) }

  /// Takes everything from a state, or nothing when it does not fit.
  ///
  /// - Throws: `ModuleStateError` for the first tensor that is missing, unexpected or of another shape.
  public func load(_ state: [String: Tensor]) throws(ModuleStateError) { stepCount = try named.load(state) }

  private var named: NamedTensors {
    var tensors = NamedTensors()
    tensors.add(momenta, named: "momenta")
    return tensors
  }
}
