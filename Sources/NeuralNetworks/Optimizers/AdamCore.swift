import Torch

/// The running averages that `Adam` and `AdamW` share, and the one call that moves all parameters.
struct AdamCore {
  let betas: (Double, Double)
  let epsilon: Double
  let weightDecay: Double
  let isDecoupled: Bool
  private let means: [Tensor]
  private let squares: [Tensor]
  private(set) var stepCount = 0

  init(
    means: [Tensor], squares: [Tensor], betas: (Double, Double), epsilon: Double, weightDecay: Double, isDecoupled: Bool
  ) {
    precondition(
      (0..<1).contains(betas.0) && (0..<1).contains(betas.1), "Adam: expected betas in [0, 1), got \(betas)")
    precondition(
      epsilon >= 0 && weightDecay >= 0,
      "Adam: expected epsilon and weight decay of at least 0, got \(epsilon), \(weightDecay)")
    self.means = means
    self.squares = squares
    self.betas = betas
    self.epsilon = epsilon
    self.weightDecay = weightDecay
    self.isDecoupled = isDecoupled
  }

  /// A step along scaled gradients, and the update of an average of the same parameters.
  mutating func step(
    _ parameters: [Parameter], _ gradients: [Tensor], learningRate: Double, scale: Double = 1,
    average: ExponentialMovingAverage? = nil
  ) {
    guard !means.isEmpty else { return }
    stepCount += 1
    let (averages, share) = average?.beginUpdate() ?? ([], 0)
    withoutGradient {
      Tensor.adamStep(
        parameters.map(\.value), gradients: gradients, means: means, squares: squares,
        stepCount: stepCount, learningRate: learningRate, betas: betas, weightDecay: weightDecay, epsilon: epsilon,
        isDecoupled: isDecoupled, gradientScale: scale, averages: averages, averageShare: share)
    }
  }

  func state() -> [String: Tensor] { named.state(stepCount: stepCount) }

  mutating func load(_ state: [String: Tensor]) throws(ModuleStateError) { stepCount = try named.load(state) }

  private var named: NamedTensors {
    var tensors = NamedTensors()
    tensors.add(means, named: "means")
    tensors.add(squares, named: "squares")
    return tensors
  }
}
