import NeuralNetworks
import Torch

/// How far a reconstruction is from its row: a mean over rows of a sum over columns, of scaled rows.
public enum ReconstructionLoss: Hashable, Sendable, Codable {
  /// Squared differences.
  case l2
  /// Absolute differences.
  case l1
  /// Squared differences, halved, up to `delta`, and absolute ones beyond: outliers pull less.
  case huber(delta: Double)
  /// The cross-entropy of rows from 0 to 1 taken as probabilities.
  case binaryCrossEntropy
  /// Differences to the power p of images and of their halvings, so that coarse structure counts beside single pixels: the
  /// source's multi-resolution L_p. Each level is the mean of squares of four pixels of the one before, and counts as much
  /// as it: the sum over its pixels times four to the level.
  case pyramid(power: Double, levels: Int)

  /// The loss of reconstructions before their last nonlinearity, a scalar.
  func callAsFunction(_ output: Tensor, _ target: Tensor, image: ImageShape?) -> Tensor {
    switch self {
    case .l2: return (output - target).squared().sum(-1).mean()
    case .l1: return (output - target).absolute().sum(-1).mean()
    case .huber(let delta):
      let distance = (output - target).absolute()
      let inner = distance.clamped(to: delta)
      return (inner * (distance - inner * 0.5)).sum(-1).mean()
    case .binaryCrossEntropy: return (output.softplus() - target * output).sum(-1).mean()
    case .pyramid(let power, let levels):
      guard let image else { preconditionFailure("ReconstructionLoss: expected the size of an image") }
      return Self.pyramid(image.image(output - target), power, levels)
    }
  }

  /// Whether the decoder's output is a logit.
  var isOfLogits: Bool { self == .binaryCrossEntropy }

  private static func pyramid(_ difference: Tensor, _ power: Double, _ levels: Int) -> Tensor {
    var (image, total, factor) = (difference, Tensor?.none, 1.0)
    for level in 0..<levels {
      if level > 0 {
        // Rows and columns that make no square of four are of no coarser level.
        let (height, width) = (image.size(-2) / 2, image.size(-1) / 2)
        image = image.narrowed(-2, from: 0, length: 2 * height).narrowed(-1, from: 0, length: 2 * width)
          .unflattened(-1, [width, 2]).unflattened(-3, [height, 2]).mean(-1, -3)
        factor *= 4
      }
      let sizes = power == 2 ? image.squared() : power == 1 ? image.absolute() : (image.absolute() + 1e-12).pow(power)
      let sum = sizes.flattened(from: 1).sum(-1).mean() * factor
      total = total.map { $0 + sum } ?? sum
    }
    return total ?? difference.sum() * 0
  }

  func validate(image: ImageShape?) throws(AutoencoderConfigurationError) {
    switch self {
    case .l2, .l1, .binaryCrossEntropy: return
    case .huber(let delta): try require(delta > 0 && delta.isFinite, "reconstruction.huber.delta", delta, "positive")
    case .pyramid(let power, let levels):
      try require(power >= 1 && power <= 10, "reconstruction.pyramid.power", power, "from 1 to 10")
      guard let image else {
        throw .outOfRange(
          field: "height", expected: "a height and a width whose product the columns are", actual: "another")
      }
      let most = min(image.height, image.width).bitWidth - min(image.height, image.width).leadingZeroBitCount
      try require(levels, in: 1...most, "reconstruction.pyramid.levels")
    }
  }
}
