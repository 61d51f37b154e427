public import Torch

/// What a flow does to data before its learned steps.
public enum Preprocessing: String, Hashable, Sendable, Codable, CaseIterable {
  /// Each feature to mean 0 and standard deviation 1.
  case standardize
  /// All features together to mean 0 and covariance 1; for strongly correlated features, such as pixels.
  case whiten
  /// All features from one range, that of the data, through the logit; then each to mean 0 and standard deviation 1. For
  /// images of drawings and digits, whose background is at an end of the range (``LogitLayer``, margin 1e-6).
  case logit
  /// The same with a margin of 0.05, for photographs.
  case softLogit

  func layer(features: Int) -> any PreprocessingLayer {
    switch self {
    case .standardize: StandardizationLayer(features: features)
    case .whiten: WhiteningLayer(features: features)
    case .logit: LogitLayer(features: features, margin: 1e-6)
    case .softLogit: LogitLayer(features: features, margin: 0.05)
    }
  }
}

/// The first step of a flow: a bijection that is computed from the data, not trained.
public protocol PreprocessingLayer: FlowLayer {
  /// The mean of the data, `[features]`.
  var mean: Buffer { get }
  /// Computes the bijection from data `[count, features]`; what was there before is replaced.
  func fit(to data: Tensor)
  /// The same, knowing where all numbers lie, those of other rows too; a layer to which that matters implements it.
  func fit(to data: Tensor, within range: ClosedRange<Double>?)
}

extension PreprocessingLayer {
  /// As if the range were not known.
  public func fit(to data: Tensor, within range: ClosedRange<Double>?) { fit(to: data) }
}
