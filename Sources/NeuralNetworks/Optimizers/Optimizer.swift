public import Torch

/// What moves parameters along their gradients.
///
/// An optimizer is made for a fixed list of parameters and takes their gradients in the same order:
///
///     let optimizer = Adam(model.trainableParameters)
///     let (gradients, norm) = clipByGlobalNorm(optimizer.gradients(of: loss), to: 5)
///     optimizer.step(gradients: gradients, learningRate: 1e-3)
///
/// ``state()`` holds everything that the next step depends on beside parameters and gradients: training that loads it
/// goes on bit for bit as if it had not stopped.
public protocol Optimizer: AnyObject {
  /// The parameters that it moves, in order.
  var parameters: [Parameter] { get }

  /// Moves every parameter once.
  ///
  /// - Precondition: one gradient for each parameter, of its shape and dtype.
  func step(gradients: [Tensor], learningRate: Double)

  /// What a checkpoint stores. The tensors are copies.
  func state() -> [String: Tensor]

  /// Takes everything from a state, or nothing when it does not fit.
  ///
  /// - Throws: `ModuleStateError` for the first tensor that is missing, unexpected or of another shape.
  func load(_ state: [String: Tensor]) throws(ModuleStateError)
}

extension Optimizer {
  /// The gradients of a loss with respect to the parameters, in their order.
  ///
  /// - Precondition: the loss has one element and depends on a parameter.
  public func gradients(of loss: Tensor) -> [Tensor] {
    Torch.gradients(of: loss, withRespectTo: parameters.map(\.value))
  }

  /// A step along gradients times a number, and then the update of an average of the weights: in one pass over all of
  /// them where the optimizer has one.
  package func step(gradients: [Tensor], scale: Double, learningRate: Double, average: ExponentialMovingAverage?) {
    if let average, let fused = self as? any FusedOptimizer, average.isOf(parameters) {
      fused.step(gradients: gradients, scale: scale, learningRate: learningRate, average: average)
    } else {
      let scaled = scale == 1 ? gradients : withoutGradient { Tensor.products(gradients, with: scale) }
      step(gradients: scaled, learningRate: learningRate)
      average?.update()
    }
  }

  /// Zeros beside each parameter, for averages of its gradients.
  static func zeros(like parameters: [Parameter]) -> [Tensor] {
    parameters.map { .zeros($0.value.shape, dtype: $0.value.dtype, device: $0.value.device) }
  }
}

/// An optimizer that scales gradients, moves parameters and updates their average in one pass over memory.
package protocol FusedOptimizer: Optimizer {
  /// - Precondition: the average is of the optimizer's parameters.
  func step(gradients: [Tensor], scale: Double, learningRate: Double, average: ExponentialMovingAverage)
}

/// Tensors of an optimizer or average by name, read and written together.
struct NamedTensors {
  private var pairs: [(name: String, tensor: Tensor)] = []

  mutating func add(_ tensors: [Tensor], named name: String) {
    for (index, tensor) in tensors.enumerated() { pairs.append(("\(name).\(index)", tensor)) }
  }

  /// Copies, with a count of steps beside them.
  func state(stepCount: Int) -> [String: Tensor] {
    var state = Dictionary(pairs.map { ($0.name, $0.tensor.cloned()) }) { first, _ in first }
    state["step"] = Tensor([stepCount])
    return state
  }

  /// Fills the tensors and returns the count of steps.
  func load(_ state: [String: Tensor]) throws(ModuleStateError) -> Int {
    guard let step = state["step"] else { throw .missing(name: "step") }
    guard step.shape == [1] else { throw .shape(name: "step", expected: [1], actual: step.shape) }
    for (name, tensor) in pairs {
      guard let new = state[name] else { throw .missing(name: name) }
      guard new.shape == tensor.shape else { throw .shape(name: name, expected: tensor.shape, actual: new.shape) }
    }
    let names = Set(pairs.map(\.name) + ["step"])
    if let extra = state.keys.sorted().first(where: { !names.contains($0) }) { throw .unexpected(name: extra) }
    withoutGradient {
      for (name, tensor) in pairs { state[name].map { tensor.copyInPlace(from: $0) } }
    }
    return step.integerItem()
  }
}
