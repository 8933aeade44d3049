#!/usr/bin/env bash
# Checks the format of all C++ files; with --fix writes it.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
action=(--dry-run -Werror)
[[ ${1:-} != --fix ]] || action=(-i)
git ls-files -z --cached --others --exclude-standard -- '*.h' '*.cc' | xargs -0 -r -n 40 -P 2 clang-format-19 "${action[@]}"
