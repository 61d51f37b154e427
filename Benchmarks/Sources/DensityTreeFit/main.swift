// Seconds to fit a density tree with ten-fold pruning, and how well it does on rows that it has not seen: what
// classical_peers.py measures for mlpack, on the same files.
//
//     DensityTreeFit rows.npy heldout.npy [squaredError|likelihood]
import Foundation
import Pushforward

let arguments = CommandLine.arguments.dropFirst()
guard arguments.count >= 2 else {
  fatalError("expected: DensityTreeFit rows.npy heldout.npy [squaredError|likelihood]")
}
let files = arguments.prefix(2).map { URL(fileURLWithPath: $0) }
let (rows, heldOut) = (try NumPyFile.read(files[0]), try NumPyFile.read(files[1]))
let criterion = arguments.dropFirst(2).first.flatMap(DensityTreeEstimator.Criterion.init) ?? .squaredError

/// The least time of several fits, and what they gave.
func timed(
  _ estimator: DensityTreeEstimator, _ rows: Tensor, repeats: Int = 3
) throws -> (seconds: Double, tree: DensityTree) {
  var (seconds, tree): (Double, DensityTree?) = (.infinity, nil)
  let clock = ContinuousClock()
  for _ in 0..<repeats {
    var rng = RandomGenerator(seed: 1)
    let duration = try clock.measure { tree = try estimator.fit(rows, using: &rng) }
    seconds = min(seconds, duration / .seconds(1))
  }
  guard let tree else { fatalError("no fit was made") }
  return (seconds, tree)
}

func rounded(_ value: Double, _ digits: Double = 1e4) -> Double { (value * digits).rounded() / digits }

let whole = try timed(DensityTreeEstimator(criterion: criterion, pruning: .none), rows)
let pruned = try timed(DensityTreeEstimator(criterion: criterion), rows)
let logProb = pruned.tree.logProb(heldOut)
let clock = ContinuousClock()
let scoring = clock.measure { _ = pruned.tree.logProb(rows) }
let sampling = clock.measure {
  var rng = RandomGenerator(seed: 2)
  _ = pruned.tree.sample([rows.size(0)], using: &rng)
}
let figures: [String: Any] = [
  "library": "pushforward", "criterion": criterion.rawValue, "rows": rows.size(0), "columns": rows.size(1),
  "seconds": rounded(pruned.seconds), "leaves": pruned.tree.leafCount,
  "log_density": rounded(logProb.mean().item(), 1e8),
  "mean_density": logProb.exp().mean().item(), "seconds_unpruned": rounded(whole.seconds),
  "leaves_unpruned": whole.tree.leafCount,
  "log_density_unpruned": rounded(whole.tree.logProb(heldOut).mean().item(), 1e8),
  "seconds_scoring": rounded(scoring / .seconds(1)), "seconds_sampling": rounded(sampling / .seconds(1)),
]
print(String(decoding: try JSONSerialization.data(withJSONObject: figures, options: .sortedKeys), as: UTF8.self))
