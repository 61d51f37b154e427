public import NeuralNetworks
public import Torch

/// What an autoencoder does to rows before its encoder, and undoes after its decoder: a shift and a scale of each column,
/// computed from data, kept in the model.
public struct RowScaling: Module {
  /// How shift and scale are chosen.
  public enum Kind: String, Hashable, Sendable, Codable, CaseIterable {
    /// ``range`` when a column is constant, or when rows must be probabilities; ``standardize`` otherwise.
    case automatic
    /// Each column to mean 0 and standard deviation 1; a constant one to 0.
    case standardize
    /// All columns from the range of the data to [0, 1]: for images.
    case range
    /// The columns as they are.
    case unchanged
  }

  /// What is taken off each column.
  public let shift: Buffer
  /// What each column is divided by then.
  public let scale: Buffer

  /// The identity of a number of columns.
  public init(features: Int) {
    shift = Buffer(Tensor.zeros([features]))
    scale = Buffer(Tensor.ones([features]))
  }

  /// Computes shift and scale.
  ///
  /// - Parameters:
  ///   - data: `[count, features]`.
  ///   - kind: how.
  ///   - range: where all numbers lie, those of other rows too; from the data when it is not known.
  public func fit(to data: Tensor, _ kind: Kind, within range: ClosedRange<Double>? = nil) {
    withoutGradient {
      let wide = data.to(.float64)
      let (low, high) = (wide.min(0), wide.max(0))
      switch kind {
      case .automatic: return fit(to: data, (low .== high).any() ? .range : .standardize, within: range)
      case .unchanged: return
      case .standardize:
        let spread = wide.standardDeviation(0, correction: 0)
        shift.assign(wide.mean(0))
        scale.assign(select(low .== high, 1, spread))
      case .range:
        let bounds = range ?? (low.min().item() as Double)...(high.max().item() as Double)
        let width = bounds.upperBound - bounds.lowerBound
        shift.assign(Tensor.full(shift.value.shape, bounds.lowerBound))
        scale.assign(Tensor.full(scale.value.shape, width > 0 ? width : 1))
      }
    }
  }

  /// Rows as networks see them.
  public func forward(_ rows: Tensor) -> Tensor { (rows - shift.value) / scale.value }

  /// Rows in the units of the data.
  public func inverse(_ rows: Tensor) -> Tensor { rows * scale.value + shift.value }

  /// The logarithm of the volume that ``forward(_:)`` multiplies by: minus the sum of log scales.
  public var logDeterminant: Tensor { -scale.value.log().sum() }

  /// Visits `shift`, then `scale`.
  public func visitParameters(_ visitor: inout some ParameterVisitor) {
    visitor.visit(shift, named: "shift")
    visitor.visit(scale, named: "scale")
  }
}
