import Foundation

/// A ``LearningRateSchedule`` at work: a value that a checkpoint stores.
///
///     var scheduler = LearningRateScheduler(.cosine(warmUpSteps: 100), initialRate: 1e-3)
///     optimizer.step(gradients: gradients, learningRate: scheduler.rate(step: step, totalSteps: 10_000))
///     scheduler.observe(validationLoss: loss)   // after each validation; only `plateau` looks at it
public struct LearningRateScheduler: Hashable, Sendable, Codable {
  /// The schedule.
  public let schedule: LearningRateSchedule
  /// The rate that the schedule scales.
  public let initialRate: Double
  private var plateauScale = 1.0
  private var bestLoss: Double?
  private var observationsSinceBest = 0

  /// A schedule at its start.
  ///
  /// - Precondition: counts are positive (a warm-up may be 0), factors are in (0, 1], and `initialRate > 0`.
  public init(_ schedule: LearningRateSchedule, initialRate: Double) {
    precondition(initialRate > 0, "LearningRateScheduler: expected a positive rate, got \(initialRate)")
    precondition(schedule.isValid, "LearningRateScheduler: expected \(LearningRateSchedule.rule), got \(schedule)")
    self.schedule = schedule
    self.initialRate = initialRate
  }

  /// The rate of a step, counted from 0, in a training of `totalSteps`.
  public func rate(step: Int, totalSteps: Int) -> Double {
    switch schedule {
    case .constant: initialRate
    case .cosine(let warmUpSteps, let finalFraction):
      initialRate * cosineScale(step, totalSteps, warmUpSteps, finalFraction)
    case .step(let every, let factor): initialRate * pow(factor, Double(step / every))
    case .plateau: initialRate * plateauScale
    }
  }

  private func cosineScale(_ step: Int, _ totalSteps: Int, _ warmUpSteps: Int, _ finalFraction: Double) -> Double {
    if step < warmUpSteps { return Double(step + 1) / Double(warmUpSteps) }
    let progress = Double(step - warmUpSteps) / Double(max(totalSteps - warmUpSteps, 1))
    return finalFraction + (1 - finalFraction) * 0.5 * (1 + cos(Double.pi * min(progress, 1)))
  }

  /// Tells of a validation loss. NaN counts as no improvement.
  ///
  /// Losses may be negative, as log-densities are, so an improvement is any fall: there is no relative threshold.
  public mutating func observe(validationLoss: Double) {
    guard case .plateau(let factor, let patience, let minimumFraction) = schedule else { return }
    if !validationLoss.isNaN, validationLoss < bestLoss ?? .infinity {
      bestLoss = validationLoss
      observationsSinceBest = 0
      return
    }
    observationsSinceBest += 1
    guard observationsSinceBest >= patience else { return }
    observationsSinceBest = 0
    plateauScale = max(plateauScale * factor, minimumFraction)
  }
}
