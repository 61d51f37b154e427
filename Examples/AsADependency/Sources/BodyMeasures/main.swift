// Fits a model of the catalogue to a table, reads it back from its run folder, scores rows and draws new ones: what
// `pushforward fit`, `score` and `sample` do, from a program.
//
//     swift run BodyMeasures [folder]
import Foundation
import Pushforward

let folder = URL(filePath: CommandLine.arguments.dropFirst().first ?? "runs", directoryHint: .isDirectory)
try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)

/// Heights in metres and weights in kilogrammes, `[count, 2]`: the body mass index has its own spread.
func measures(_ count: Int, using rng: inout RandomGenerator) -> Table {
  let height = 1.7 + 0.1 * Tensor.normal([count], using: &rng)
  let index = (3.2 + 0.15 * Tensor.normal([count], using: &rng)).exp()
  return Table(values: Tensor.stacking([height, height * height * index], 1), columnNames: ["height", "weight"])
}
var rng = RandomGenerator(seed: 1)
let data = folder.appending(path: "measures.csv")
try measures(1000, using: &rng).write(to: data.path)
let heldOut = measures(1000, using: &rng)

// All settings have defaults; `pushforward models real-nvp` lists them.
var settings = try FitSettings(model: "real-nvp", data: DataSettings(path: data.path))
settings.training?.maximumEpochs = 30
settings = try settings.setting("configuration.couplings.layers=3")
let run = RunFolder(folder.appending(path: "body-measures").path)
let report = try ModelFit(settings, into: run).run(overwriting: true) { event in
  if case .warning(let text) = event { print("warning: \(text)") }
}
if case .training(let training) = report { print("trained for \(training.epochs) epochs; the run is in \(run.path)") }

let (model, description) = try run.loadModel()
guard let density = model as? any DensityModel else { fatalError("\(description.model) gives no densities") }
let score = density.logProb(heldOut.values, given: nil).mean().item()
print(String(format: "held-out log-likelihood: %.4f nats", score))

let rows = model.sample(500, given: nil, using: &rng)
try Table(values: rows, columnNames: description.columns).write(to: folder.appending(path: "new.parquet").path)
print("drew \(rows.size(0)) rows of \(description.columns.joined(separator: ", "))")
