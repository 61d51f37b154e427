import Foundation
import Pushforward

/// The fit of a density tree with ten-fold pruning; the result says how well it does on other rows, and the same of the
/// tree that is not pruned.
func densityTreeWorkload(_ arguments: [String]) throws -> Served {
  let files = arguments.prefix(2).map { URL(fileURLWithPath: $0) }
  let (rows, heldOut) = (try NumPyFile.read(files[0]), try NumPyFile.read(files[1]))
  func fit(_ criterion: DensityTreeEstimator.Criterion, pruned: Bool = true) throws -> DensityTree {
    var rng = RandomGenerator(seed: 1)
    let estimator =
      pruned
      ? DensityTreeEstimator(criterion: criterion) : DensityTreeEstimator(criterion: criterion, pruning: .none)
    return try estimator.fit(rows, using: &rng)
  }
  func figures(_ tree: DensityTree) -> [String: Any] {
    ["leaves": tree.leafCount, "log_density": tree.logProb(heldOut).mean().item()]
  }
  return Served(
    measures: ["fit": { try secondsPerCall { _ = try fit(.squaredError) } }],
    result: {
      [
        "pruned": figures(try fit(.squaredError)), "grown": figures(try fit(.squaredError, pruned: false)),
        "likelihood": figures(try fit(.likelihood)),
      ]
    })
}
