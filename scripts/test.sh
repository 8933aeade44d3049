#!/usr/bin/env bash
# Builds and tests everything; prints each suite with its seconds and closes with `N passed, N failed`.
#
#   scripts/test.sh [--long] [SUITE...]      (without a suite: all, in this order)
#
#   checks   format, arrows, rules of the source, finding codes
#   asan     builds everything with AddressSanitizer and UBSan, and every header alone
#   tidy     clang-tidy over the files changed since the last commit's parent
#   unit     the unit tests and the replayed fuzz corpora, also against a PostgreSQL of their own
#   tsan     builds base, store, rows and core with ThreadSanitizer and runs their tests
#   docs     executes the commands in the documentation
#   python   the folders of tests/ with Python suites; each can be named too: e2e, judges, crash ...
#   fuzz     (--long only) fuzzes every target for GODWIT_FUZZ_SECONDS (60)
#
# --long sets GODWIT_TEST_LONG=1, by which suites choose their long campaigns. Logs and reports: build/test.
# What needs all of memory or both cores runs alone: compilers and Java are never side by side.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

jobs=${GODWIT_JOBS:-$(nproc)}
logs=$PWD/build/test
python=${GODWIT_DEPS:-$PWD/.deps}/judges/bin/python
results=$logs/results

export UBSAN_OPTIONS=print_stacktrace=1
export GODWIT_BUILD=$PWD/build/asan
export GODWIT=$GODWIT_BUILD/src/app/godwit

# suite NAME COMMAND...: runs it into a log, prints a line, counts its reports (or, without reports, itself as one test).
# What it counted lies in $results/NAME, because suites may run side by side.
suite() {
  local name=$1 code seconds began=$SECONDS numbers
  shift
  mkdir -p "$logs/$name"
  rm -rf "${logs:?}/$name"/*
  printf '0 1 0 1\n' > "$results/$name" # until it ends: who is killed has failed
  "$@" > "$logs/$name/log" 2>&1
  code=$?
  seconds=$((SECONDS - began))
  read -r -a numbers < <(python3 scripts/count_tests.py "$logs/$name")
  if ((numbers[0] + numbers[1] + numbers[2] == 0)); then
    ((code == 0)) && numbers=(1 0 0) || numbers=(0 1 0)
  elif ((code != 0 && numbers[1] == 0)); then
    numbers[1]=1
  fi
  printf '%s\n' "${numbers[*]} $code" > "$results/$name"
  printf '%-24s %5d s  %5d passed %3d failed %3d skipped\n' "$name" "$seconds" "${numbers[@]}"
  if ((code != 0)); then
    tail -n 60 "$logs/$name/log" | cut -c 1-300 | sed 's/^/    | /'
    printf '    whole log: build/test/%s/log\n' "$name"
  fi
  return "$code"
}

run_checks() {
  suite format scripts/checks/format.sh
  suite arrows python3 scripts/checks/arrows.py
  suite rules python3 scripts/checks/rules.py
  suite findings python3 scripts/checks/findings.py
}

# build PRESET TARGET...
build() {
  local preset=$1
  shift
  cmake --preset "$preset" && cmake --build "build/$preset" --parallel "$jobs" --target "$@" -- -k 0
}

run_asan() {
  suite build-asan build asan all
  suite headers build asan headers
}

run_tidy() { suite tidy scripts/checks/tidy.sh build/asan; }

# Seconds that one test program may take.
program_limit=900
[[ -z ${GODWIT_TEST_LONG:-} ]] || program_limit=7200

# test_programs PRESET REPORTS: the seconds of each program are in the log and printed from there.
test_programs() {
  GTEST_OUTPUT="xml:$2/" ctest --test-dir "build/$1" --output-on-failure --no-tests=error --timeout "$program_limit" \
    --parallel "$jobs" --output-junit "$2/ctest.xml"
}

seconds_of_programs() { sed -n 's/^ *[0-9]*\/[0-9]* Test *#[0-9]*: \([^ ]*\) \.*\(.*\)$/    \1 \2/p' "$logs/$1/log" | column -t; }

with_postgres_test_programs() { scripts/with-postgres.sh "$0" --programs "$@"; }

run_unit() {
  suite unit with_postgres_test_programs asan "$logs/unit"
  seconds_of_programs unit
}

# Where addresses are more random than ThreadSanitizer of GCC 12 can bear, it starts only without that randomness.
tsan_test_programs() {
  local plain=()
  if (($(cat /proc/sys/vm/mmap_rnd_bits 2> /dev/null || echo 28) > 28)); then plain=(setarch "$(uname -m)" -R); fi
  # The short form: what the long one adds kills and damages, and threads meet as often without it.
  TSAN_OPTIONS="ignore_noninstrumented_modules=1 halt_on_error=1" "${plain[@]}" env -u GODWIT_TEST_LONG \
    scripts/with-postgres.sh "$0" --programs "$@"
}

run_tsan() {
  suite build-tsan build tsan all || return
  suite tsan tsan_test_programs tsan "$logs/tsan"
  seconds_of_programs tsan
}

run_docs() { suite docs python3 scripts/checks/docs.py "$GODWIT"; }

# A folder of tests/ with test_*.py is a suite. Its tests find the program in GODWIT.
run_python_suite() {
  suite "$1" "$python" -m pytest "tests/$1" -p no:cacheprovider -q --durations=10 --junitxml="$logs/$1/pytest.xml"
  sed -n '/slowest 10 durations/,/^=/{/s call/s/^/    /p}' "$logs/$1/log"
}

fuzz_target() {
  local target=$1 corpus=$logs/fuzz-$1/corpus
  mkdir -p "$corpus"
  "$(find build/fuzz -type f -name "$target" -perm -u+x | head -n 1)" -max_total_time="${GODWIT_FUZZ_SECONDS:-60}" -rss_limit_mb=2048 \
    -timeout=10 -print_final_stats=1 -artifact_prefix="$logs/fuzz-$target/" "$corpus" "tests/fuzz/corpus/$target"
}

run_fuzz() {
  local source
  suite build-fuzz build fuzz all || return
  while read -r source; do
    source=$(basename "$source" .cc)
    while (($(jobs -rp | wc -l) >= jobs)); do wait -n; done
    suite "fuzz-$source" fuzz_target "$source" &
  done < <(git ls-files '*_fuzz.cc')
  wait
}

# The longest first. Only judges has Java, so what stands beside it has the rest of the memory.
run_python() {
  local suite
  for suite in judges $(python_suites | grep -vx judges); do
    while (($(jobs -rp | wc -l) >= jobs)); do wait -n; done
    run_python_suite "$suite" &
  done
  wait
}

python_suites() {
  local folder
  for folder in tests/*/; do
    if compgen -G "${folder}test_*.py" > /dev/null; then basename "$folder"; fi
  done
}

setup() {
  local groups=(test lint)
  [[ -z ${GODWIT_TEST_LONG:-} ]] || groups+=(fuzz)
  scripts/setup.sh "${groups[@]}"
}

# Prints the sums and fails when a suite did.
sum_up() {
  local passed=0 failed=0 skipped=0 failures=() file numbers
  for file in "$results"/*; do
    read -r -a numbers < "$file"
    passed=$((passed + numbers[0])) failed=$((failed + numbers[1])) skipped=$((skipped + numbers[2]))
    ((numbers[1] == 0 && numbers[3] == 0)) || failures+=("${file##*/}")
  done
  printf '\n%d s' "$1"
  ((skipped == 0)) || printf ', %d skipped' "$skipped"
  ((${#failures[@]} == 0)) || printf ', failed: %s' "${failures[*]}"
  printf '\n%d passed, %d failed\n' "$passed" "$failed"
  ((${#failures[@]} == 0))
}

main() {
  local began=$SECONDS chosen
  case ${1:-} in
    -h | --help) sed -n '2,17s/^# \{0,1\}//p' "$0"; return ;;
    --programs) shift; test_programs "$@"; return ;;
    --long) export GODWIT_TEST_LONG=1; shift ;;
  esac
  setup || return
  rm -rf "$results" && mkdir -p "$results"
  if (($# == 0)); then
    set -- checks asan tidy unit tsan docs python
    [[ -z ${GODWIT_TEST_LONG:-} ]] || set -- "$@" fuzz
  fi
  for chosen in "$@"; do
    case $chosen in
      checks | asan | tidy | unit | tsan | docs | python | fuzz) "run_$chosen" ;;
      *) [[ -d tests/$chosen ]] || { printf 'there is no suite %s\n' "$chosen" >&2; return 64; }
         run_python_suite "$chosen" ;;
    esac
  done
  sum_up $((SECONDS - began))
}

main "$@"
