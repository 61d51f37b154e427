public import Torch

/// A running average of weights, which often does better on new data than the last weights do.
///
/// After each optimizer step call ``update()``; to evaluate, run inside ``withAverage(_:)``. The first updates keep less
/// of the past, min(`decay`, (1 + n) / (10 + n)) at update n, so that the start is soon forgotten.
///
/// - Reference: Polyak, Juditsky, *Acceleration of Stochastic Approximation by Averaging*, 1992.
///   https://doi.org/10.1137/0330046
public final class ExponentialMovingAverage {
  /// The parameters whose average is kept, in order.
  public let parameters: [Parameter]
  /// How much of the average each update keeps, after the first ones.
  public let decay: Double
  /// The number of updates.
  public private(set) var updateCount = 0
  private let averages: [Tensor]
  private var isInPlace = false

  /// An average that starts at the current weights.
  ///
  /// - Precondition: `decay` is in [0, 1).
  public init(_ parameters: [Parameter], decay: Double = 0.999) {
    precondition((0..<1).contains(decay), "ExponentialMovingAverage: expected a decay in [0, 1), got \(decay)")
    self.parameters = parameters
    self.decay = decay
    averages = parameters.map { $0.value.detached().cloned() }
  }

  /// Moves the average toward the current weights.
  ///
  /// - Complexity: one libtorch call.
  public func update() {
    guard !parameters.isEmpty else { return }
    let (averages, share) = beginUpdate()
    withoutGradient { Tensor.interpolateInPlace(averages, toward: parameters.map(\.value), by: share) }
  }

  /// Whether the average is of these parameters, in this order.
  func isOf(_ others: [Parameter]) -> Bool {
    parameters.count == others.count && zip(parameters, others).allSatisfy { $0 === $1 }
  }

  /// Counts an update, for whoever carries it out: what is to move toward the weights, and by which share of the way.
  func beginUpdate() -> (averages: [Tensor], share: Double) {
    precondition(!isInPlace, "ExponentialMovingAverage: expected no update inside withAverage")
    updateCount += 1
    return (averages, 1 - Swift.min(decay, Double(1 + updateCount) / Double(10 + updateCount)))
  }

  /// Runs the closure with the average in the place of the weights, which are restored after it.
  ///
  /// - Precondition: the closure does not update the average.
  public func withAverage<Result, Failure: Error>(_ body: () throws(Failure) -> Result) throws(Failure) -> Result {
    if isInPlace { return try body() }
    exchange()
    defer { exchange() }
    return try body()
  }

  /// Lets weights and averages change places.
  private func exchange() {
    withoutGradient { Tensor.exchange(parameters.map(\.value), with: averages) }
    isInPlace.toggle()
  }

  /// Makes the average the weights.
  public func copyToParameters() {
    guard !parameters.isEmpty, !isInPlace else { return }
    withoutGradient { Tensor.copyInPlace(parameters.map(\.value), from: averages) }
  }

  /// What a checkpoint stores. The tensors are copies.
  public func state() -> [String: Tensor] { named.state(stepCount: updateCount) }

  /// Takes everything from a state, or nothing when it does not fit.
  ///
  /// - Throws: `ModuleStateError` for the first tensor that is missing, unexpected or of another shape.
  public func load(_ state: [String: Tensor]) throws(ModuleStateError) { updateCount = try named.load(state) }

  private var named: NamedTensors {
    var tensors = NamedTensors()
    tensors.add(isInPlace ? parameters.map { $0.value.detached() } : averages, named: "averages")
    return tensors
  }
}
