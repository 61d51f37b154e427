public import NeuralNetworks
public import Probability
public import Torch

/// A module that builds a bijection of feature vectors: one step of a flow.
///
/// To implement one: keep parameters and buffers as properties and visit them; build the bijection from their values at
/// the time of the call, so that training moves it; add a row to the tests with `checkModule` and `checkBijection`.
public protocol FlowLayer: Module {
  /// The bijection of events `[features]` for contexts.
  ///
  /// - Parameters:
  ///   - context: standardized contexts, `[*batch, contextFeatures]`; nil for a flow without context.
  ///   - layerContext: whether layers train, and their random numbers.
  /// - Returns: a bijection of event rank 1.
  func bijection(given context: Tensor?, _ layerContext: LayerContext) -> any Bijection

  /// What is wrong with the values of the buffers, starting with the name of one ("scale is not positive"); nil when
  /// they make a bijection.
  ///
  /// Shapes are right by the time it is asked. A layer without buffers need not implement it.
  var defect: String? { get }
}

extension FlowLayer {
  /// Nothing.
  public var defect: String? { nil }
}
