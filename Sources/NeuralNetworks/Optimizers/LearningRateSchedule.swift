/// How the learning rate changes over training; what a configuration names.
public enum LearningRateSchedule: Hashable, Sendable, Codable {
  /// The same rate throughout.
  case constant
  /// A linear rise over the first steps, then half a cosine wave down to a fraction of the rate.
  ///
  /// - Reference: Loshchilov, Hutter, *SGDR*, 2017. https://arxiv.org/abs/1608.03983
  case cosine(warmUpSteps: Int = 0, finalFraction: Double = 0)
  /// The rate times a factor after every so many steps.
  case step(every: Int, factor: Double)
  /// The rate times a factor when the validation loss has not fallen for `patience` observations in a row, down to a
  /// fraction of the first rate.
  case plateau(factor: Double = 0.5, patience: Int = 10, minimumFraction: Double = 1e-3)

  /// Whether the settings are in their ranges.
  public var isValid: Bool {
    switch self {
    case .constant: true
    case .cosine(let warmUpSteps, let finalFraction): warmUpSteps >= 0 && (0...1).contains(finalFraction)
    case .step(let every, let factor): every > 0 && factor > 0 && factor <= 1
    case .plateau(let factor, let patience, let minimumFraction):
      factor > 0 && factor <= 1 && patience > 0 && (0...1).contains(minimumFraction)
    }
  }

  /// The ranges of the settings, for messages.
  public static var rule: String {
    "constant, cosine (warmUpSteps from 0, finalFraction in [0, 1]), step (every from 1, factor in (0, 1]) "
      + "or plateau (factor in (0, 1], patience from 1, minimumFraction in [0, 1])"
  }
}
