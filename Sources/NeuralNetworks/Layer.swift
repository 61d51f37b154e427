public import Torch

/// What a layer is told beside its input: whether it trains, and where its random numbers come from.
public final class LayerContext {
  /// Whether layers that differ in training, such as dropout, behave as in training.
  public let isTraining: Bool
  /// The source of random numbers, moved by each draw.
  public var rng: RandomGenerator
  /// The steps of the optimizer before this one, for objectives that change during training; 0 outside of it.
  public let step: Int

  /// The context of training.
  ///
  /// - Parameters:
  ///   - rng: the source of random numbers.
  ///   - step: the steps of the optimizer so far.
  public init(training rng: RandomGenerator, step: Int = 0) {
    isTraining = true
    self.rng = rng
    self.step = step
  }

  private init() {
    isTraining = false
    step = 0
    rng = RandomGenerator(seed: 0)
  }

  /// The context of density, sampling and evaluation: nothing is random.
  public static var inference: LayerContext { LayerContext() }
}

/// A module from one tensor to one tensor.
public protocol Layer: Module {
  /// The output for an input.
  func callAsFunction(_ input: Tensor, _ context: LayerContext) -> Tensor
}

extension Layer {
  /// The output for an input outside training.
  public func callAsFunction(_ input: Tensor) -> Tensor { self(input, .inference) }
}
