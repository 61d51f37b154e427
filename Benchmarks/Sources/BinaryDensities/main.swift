// Test log-likelihoods of independent columns and of the Chow-Liu tree on binary rows, as Studies/binary_densities.py
// asks for them.
//
//     BinaryDensities TRAIN.npy TEST.npy [smoothing]
import Foundation
import Pushforward

let files = Array(CommandLine.arguments.dropFirst())
guard files.count >= 2 else {
  FileHandle.standardError.write(Data("usage: BinaryDensities TRAIN.npy TEST.npy [smoothing]\n".utf8))
  exit(64)
}
let smoothing = files.count > 2 ? Double(files[2]) ?? 0.01 : 0.01
let train = try NumPyFile.read(URL(fileURLWithPath: files[0]))
let test = try NumPyFile.read(URL(fileURLWithPath: files[1]))
let columns = [ColumnKind](repeating: .discrete(values: [0, 1]), count: train.size(1))
var rng = RandomGenerator(seed: 0)
let clock = ContinuousClock()

func fit(_ estimator: some DensityEstimator) throws -> (score: Double, fitSeconds: Double, scoreSeconds: Double) {
  var start = clock.now
  let model = try estimator.fit(train, using: &rng)
  let fitSeconds = (clock.now - start) / .seconds(1)
  start = clock.now
  let score = model.logProb(test.to(.float64)).mean().item()
  return (score, fitSeconds, (clock.now - start) / .seconds(1))
}

let independent = try fit(
  IndependentEstimator(conditional: .table(ConditionalTableEstimator(smoothing: smoothing)), columns: columns))
let tree = try fit(ChowLiuTreeEstimator(smoothing: smoothing, columns: columns))
let figures: [String: Any] = [
  "library": "pushforward", "rows": train.size(0), "columns": train.size(1), "smoothing": smoothing,
  "independent": independent.score, "chow_liu": tree.score, "chow_liu_fit_s": tree.fitSeconds,
  "chow_liu_score_s": tree.scoreSeconds,
]
print(String(decoding: try JSONSerialization.data(withJSONObject: figures, options: .sortedKeys), as: UTF8.self))
