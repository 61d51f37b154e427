#!/usr/bin/env bash
# Compares models with their peers on real data: minutes to hours, not part of the tests.
#
#   Scripts/study.sh [NAME [ARGUMENT...]]    one study, with arguments for its program; all of them without a name
#
# DATA is a folder with uci_small, uci_misc, uci_reg, debd, mnist and the photographs of BSDS300.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

studies=(
  discrepancy-calibration gaussian-rows binary-densities density small-tables conditional-densities images patches
  variational compression
)
name=${1:-}
[[ -z $name || " ${studies[*]} " == *" $name "* ]] || {
  printf 'study: error: there is no study %s; there are %s\n' "$name" "${studies[*]}" >&2
  exit 1
}
data=${DATA:-../shared/data}
[[ -d $data ]] || {
  printf 'study: error: there is no data in %s.\n  Remedy: DATA=folder make study\n' "$data" >&2
  exit 1
}

program=.build/release/pushforward
build_benchmark() { swift build --package-path Benchmarks --configuration release --product "$1"; }
build_program() { swift build --configuration release --product pushforward; }

run_study() {
  local study=$1
  shift
  case $study in
    discrepancy-calibration)
      build_benchmark DiscrepancyCalibration
      Benchmarks/.build/release/DiscrepancyCalibration
      ;;
    gaussian-rows)
      build_benchmark GaussianMixtures
      "$python" Studies/gaussian_rows.py Benchmarks/.build/release/GaussianMixtures "$data" "$@"
      ;;
    *)
      build_program
      "$python" "Studies/${study//-/_}.py" "$program" "$data" "$@"
      ;;
  esac
}

python=$(Scripts/peers.sh)
if [[ -n $name ]]; then
  run_study "$@"
else
  for study in "${studies[@]}"; do run_study "$study"; done
fi
