import Probability
import Torch

/// Distributions side by side of which each needs a wide table of parameters (a weight for each component or data point),
/// made for some of them at a time: memory stays bounded whatever the batch.
struct TiledDistribution: CumulativeDistribution {
  /// What the distributions depend on, `[*batch, features]`.
  let given: Tensor
  /// Numbers that one distribution keeps for one event.
  let width: Int
  let support: Support
  /// A quicker way to log-probabilities of `[draws, rows]` given `[rows, features]`, when nobody asks for gradients; NaN or
  /// infinite where it has no answer.
  var logProb: ((Tensor, Tensor) -> Tensor)?
  /// The distributions of some rows, `[rows, features]`, as a batch `[rows]`.
  let make: (Tensor) -> any CumulativeDistribution

  var batchShape: Shape { given.shape.droppingTrailing(1) }
  var eventShape: Shape { [] }

  func logProb(unchecked x: Tensor) -> Tensor {
    guard let logProb, !x.requiresGradient, !given.requiresGradient, let (events, rows, shape) = aligned(x) else {
      return tiled(x) { $0.logProb(unchecked: $1) }
    }
    let quick = logProb(events, rows)
    let isAnswered = quick.isFinite().all(0)
    guard !isAnswered.all() else { return quick.reshaped(shape) }
    let left = (.!isAnswered).nonzero().flattened()
    let slow = TiledDistribution(given: rows.selecting(left), width: width, support: support, make: make)
      .logProb(unchecked: events.selecting(left, 1))
    return quick.replacing(left, along: 1, with: slow).reshaped(shape)
  }

  func cdf(_ x: Tensor) -> Tensor { tiled(x) { $0.cdf($1) } }

  func quantile(_ probability: Tensor) -> Tensor { tiled(probability) { $0.quantile($1) } }

  func sample(_ sampleShape: Shape, using rng: inout RandomGenerator) -> Tensor {
    withoutGradient {
      quantile(Tensor.uniform(sampleShape + batchShape, dtype: .float64, device: given.device, using: &rng))
    }
  }

  /// About 32 MB of 64-bit numbers at a time.
  private static var numbersAtATime: Int { 1 << 22 }

  /// A function of numbers and of their distributions, in tiles over the batch and over draws.
  private func tiled(
    _ x: Tensor, _ function: (any CumulativeDistribution, Tensor) -> Tensor
  ) -> Tensor {
    guard let (events, rows, shape) = aligned(x) else {
      return x.to(.float64) + Tensor.zeros(batchShape, dtype: .float64)
    }
    let count = rows.size(0)
    let budget = max(1, TiledDistribution.numbersAtATime / max(width, 1))
    let rowsAtATime = max(1, min(count, budget / max(1, min(events.size(0), budget))))
    let drawsAtATime = max(1, min(events.size(0), budget / rowsAtATime))
    let strips = zip(rows.split(size: rowsAtATime), events.split(size: rowsAtATime, 1)).map { rows, events in
      let distribution = make(rows)
      return Tensor.concatenating(events.split(size: drawsAtATime).map { function(distribution, $0) })
    }
    return Tensor.concatenating(strips, 1).reshaped(shape)
  }

  /// Numbers `[draws, rows]`, what they depend on `[rows, features]`, and the shape of the answer; nil when it is empty.
  private func aligned(_ x: Tensor) -> (events: Tensor, rows: Tensor, shape: Shape)? {
    let shape = Shape.broadcasting(x.shape, batchShape) ?? x.shape
    guard shape.elementCount > 0 else { return nil }
    let batch = shape.trailing(batchShape.rank)
    let events = x.to(.float64).broadcasted(to: shape).reshaped([-1, batch.elementCount])
    let rows = given.to(.float64).broadcasted(to: batch + given.shape.trailing(1))
    return (events, rows.reshaped([batch.elementCount, given.size(-1)]), shape)
  }
}

extension Tensor {
  /// This tensor with other slices at some places of a dimension.
  fileprivate func replacing(_ places: Tensor, along dimension: Int, with slices: Tensor) -> Tensor {
    let count = size(dimension)
    let all = Tensor.concatenating([self, slices], dimension)
    let sources = Tensor.range(count).addingAt(places, 0, count - places + Tensor.range(places.elementCount))
    return all.selecting(sources, dimension)
  }
}
