#!/usr/bin/env bash
# Builds Examples/AsADependency, a package that uses this one, as its user would, runs its program, and checks what it
# prints and writes. What is built stays in .build/dependency, so that a second run is quick.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
example=$root/Examples/AsADependency
built=$root/.build/dependency
export PKG_CONFIG_PATH=$root/.deps/pkgconfig${PKG_CONFIG_PATH:+:$PKG_CONFIG_PATH}
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

fail() { # fail TEXT [FILE]
  printf 'dependency-test: failed: %s\n' "$1" >&2
  if [[ -n ${2:-} ]]; then sed 's/^/    /' "$2" >&2; fi
  exit 1
}

printf 'dependency-test: building %s\n' "${example#"$root/"}"
# Words on purpose: SWIFTFLAGS='--jobs 2'.
# shellcheck disable=SC2086
swift build --package-path "$example" --scratch-path "$built" ${SWIFTFLAGS:-} --configuration debug >"$scratch/build" 2>&1 ||
  fail "the package that uses this one does not build:" "$scratch/build"

# Without these, the program must find its libraries by its own run paths.
unset LD_LIBRARY_PATH
OMP_NUM_THREADS=1 "$built/debug/BodyMeasures" "$scratch/runs" >"$scratch/output" 2>&1 </dev/null ||
  fail "its program BodyMeasures ended with exit code $?:" "$scratch/output"

# The true distribution has -2.90 and the standard error of 1000 rows is 0.03; independent normals have -3.3.
score=$(sed -nE 's/^held-out log-likelihood: (-?[0-9.]+) nats$/\1/p' "$scratch/output")
[[ -n $score ]] || fail "it printed no 'held-out log-likelihood: NUMBER nats':" "$scratch/output"
awk -v score="$score" 'BEGIN { exit !(score > -3.1 && score < -2.75) }' ||
  fail "the held-out log-likelihood is $score, not between -3.1 and -2.75:" "$scratch/output"
grep -qx 'drew 500 rows of height, weight' "$scratch/output" ||
  fail "it did not print 'drew 500 rows of height, weight':" "$scratch/output"
for file in body-measures/model.safetensors body-measures/settings.yaml body-measures/metrics.jsonl new.parquet; do
  [[ -s $scratch/runs/$file ]] || fail "it did not write $file:" "$scratch/output"
done
printf 'dependency-test: passed (held-out log-likelihood %s nats)\n' "$score"
