#!/usr/bin/env bash
# Compares models with their peers on real data: minutes to hours, not part of the tests.
#
# DATA is a folder with uci_small, uci_misc, debd, mnist and the BSDS300 patches; further arguments go to
# Studies/density.py.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

data=${DATA:-../shared/data}
[[ -d $data/uci_small/kin40k ]] || {
  printf 'study: error: there is no data in %s.\n  Remedy: DATA=folder make study\n' "$data" >&2
  exit 1
}
python=$(Scripts/peers.sh)
swift build --configuration release --product pushforward
swift build --package-path Benchmarks --configuration release --product GaussianMixtures
swift build --package-path Benchmarks --configuration release --product DiscrepancyCalibration
Benchmarks/.build/release/DiscrepancyCalibration
"$python" Studies/gaussian_rows.py Benchmarks/.build/release/GaussianMixtures "$data"
"$python" Studies/binary_densities.py .build/release/pushforward "$data"
"$python" Studies/density.py .build/release/pushforward "$data" "$@"
