public import Probability
public import Torch

/// What a model of rows can be asked for, whatever kind of model it is.
///
/// A distribution becomes one by itself; anything else says what it can by closures, and leaves out what it cannot.
public struct ModelUnderTest {
  /// The names of the columns.
  public let columns: [String]
  /// The values of the columns that have a probability for each value instead of a density, by column.
  public var discreteValues: [Int: [Double]]
  /// Independent rows, `[count, columns]`.
  public var sample: (_ count: Int, _ rng: inout RandomGenerator) -> Tensor
  /// The log-density of rows, `[count, columns]` to `[count]`, in nats, with gradients where the model has them; nil for
  /// a model without a density.
  public var logProb: ((_ rows: Tensor) -> Tensor)?
  /// The map from rows to standard normal codes; nil when the model has none.
  public var map: (any Bijection)?
  /// The standard normal codes of rows, `[count, columns]` both: those of ``map`` when there is one, or of a model that has
  /// codes without a map that could be inverted, such as a mixture; nil when the model has none.
  public var codes: ((_ rows: Tensor) -> Tensor)? { map.map { map in { map.forward($0) } } ?? codesWithoutMap }
  private let codesWithoutMap: ((_ rows: Tensor) -> Tensor)?
  /// All numbers that the model consists of, by name.
  public var state: [String: Tensor]

  /// A model of rows.
  ///
  /// - Parameters:
  ///   - columns: the names of the columns.
  ///   - discreteValues: the values of columns that have a probability for each.
  ///   - sample: independent rows.
  ///   - logProb: the log-density of rows; nil when there is none.
  ///   - map: the map from rows to standard normal codes; nil when there is none.
  ///   - codes: the codes of rows, of a model without a map.
  ///   - state: all numbers that the model consists of.
  public init(
    columns: [String], discreteValues: [Int: [Double]] = [:],
    sample: @escaping (_ count: Int, _ rng: inout RandomGenerator) -> Tensor, logProb: ((_ rows: Tensor) -> Tensor)?,
    map: (any Bijection)? = nil, codes: ((_ rows: Tensor) -> Tensor)? = nil, state: [String: Tensor] = [:]
  ) {
    self.columns = columns
    self.discreteValues = discreteValues
    self.sample = sample
    self.logProb = logProb
    self.map = map
    codesWithoutMap = codes
    self.state = state
  }

  /// A distribution of rows.
  ///
  /// - Parameters:
  ///   - distribution: a distribution with events `[columns]`; codes are looked at when it is a pushforward of the standard
  ///     normal distribution, or a Gaussian mixture.
  ///   - columns: the names of the columns; x1, x2, ... by default.
  /// - Precondition: it is one distribution with events of rank 1, and there is one name for each column.
  public init(_ distribution: any Distribution, columns: [String]? = nil) {
    precondition(
      distribution.batchShape == [] && distribution.eventShape.rank == 1,
      "ModelUnderTest: expected one distribution of rows, got batch \(distribution.batchShape) and event "
        + "\(distribution.eventShape)")
    let names = columns ?? (1...distribution.eventShape[0]).map { "x\($0)" }
    precondition(
      names.count == distribution.eventShape[0],
      "ModelUnderTest: expected \(distribution.eventShape[0]) names of columns, got \(names.count)")
    self.init(
      columns: names, sample: { distribution.sample([$0], using: &$1) }, logProb: { distribution.logProb($0) },
      map: (distribution as? any StandardNormalPushforward)?.codes,
      codes: (distribution as? GaussianMixture).map { mixture in { mixture.codes(of: $0) } })
  }

  /// The number of columns.
  public var features: Int { columns.count }
}

/// A pushforward of the standard normal distribution.
private protocol StandardNormalPushforward {
  var codes: any Bijection { get }
}

extension Transformed: StandardNormalPushforward where Base == StandardNormal {
  fileprivate var codes: any Bijection { map }
}
