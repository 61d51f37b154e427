public import Torch

/// A sum of deltas: finitely many numbers, each of a probability of its own.
///
///     // p(x) = (1 - pi) delta(x + 1) + pi delta(x - 1)
///     let signs = Atoms.signs(probability: pi)
///
/// A number is an atom when it equals one exactly; `logProb` is minus infinity elsewhere.
///
/// - Shapes: values and probabilities `[*batch, count]`; events are numbers.
/// - Complexity: O(count log(count)) once, O(log(count)) for each number and draw.
public struct Atoms: AtomicDistribution, MomentDistribution, EntropyDistribution {
  /// The numbers in rising order, `[*batch, count]`.
  public let values: Tensor
  /// The distribution of places among the values.
  public let places: Categorical
  /// The shape of distributions side by side.
  public let batchShape: Shape

  /// Numbers of given probabilities, which are divided by their sum.
  ///
  /// - Precondition: the shapes broadcast to `[*batch, count]`; the numbers of a row are finite and differ; no
  ///   probability is negative, and one of each row is positive.
  public init(values: Tensor, probabilities: Tensor) {
    guard let shape = Shape.broadcasting(values.shape, probabilities.shape), shape.rank >= 1, shape[shape.rank - 1] > 0
    else {
      preconditionFailure("Atoms: expected [*batch, count] twice, got \(values.shape) and \(probabilities.shape)")
    }
    let (sorted, order) = values.broadcasted(to: shape).sorted()
    precondition(sorted.isFinite().all(), "Atoms: expected finite values")
    let count = shape[shape.rank - 1]
    let steps = sorted.narrowed(-1, from: 1, length: count - 1) - sorted.narrowed(-1, from: 0, length: count - 1)
    precondition(!(steps .== 0).any(), "Atoms: expected values that differ")
    self.values = sorted.detached()
    places = Categorical(probabilities: probabilities.broadcasted(to: shape).gathering(order, -1))
    batchShape = shape.droppingTrailing(1)
  }

  /// +1 with a probability, and -1 otherwise.
  ///
  /// - Parameter probability: of +1, `[*batch]`.
  /// - Returns: distributions of the probability's shape.
  /// - Precondition: probabilities lie in [0, 1].
  public static func signs(probability: Tensor) -> Atoms {
    precondition(probability.isProbability, "Atoms.signs: expected probabilities from 0 to 1")
    return Atoms(
      values: Tensor([-1.0, 1.0]).to(probability.dtype, probability.device),
      probabilities: Tensor.stacking([1.0 - probability, probability], -1))
  }

  /// The probabilities of the values, `[*batch, count]`.
  public var probabilities: Tensor { places.probabilities }
  /// A number.
  public var eventShape: Shape { [] }
  /// The values.
  public var support: Support { Support(.values(values), eventRank: 0) }
  /// The mean.
  public var mean: Tensor { (probabilities * values).sum(-1) }
  /// The variance.
  public var variance: Tensor { (probabilities * (values - mean.unsqueezed(-1)).squared()).sum(-1) }
  /// The entropy of the probabilities in nats, `[*batch]`.
  public var entropy: Tensor { places.entropy }

  /// The logarithm of the probability of a number, in nats; minus infinity when it is no atom.
  public func logProb(unchecked x: Tensor) -> Tensor {
    let (place, isHit) = find(x)
    let each = select(isHit, places.logProbabilities.elements(at: place), -Double.infinity)
    return select(x.isNaN(), Double.nan, each)
  }

  /// Independent draws.
  public func sample(_ sampleShape: Shape, using rng: inout RandomGenerator) -> Tensor {
    values.elements(at: places.sample(sampleShape, using: &rng))
  }

  /// The probability of a value at most `x`.
  public func cdf(_ x: Tensor) -> Tensor { at(lastPlace(x), x, places.cdf) }
  /// The probability of a value above `x`.
  public func survival(_ x: Tensor) -> Tensor { at(lastPlace(x), x, places.survival) }
  /// The probability of a value below `x`.
  public func cdfBelow(_ x: Tensor) -> Tensor {
    at(numbers(x).places(in: values) - 1, x, places.cdf)
  }
  /// Whether each number is one of the values.
  public func isAtom(_ x: Tensor) -> Tensor { find(x).isHit }

  /// The smallest value up to which at least a probability lies.
  public func quantile(_ probability: Tensor) -> Tensor {
    let place = places.quantile(probability)
    let isMissing = place.isNaN()
    let value = values.elements(at: select(isMissing, 0.0, place).to(.int64))
    return select(isMissing, Double.nan, value)
  }

  private func numbers(_ x: Tensor) -> Tensor { x.to(values.dtype) }

  private func find(_ x: Tensor) -> (place: Tensor, isHit: Tensor) {
    let place = numbers(x).places(in: values).clamped(to: Double(places.count - 1)).to(.int64)
    return (place, values.elements(at: place) .== x)
  }

  /// The place of the last value at most x; -1 when there is none.
  private func lastPlace(_ x: Tensor) -> Tensor { numbers(x).places(in: values, right: true) - 1 }

  private func at(_ place: Tensor, _ x: Tensor, _ function: (Tensor) -> Tensor) -> Tensor {
    select(x.isNaN(), Double.nan, function(place))
  }
}
