public import Probability
public import Torch

/// A column that has one value always, as after an intervention.
///
/// Its log-probability is 0 at the value and minus infinity elsewhere, in a continuous column too: the mass of an atom.
public struct PointMass: StoredConditionalDensity {
  /// `pointMass`.
  public static var family: String { "pointMass" }
  /// The kind of the column.
  public let target: ColumnKind
  /// None.
  public var given: [ColumnKind] { [] }
  /// The value.
  public let value: Double

  /// A column that always has a value.
  ///
  /// - Precondition: the value is finite, and one of a discrete column's.
  public init(at value: Double, target: ColumnKind = .continuous) {
    precondition(PointMass.isPossible(value, target), "PointMass: \(value) is no value of the column")
    self.value = value
    self.target = target
  }

  /// The value only.
  public var support: Support { conditioned(on: Tensor.zeros([0])).support }

  /// All mass at the value, whatever the row.
  public func conditioned(on rows: Tensor) -> TabulatedDistribution {
    let batch = rows.shape.droppingTrailing(1)
    return TabulatedDistribution(
      .values(Tensor([value])), table: Tensor.zeros([1, 1], dtype: .float64), rows: Tensor.zeros(batch, dtype: .int64))
  }

  /// `value`.
  public var tensors: [String: Tensor] { ["value": Tensor(value, dtype: .float64)] }

  /// The column of a stored value.
  ///
  /// - Throws: `DensityEstimationError.degenerate` for a value that the column cannot have, and for given columns.
  public init(
    target: ColumnKind, given: [ColumnKind], tensors: [String: Tensor]
  ) throws(DensityEstimationError) {
    let stored = CheckedTensors(tensors, of: "point mass")
    let value = try stored.numbers("value", []).item()
    try stored.check(given.isEmpty, "it depends on nothing, but has parents")
    try stored.check(PointMass.isPossible(value, target), "\(value) is no value of the column")
    self.init(at: value, target: target)
  }

  private static func isPossible(_ value: Double, _ target: ColumnKind) -> Bool {
    value.isFinite && (!target.isDiscrete || target.values.contains(value))
  }
}
