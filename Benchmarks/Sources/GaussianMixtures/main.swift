// Gaussian mixtures: EM from a given start, draws, EM over a file, and the normal distribution of a data set.
// `Benchmarks/classical_peers.py` runs the first two beside scikit-learn, `Studies/gaussian_rows.py` the last.
//
//     GaussianMixtures em ROWS.npy START.npz STEPS RESULT.npz [float32]   # seconds of a step
//     GaussianMixtures sample MIXTURE.npz COUNT RESULT.npz                # seconds of all draws, their moments
//     GaussianMixtures stream TABLE.parquet COMPONENTS STEPS              # EM over a file, the memory it takes
//     GaussianMixtures gaussian TRAIN.npy TEST.npy                        # mean log-density of the rows of a test set
//
// A mixture is an archive of weights, means and covariances.full (or .diagonal), as `GaussianMixture.tensors`.
import Foundation
import Pushforward

/// The highest memory of this process, MiB; unlike that of getrusage without what its parent had when it was started.
func peakMiB() throws -> Int {
  let status = try String(contentsOfFile: "/proc/self/status", encoding: .utf8)
  let line = status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") }
  return (line?.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0) >> 10
}

func seconds<Result>(_ work: () throws -> Result) rethrows -> (Result, Double) {
  let clock = ContinuousClock()
  let start = clock.now
  let result = try work()
  let duration = clock.now - start
  return (result, Double(duration.components.seconds) + Double(duration.components.attoseconds) * 1e-18)
}

func printFigures(_ figures: [String: Any]) throws {
  let all = figures.merging(["peak_mib": try peakMiB()]) { first, _ in first }
  print(String(decoding: try JSONSerialization.data(withJSONObject: all, options: .sortedKeys), as: UTF8.self))
}

func rows(_ path: String) throws -> Tensor { try NumPyFile.read(URL(fileURLWithPath: path)) }

func mixture(_ path: String) throws -> GaussianMixture {
  try GaussianMixture(tensors: NumPyArchive(contentsOf: URL(fileURLWithPath: path)).tensors)
}

/// Times one step as the difference of 1 and 1 + STEPS steps, and writes the mixture after 1 + STEPS.
func em(_ arguments: [String]) throws {
  var x = try rows(arguments[0])
  if arguments.count > 4 { x = x.to(.float32) }
  let (start, steps) = (try mixture(arguments[1]), Int(arguments[2]) ?? 5)
  var estimator = GaussianMixtureEstimator(components: start.componentCount, covariance: start.structure)
  estimator.tolerance = 0
  estimator.maximumIterations = 1
  let (_, first) = try seconds { try estimator.fit(x, from: start) }
  estimator.maximumIterations = 1 + steps
  let ((fitted, report), all) = try seconds { try estimator.fit(x, from: start) }
  let scores = fitted.logProb(x.narrowed(0, from: 0, length: min(1000, x.size(0)))).to(.float64)
  try NumPyArchive(tensors: fitted.tensors.merging(["scores": scores]) { first, _ in first })
    .write(to: URL(fileURLWithPath: arguments[3]))
  try printFigures([
    "seconds": (all - first) / Double(steps), "seconds_all": all, "log_likelihood": report.logLikelihood,
  ])
}

func sample(_ arguments: [String]) throws {
  let mixture = try mixture(arguments[0]).to(.float32)
  let count = Int(arguments[1]) ?? 10_000_000
  var rng = RandomGenerator(seed: 1)
  let (draws, duration) = seconds { mixture.sample([count], using: &rng) }
  let peak = try peakMiB()
  var sum = Tensor.zeros([mixture.features], dtype: .float64)
  var products = Tensor.zeros([mixture.features, mixture.features], dtype: .float64)
  for block in draws.split(size: 1 << 16) {
    let wide = block.to(.float64)
    sum = sum + wide.sum(0)
    products = products + wide.transposed().matmul(wide)
  }
  try NumPyArchive(tensors: ["mean": sum / Double(count), "second": products / Double(count)])
    .write(to: URL(fileURLWithPath: arguments[2]))
  try printFigures(["seconds": duration, "peak_mib": peak])
}

func stream(_ arguments: [String]) throws {
  let file = try StreamedBatches(contentsOf: arguments[0], batchSize: 1 << 16, window: 1)
  var estimator = GaussianMixtureEstimator(components: Int(arguments[1]) ?? 5)
  estimator.maximumIterations = Int(arguments[2]) ?? 3
  var rng = RandomGenerator(seed: 1)
  let before = try peakMiB()
  let ((_, report), duration) = try seconds {
    try estimator.fit(RowBlocks(file, features: file.columnNames.count), using: &rng)
  }
  let size = try FileManager.default.attributesOfItem(atPath: arguments[0])[.size] as? Int ?? 0
  try printFigures([
    "file_bytes": size, "rows": report.rows, "passes": report.logLikelihoods.count + 1, "seconds": duration,
    "log_likelihoods": report.logLikelihoods, "mib_before": before,
  ])
}

func gaussian(_ arguments: [String]) throws {
  let (train, test) = (try rows(arguments[0]), try rows(arguments[1]))
  var rng = RandomGenerator(seed: 1)
  var estimator = GaussianMixtureEstimator(components: 1)
  estimator.minimumVariance = 1e-12
  let (normal, duration) = try seconds { try estimator.fit(train, using: &rng) }
  let scores = normal.logProb(test, chunkSize: 1 << 14).to(.float64)
  let error = scores.standardDeviation(0).item() / Double(test.size(0)).squareRoot()
  try printFigures([
    "log_density": scores.mean().item(), "standard_error": error, "seconds": duration, "rows": train.size(0),
    "columns": train.size(1),
  ])
}

let arguments = Array(CommandLine.arguments.dropFirst())
switch (arguments.first, arguments.count) {
case ("em", 5...): try em(Array(arguments.dropFirst()))
case ("sample", 4): try sample(Array(arguments.dropFirst()))
case ("stream", 4): try stream(Array(arguments.dropFirst()))
case ("gaussian", 3): try gaussian(Array(arguments.dropFirst()))
default: print("usage: GaussianMixtures em|sample|stream|gaussian ..., as the head of its main.swift says")
}
