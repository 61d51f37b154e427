public import NeuralNetworks
public import Probability
public import Torch

/// Numbers of one range, such as grey levels, through the logit, then each feature to mean 0 and standard deviation 1.
///
/// The range is that of all features together in the data, as pixels are of one kind. It starts as the range from 0 to 1.
public struct LogitLayer: PreprocessingLayer {
  /// The smallest and the largest number, `[2]`.
  public let range: Buffer
  /// What follows the logit.
  public let standardization: StandardizationLayer
  /// The share of the open unit interval that is left beyond each end of the range: 1e-6 for drawings, whose background is
  /// at an end, 0.05 for photographs.
  public let margin: Double

  /// The mean of the data after the logit, `[features]`.
  public var mean: Buffer { standardization.mean }

  /// The logit of a number of features.
  ///
  /// - Precondition: `margin` is above 0 and below 1/2.
  public init(features: Int, margin: Double) {
    precondition(margin > 0 && margin < 0.5, "LogitLayer: expected a margin above 0 and below 0.5, got \(margin)")
    range = Buffer(Tensor([0.0, 1.0]).to(.float32))
    standardization = StandardizationLayer(features: features)
    self.margin = margin
  }

  /// Takes the range from data, and from their logits means and standard deviations.
  ///
  /// - Parameter data: `[count, features]`.
  /// - Precondition: there is at least one row, of `features` columns.
  public func fit(to data: Tensor) { fit(to: data, within: nil) }

  /// Takes means and standard deviations from the logits of data.
  ///
  /// - Parameters:
  ///   - data: `[count, features]`.
  ///   - known: where all numbers lie, those of other rows too, such as 0 to 256 for grey levels with noise; nil for the range
  ///     of the data.
  /// - Precondition: there is at least one row, of `features` columns.
  public func fit(to data: Tensor, within known: ClosedRange<Double>?) {
    withoutGradient {
      let (low, high) = known.map { ($0.lowerBound, $0.upperBound) } ?? (data.min().item(), data.max().item())
      range.assign(Tensor([low, high > low ? high : low + 1]))
      standardization.fit(to: logit.forward(data.to(range.value.dtype)))
    }
  }

  /// The logit and the standardization; they do not depend on the context.
  public func bijection(given context: Tensor?, _ layerContext: LayerContext) -> any Bijection {
    Chain([Elementwise(logit), standardization.bijection(given: nil, layerContext)])
  }

  /// A range that is not finite or does not go upwards; the standardization's.
  public var defect: String? {
    let ends = range.value.doubles()
    guard ends.allSatisfy(\.isFinite), ends[0] < ends[1] else { return "range is not finite or does not go upwards" }
    return standardization.defect
  }

  /// Visits `range`, then `mean` and `scale`.
  public func visitParameters(_ visitor: inout some ParameterVisitor) {
    visitor.visit(range, named: "range")
    standardization.visitParameters(&visitor)
  }

  private var logit: Logit { Logit(lower: range.value[0], upper: range.value[1], margin: margin) }
}
