// Our side of the workloads that Benchmarks/bench.py runs: `Workloads NAME ARGUMENT...`, one file for each name.
import Foundation
import Pushforward

let workloads: [String: (usage: String, make: ([String]) throws -> Served)] = [
  "operations": ("swift|cpp", operationWorkload),
  "flow": ("[autoregressive-]spline|affine FEATURES ROWS HIDDEN", flowWorkload),
  "digits-demo": ("", digitsDemoWorkload),
  "autoencoder": ("", autoencoderWorkload),
  "soak": ("STEPS", soakWorkload),
  "table": ("TABLE.csv", tableWorkload),
  "mixture-steps": ("ROWS.npy START.npz RESULT.npz", mixtureStepsWorkload),
  "mixture-draws": ("MIXTURE.npz COUNT RESULT.npz", mixtureDrawsWorkload),
  "kernel-density": ("ROWS.npy PLACES.npy RESULT.npy exact|tree scott|BANDWIDTH", kernelDensityWorkload),
  "density-tree": ("ROWS.npy HELDOUT.npy", densityTreeWorkload),
  "distributions": ("COUNT", distributionWorkload),
  "hidden-markov": ("ROWS.npy START.npz RESULT.npz", hiddenMarkovWorkload),
  "discrepancy": ("X.npy Y.npy BANDWIDTH value|gradient RESULT.npy", discrepancyWorkload),
  "transport": ("X.npy Y.npy EPSILON TOLERANCE ITERATIONS", transportWorkload),
]

let arguments = Array(CommandLine.arguments.dropFirst())
do {
  if arguments.first == "write-table" {
    try writeTable(Array(arguments.dropFirst()))
  } else if let (usage, make) = arguments.first.flatMap({ workloads[$0] }),
    arguments.count - 1 == usage.split(separator: " ").count
  {
    try make(Array(arguments.dropFirst())).serve()
  } else {
    let lines = workloads.map { "  Workloads \($0) \($1.usage)" }.sorted().joined(separator: "\n")
    throw UsageError("expected one of\n\(lines)\n  Workloads write-table TABLE.csv ROWS")
  }
} catch {
  FileHandle.standardError.write(Data("Workloads: error: \(error)\n".utf8))
  exit(error is UsageError ? 64 : 1)
}
