#!/usr/bin/env bash
# Trains a neural spline flow on the bundled digits and draws new ones. `make demo` builds the program first.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

program=.build/release/pushforward
run=runs/digits
[[ -x $program ]] || {
  printf 'demo: error: %s is not built.\n  Remedy: make build\n' "$program" >&2
  exit 1
}

"$program" fit nsf digits --out "$run" --overwrite --config Examples/digits.yaml
"$program" sample "$run" -n 100 --seed 7 -o "$run/samples.csv" --overwrite
"$program" sample "$run" -n 100 --seed 7 -o "$run/samples.png" --overwrite

printf '\nThe run is in %s; look at %s/samples.png:\n' "$run" "$run"
find "$run" -mindepth 1 -maxdepth 1 -printf '  %p (%s bytes)\n' | sort
