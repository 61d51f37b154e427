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
  /// The distributions of some rows, `[rows, features]`, as a batch `[rows]`.
  let make: (Tensor) -> any CumulativeDistribution

  var batchShape: Shape { given.shape.droppingTrailing(1) }
  var eventShape: Shape { [] }

  func logProb(unchecked x: Tensor) -> Tensor { tiled(x) { $0.logProb(unchecked: $1) } }

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
    let shape = Shape.broadcasting(x.shape, batchShape) ?? x.shape
    let batch = shape.trailing(batchShape.rank)
    let events = x.to(.float64).broadcasted(to: shape).reshaped([-1, batch.elementCount])
    let rows = given.broadcasted(to: batch + given.shape.trailing(1)).reshaped([batch.elementCount, given.size(-1)])
    let budget = max(1, TiledDistribution.numbersAtATime / max(width, 1))
    let rowsAtATime = max(1, min(batch.elementCount, budget / max(1, min(events.size(0), budget))))
    let drawsAtATime = max(1, min(events.size(0), budget / rowsAtATime))
    guard shape.elementCount > 0 else { return x.to(.float64).broadcasted(to: shape) }
    let strips = zip(rows.split(size: rowsAtATime), events.split(size: rowsAtATime, 1)).map { rows, events in
      let distribution = make(rows)
      return Tensor.concatenating(events.split(size: drawsAtATime).map { function(distribution, $0) })
    }
    return Tensor.concatenating(strips, 1).reshaped(shape)
  }
}
