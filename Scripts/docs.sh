#!/usr/bin/env bash
# Builds the documentation of every library target into .build/documentation/site (docc, from the Swift toolchain).
# Arguments go to `docc convert`: `Scripts/docs.sh --warnings-as-errors`.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

output=.build/documentation
graphs=.build/symbol-graphs
docc=$(dirname "$(command -v swift)")/docc
[[ -x $docc ]] || docc=$(command -v docc) || {
  printf 'docs: error: docc was not found beside Swift.\n  Remedy: install the whole Swift toolchain.\n' >&2
  exit 1
}

symbols=$(swift build --show-bin-path)/../symbolgraph
rm -rf "$output" "$graphs" "$symbols"
mkdir -p "$output" "$graphs"
swift build
# Its exit status says nothing: it also tries programs and tests, which have no symbols to give. What counts is checked
# for each library below.
swift package dump-symbol-graph --minimum-access-level public --skip-synthesized-members >"$graphs/log" 2>&1 || true

archives=()
for folder in Sources/*/; do
  target=$(basename "$folder")
  compgen -G "$folder*.swift" >/dev/null || compgen -G "$folder*/*.swift" >/dev/null || continue # C and C++
  [[ $target != PushforwardCLI ]] || continue
  [[ -f $symbols/$target.symbols.json ]] || {
    cat "$graphs/log" >&2
    printf 'docs: error: no symbols of %s were written; see above.\n' "$target" >&2
    exit 1
  }
  # A target's own symbols, and what it adds to those of other modules.
  mkdir "$graphs/$target"
  find "$symbols" \( -name "$target.symbols.json" -o -name "$target@*.symbols.json" \) -exec cp -t "$graphs/$target" {} +
  printf 'docs: %s\n' "$target"
  catalog=()
  if [[ -d ${folder}Documentation.docc ]]; then catalog=("${folder}Documentation.docc"); fi
  "$docc" convert ${catalog[@]+"${catalog[@]}"} --additional-symbol-graph-dir "$graphs/$target" --diagnostic-level warning \
    --fallback-display-name "$target" --fallback-bundle-identifier "pushforward.$target" \
    --output-path "$output/$target.doccarchive" "$@"
  archives+=("$output/$target.doccarchive")
done

"$docc" merge "${archives[@]}" --synthesized-landing-page-name Pushforward --output-path "$output/site"
printf 'docs: written. To read them: python3 -m http.server --directory %s/site, then /documentation\n' "$output"
