#!/usr/bin/env bash
# Runs clang-tidy over the source files that differ from the last commit's parent, or over all with --all.
#
#   scripts/checks/tidy.sh BUILD [--all]      (BUILD: a configured build folder)
#
# A changed header stands for the source file of its name and for its tests.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
build=${1:?the build folder}

changed() {
  git diff --name-only --diff-filter=d HEAD~1 -- 2> /dev/null || git ls-files
  git ls-files --others --exclude-standard
}

sources() {
  if [[ ${2:-} == --all ]]; then
    git ls-files --cached --others --exclude-standard -- '*.cc'
  else
    changed | sed -n -e 's/\.cc$/.cc/p' -e 's/^\(.*\)\.h$/\1.cc\n\1_test.cc/p'
  fi | sort -u
}

# Only what the build compiles: clang-tidy needs its command line.
chosen=()
while read -r source; do
  if [[ -f $source ]] && grep -qF "\"file\": \"$PWD/$source\"" "$build/compile_commands.json"; then chosen+=("$source"); fi
done < <(sources "$@")
printf 'clang-tidy: %d files\n' "${#chosen[@]}"
[[ ${#chosen[@]} -gt 0 ]] || exit 0
printf '%s\0' "${chosen[@]}" | xargs -0 -n 1 -P "${GODWIT_JOBS:-$(nproc)}" clang-tidy-19 -p "$build" --quiet \
  --extra-arg=-Wno-unknown-warning-option --extra-arg=-Wno-deprecated-declarations 2> /dev/null
