#!/usr/bin/env bash
# Measures speed and memory beside the peers: bench.sh [NAME]... builds both sides and runs Benchmarks/bench.py, whose head
# says what it takes. ROUNDS sets the number of rounds.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

python=$(Scripts/peers.sh)
"$python" Benchmarks/bench.py --list "$@" >/dev/null # a wrong name is found before minutes of building
swift build --configuration release --product pushforward
swift build --package-path Benchmarks --configuration release --product Workloads
exec "$python" Benchmarks/bench.py "$@"
