public import NeuralNetworks
public import Torch

/// A model with parameters that gives a distribution for each context.
///
/// The context is a tensor `[*batch, contextFeatures]`, one distribution for each row. A model without context takes
/// nil; both kinds train, sample and score through the same calls:
///
///     let logProb = flow.conditioned(on: context).logProb(x)      // [*batch], nats
///     let draws = flow.distribution.sample([100], using: &rng)    // without context
///
/// To implement one: compute all that depends on the context once in ``conditioned(on:_:)``, and add a row to the tests
/// with `checkConditional`.
public protocol ConditionalDistribution: Module {
  /// What a context gives.
  associatedtype Conditioned: Distribution
  /// The distributions of contexts, in training or in inference.
  ///
  /// - Parameters:
  ///   - context: `[*batch, contextFeatures]`; nil for a model without context.
  ///   - layerContext: whether layers train, and their random numbers.
  /// - Returns: one distribution for each row of the context.
  func conditioned(on context: Tensor?, _ layerContext: LayerContext) -> Conditioned
}

extension ConditionalDistribution {
  /// The distributions of contexts, in inference.
  public func conditioned(on context: Tensor?) -> Conditioned { conditioned(on: context, .inference) }

  /// The distribution of a model without context, in inference.
  public var distribution: Conditioned { conditioned(on: nil, .inference) }
}
