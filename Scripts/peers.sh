#!/usr/bin/env bash
# Makes sure that the Python libraries to compare with are there, in their own virtual environment, and prints its
# python. PEERS=folder takes an environment that is there already.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

environment=${PEERS:-.peers}
wanted=Studies/requirements.txt
if [[ -z ${PEERS:-} ]] && ! cmp -s "$wanted" "$environment/installed.txt"; then
  printf 'peers: installing the libraries of %s into %s\n' "$wanted" "$environment" >&2
  python3 -m venv "$environment" >&2
  "$environment/bin/python" -m pip install --quiet --requirement "$wanted" >&2
  cp "$wanted" "$environment/installed.txt"
fi
printf '%s\n' "$environment/bin/python"
