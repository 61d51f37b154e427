public import Torch

/// The one-dimensional generative model: codes of a simple distribution q(Z), uniform or normal, pushed through the
/// inverse of a monotone map f.
///
/// Z = f(X) is the direction of inference, X = f^-1(Z) that of generation ("inverse transform sampling"). Where f is
/// smooth, p(x) = q(f(x)) f'(x), the change-of-variables formula. Where f jumps, a whole interval of codes becomes one x:
/// an atom, whose probability is that of the interval, and `logProb` is its logarithm.
///
///     InverseTransform(CumulativeMap(Gumbel(location: mu, scale: beta)))                // a distribution's own cdf
///     InverseTransform(MonotonePair(domain:codomain:forward:inverse:))                  // two formulas
///     InverseTransform(NumericalMonotoneMap(codomain: 0...1) { x in ... })              // a cdf that can be evaluated
///     InverseTransform(try MonotoneTable(x: x, z: cdf))                                 // a table
///     InverseTransform(try EmpiricalQuantileFunction(data))                             // data
///     InverseTransform(NormalScoreMap(target), code: Normal(location: zero, scale: one))
///
/// - Shapes: events are numbers; the batch is the code's.
public struct InverseTransform<Map: MonotoneMap, Code: CumulativeDistribution>: AtomicDistribution,
  ReparameterizedDistribution
{
  /// f, from data to codes.
  public let map: Map
  /// The distribution of codes.
  public let code: Code

  /// Codes of a continuous distribution, pushed through the inverse of a map.
  ///
  /// - Precondition: codes are numbers.
  public init(_ map: Map, code: Code) {
    precondition(
      code.eventShape.rank == 0 && map.domain.eventRank == 0,
      "InverseTransform: expected codes and data that are numbers, got events \(code.eventShape)")
    self.map = map
    self.code = code
  }

  /// Codes equally likely between 0 and 1, in 64 bits: f is the cdf.
  public init(_ map: Map) where Code == Uniform {
    self.init(map, code: Uniform(lower: Tensor(0.0, dtype: .float64), upper: Tensor(1.0, dtype: .float64)))
  }

  /// The code's batch shape.
  public var batchShape: Shape { code.batchShape }
  /// A number.
  public var eventShape: Shape { [] }
  /// The map's domain.
  public var support: Support { map.domain }

  /// log q(f(x)) + log f'(x), in nats; where f jumps, the logarithm of the probability of the codes in between.
  public func logProb(unchecked x: Tensor) -> Tensor {
    let isOutside = .!support.contains(x) .& .!x.isNaN()
    let (below, at) = (map.leftLimit(x), map.forward(x))
    let isJump = at .> below
    let density = code.logProb(unchecked: at) + map.logDerivative(x)
    guard isJump.any() else { return select(isOutside, -Double.infinity, density) }
    let probability = select(isJump, code.cdf(at) - code.cdf(below), 1.0).log()
    return select(isOutside, -Double.infinity, select(isJump, probability, density))
  }

  /// Draws of the code, sent through the inverse: gradients flow as far as the inverse and the code's quantile function
  /// let them.
  public func reparameterizedSample(_ sampleShape: Shape, using rng: inout RandomGenerator) -> Tensor {
    // Codes by their own quantile function of noise in (0, 1), so that none is at an end where the inverse is infinite.
    let noise = Tensor.openUniform(sampleShape + batchShape, using: &rng)
    return map.inverse(code.quantile(noise))
  }

  /// The probability of a value at most `x`: that of a code at most f(x).
  public func cdf(_ x: Tensor) -> Tensor { ends(x, 0, 1, code.cdf(map.forward(x))) }
  /// The logarithm of the cdf, as accurate as f.
  public func logCDF(_ x: Tensor) -> Tensor { ends(x, -.infinity, 0, code.logCDF(map.forward(x))) }
  /// The probability of a value above `x`.
  public func survival(_ x: Tensor) -> Tensor { ends(x, 1, 0, code.survival(map.forward(x))) }
  /// The logarithm of the survival function, as accurate as f.
  public func logSurvival(_ x: Tensor) -> Tensor { ends(x, 0, -.infinity, code.logSurvival(map.forward(x))) }

  /// The probability of a value below `x`: that of a code at most the limit of f from the left.
  public func cdfBelow(_ x: Tensor) -> Tensor { ends(x, 0, 1, code.cdf(map.leftLimit(x))) }
  /// Whether f jumps at each number.
  public func isAtom(_ x: Tensor) -> Tensor { support.contains(x) .& (map.forward(x) .> map.leftLimit(x)) }

  /// f^-1 of the code's quantile: the smallest value up to which at least a probability lies.
  public func quantile(_ probability: Tensor) -> Tensor { map.inverse(code.quantile(probability)) }

  /// Values where the formulas of f hold; constants below and above the domain.
  private func ends(_ x: Tensor, _ below: Double, _ above: Double, _ inside: Tensor) -> Tensor {
    guard case .interval(let lower, let upper) = map.domain.elements else { return inside }
    return select(x .< lower, below, select(x .> upper, above, inside))
  }
}

extension InverseTransform where Code == Normal {
  /// Standard normal codes, in 64 bits.
  public init(normal map: Map) {
    self.init(
      map, code: Normal(location: Tensor(0.0, dtype: .float64), scale: Tensor(1.0, dtype: .float64)))
  }
}
