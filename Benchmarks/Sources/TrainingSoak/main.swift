// Live tensors and resident memory over many training steps: both must stay as they are after the first thousand.
//
//     TrainingSoak [steps]
import Foundation
import Pushforward

let steps = CommandLine.arguments.dropFirst().first.flatMap { Int($0) } ?? 20_000

func residentMebibytes() -> Double {
  let pages = (try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8))?.split(separator: " ")
  let count = pages.flatMap { $0.count > 1 ? Double($0[1]) : nil } ?? .nan
  return count * Double(sysconf(Int32(_SC_PAGESIZE))) / 1_048_576
}

var rng = RandomGenerator(seed: 0)
let flow = try NormalizingFlow(NeuralSplineFlow.Configuration(features: 6), using: &rng)
let data = Batch(values: Tensor.normal([4096, 6], using: &rng))
let epochs = max(1, steps / 16)
let trainer = try Trainer(TrainingConfiguration(batchSize: 256, maximumEpochs: epochs, validationFraction: 0))

var handles: [Int] = []
var memory: [Double] = []
_ = try trainer.fit(
  flow, to: data, objective: { batch, context in -flow.conditioned(on: nil, context).logProb(batch.values).mean() },
  using: &rng,
  onProgress: { progress in
    guard progress.step % 1000 == 0, progress.isEndOfEpoch || progress.stepsPerEpoch > 1 else { return }
    if handles.count < progress.step / 1000 {
      handles.append(liveTensorCount())
      memory.append(residentMebibytes())
    }
  })

let settled = memory.dropFirst()
let spread = settled.isEmpty ? 0 : ((settled.max() ?? 0) - (settled.min() ?? 0)) / (settled.min() ?? 1)
let figures: [String: Any] = [
  "benchmark": "training soak", "steps": epochs * 16, "live_tensors": handles,
  "resident_mib": memory.map { ($0 * 10).rounded() / 10 }, "resident_spread": (spread * 10_000).rounded() / 10_000,
]
print(String(decoding: try JSONSerialization.data(withJSONObject: figures, options: .sortedKeys), as: UTF8.self))
