#!/usr/bin/env bash
# Builds the benchmarks as what ships is built, and runs them one after the other.
#
#   scripts/bench.sh [NAME...]      (without a name: all bench/*_bench.py)
#
# Each prints its figures beside those of a peer or a limit taken in the same run, and leaves them as JSON in
# build/bench/figures. Data that is slow to make is kept in build/bench/data.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
case ${1:-} in -h | --help) sed -n '2,7s/^# \{0,1\}//p' "$0"; exit ;; esac

jobs=${GODWIT_JOBS:-$(nproc)}
build=$PWD/build/bench
scripts/setup.sh test
cmake --preset release -B "$build" -DGODWIT_BENCH=ON --log-level=WARNING > /dev/null
cmake --build "$build" --parallel "$jobs"
export GODWIT=$build/src/app/godwit

if (($# == 0)); then
  mapfile -t all < <(git ls-files 'bench/*_bench.py')
  set -- "${all[@]}"
fi
for name in "$@"; do
  name=$(basename "$name" .py)
  printf '\n== %s\n' "${name%_bench}"
  "${GODWIT_DEPS:-.deps}/judges/bin/python" "bench/${name%_bench}_bench.py"
done
