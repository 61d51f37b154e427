public import Torch

/// A probability distribution that can be asked for log-densities and for samples.
///
/// Shapes are always in the order `[sample, batch, event]`: the event is one draw of one distribution, the batch is
/// distributions side by side, the sample shape is what a caller asks for. Log-densities are in nats.
///
/// To implement one: give `batchShape`, `eventShape` and `support`, implement ``logProb(unchecked:)`` (minus infinity
/// out of support, NaN for NaN) and ``sample(_:using:)`` (no gradients recorded), conform to
/// ``ReparameterizedDistribution`` when samples are a differentiable function of the parameters, and add a row to the
/// tests with `checkDistribution`.
public protocol Distribution {
  /// The shape of distributions side by side.
  var batchShape: Shape { get }
  /// The shape of one draw of one distribution.
  var eventShape: Shape { get }
  /// Where the density is positive.
  var support: Support { get }
  /// The log-density without checks of shapes: implement this, call ``logProb(_:)``.
  func logProb(unchecked x: Tensor) -> Tensor
  /// Independent draws, outside the gradient graph, of shape `sampleShape + batchShape + eventShape`.
  func sample(_ sampleShape: Shape, using rng: inout RandomGenerator) -> Tensor
}

extension Distribution {
  /// The logarithm of the density (or of the probability, for discrete events), in nats.
  ///
  /// - Parameter x: events, `[*sample, *batch, *event]`; its leading dimensions broadcast against the batch.
  /// - Returns: `[*sample, *batch]`; minus infinity out of support.
  /// - Precondition: `x` ends in `eventShape`, and what precedes broadcasts with `batchShape`.
  public func logProb(_ x: Tensor) -> Tensor {
    let shape = x.shape
    precondition(
      shape.trailing(eventShape.rank) == eventShape && shape.rank >= eventShape.rank,
      "logProb: expected events of shape \(eventShape), got a tensor of shape \(shape)")
    precondition(
      Shape.broadcasting(shape.droppingTrailing(eventShape.rank), batchShape) != nil,
      "logProb: expected events that broadcast with the batch \(batchShape), got a tensor of shape \(shape)")
    return logProb(unchecked: x)
  }

  /// One draw of each distribution of the batch.
  public func sample(using rng: inout RandomGenerator) -> Tensor { sample([], using: &rng) }

  /// Draws in pieces, so that memory stays bounded.
  ///
  /// - Parameters:
  ///   - count: the number of draws.
  ///   - chunkSize: the most draws at a time.
  ///   - rng: the source of random numbers; draws depend on the chunk size too.
  /// - Returns: `[count, *batch, *event]`.
  public func sample(count: Int, chunkSize: Int, using rng: inout RandomGenerator) -> Tensor {
    precondition(count > 0 && chunkSize > 0, "sample: expected positive counts, got \(count) in chunks of \(chunkSize)")
    let pieces = stride(from: 0, to: count, by: chunkSize).map { start in
      sample([min(chunkSize, count - start)], using: &rng)
    }
    return Tensor.concatenating(pieces)
  }

  /// Log-densities in pieces without gradients, so that memory stays bounded.
  ///
  /// - Parameters:
  ///   - x: events, `[count, *batch, *event]`; only `count` is cut into pieces.
  ///   - chunkSize: the most events at a time.
  /// - Returns: `[count, *batch]`, in nats.
  /// - Precondition: `x` has one dimension more than the batch and the event.
  public func logProb(_ x: Tensor, chunkSize: Int) -> Tensor {
    precondition(
      chunkSize > 0 && x.rank == 1 + batchShape.rank + eventShape.rank,
      "logProb: expected [count] + \(batchShape + eventShape) and a positive chunk size, got \(x.shape), \(chunkSize)")
    return withoutGradient { Tensor.concatenating(x.split(size: chunkSize).map { logProb($0) }) }
  }
}

/// A distribution whose draws are a differentiable function of its parameters and of noise.
public protocol ReparameterizedDistribution: Distribution {
  /// Independent draws through which gradients flow, of shape `sampleShape + batchShape + eventShape`.
  func reparameterizedSample(_ sampleShape: Shape, using rng: inout RandomGenerator) -> Tensor
  /// Draws as by ``reparameterizedSample(_:using:)``, with their log-densities, `sampleShape + batchShape`, in nats.
  /// Gradients of both are those of functions of parameters and noise.
  ///
  /// Implement it where a draw gives its density at no further cost.
  func reparameterizedSampleWithLogProb(
    _ sampleShape: Shape, using rng: inout RandomGenerator
  ) -> (sample: Tensor, logProb: Tensor)
}

extension ReparameterizedDistribution {
  /// Independent draws, outside the gradient graph.
  public func sample(_ sampleShape: Shape, using rng: inout RandomGenerator) -> Tensor {
    withoutGradient { reparameterizedSample(sampleShape, using: &rng) }
  }

  /// Draws, then their log-densities.
  public func reparameterizedSampleWithLogProb(
    _ sampleShape: Shape, using rng: inout RandomGenerator
  ) -> (sample: Tensor, logProb: Tensor) {
    let sample = reparameterizedSample(sampleShape, using: &rng)
    return (sample, logProb(unchecked: sample))
  }
}
