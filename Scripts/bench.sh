#!/usr/bin/env bash
# Measures speed and memory beside the peers, in one run: rounds alternate between the libraries, so that a change of the
# machine's speed meets all of them. Prints lines of JSON, then ratios of medians.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

python=$(Scripts/peers.sh)
rounds=${ROUNDS:-3}
results=$(mktemp)
trap 'rm -f "$results"' EXIT

swift build --package-path Benchmarks --configuration release
programs=Benchmarks/.build/release

"$programs/OperationCost" | tee -a "$results"
for ((round = 0; round < rounds; round++)); do
  for size in "6 256 64" "6 512 256" "63 512 256"; do
    # shellcheck disable=SC2086 # the sizes are three arguments
    {
      "$programs/TrainingStep" $size
      "$python" Benchmarks/flow_peers.py zuko $size
      "$python" Benchmarks/flow_peers.py nflows $size
    } | tee -a "$results"
  done
done
"$programs/TrainingSoak" "${SOAK_STEPS:-20000}" | tee -a "$results"
"$python" Benchmarks/table_reading.py "$programs/TableReading" | tee -a "$results"
for workload in em-full em-diag mixture-sample kde-exact kde-tree tree; do
  "$python" Benchmarks/classical_peers.py "$workload" "$programs" | tee -a "$results"
done
"$python" Benchmarks/distribution_peers.py "$programs" | tee -a "$results"
"$python" Benchmarks/discrepancy_peers.py "$programs" | tee -a "$results"
"$python" Benchmarks/transport_peers.py "$programs" | tee -a "$results"
"$python" Benchmarks/ratios.py "$results"
