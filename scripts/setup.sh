#!/usr/bin/env bash
# Installs what Godwit is built and tested with.
#
#   scripts/setup.sh [build] [test] [lint] [fuzz]      (without a group: build)
#
#   build  compiler, Debian libraries, Apache Arrow, DuckDB
#   test   build, and GoogleTest, PostgreSQL, Java, the judges of scripts/setup-judges.sh
#   lint   clang-format and clang-tidy
#   fuzz   build, and clang with libFuzzer
#
# Debian packages stand in scripts/packages. Arrow and DuckDB are pinned below by version and digest and go to
# ${GODWIT_DEPS:-<project>/.deps}. What is there already is left alone.
set -euo pipefail

project=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
deps=${GODWIT_DEPS:-$project/.deps}
python=${PYTHON:-python3}

# Any CPython's wheel would do: only the C++ libraries in it are used, and those need no Python.
arrow_version=26.0.1
arrow_sha256=39cb0f2418282c24bea6ceda77b03e5a8f0a5766b63a8bf194d4e2a2c423548c

# The Go module holds DuckDB's header and static libraries. Its number encodes DuckDB's: 0.10505.0 is 1.5.5.
duckdb_version=1.5.5
duckdb_module=github.com/duckdb/duckdb-go-bindings/lib/linux-amd64@v0.10505.0
duckdb_sum=h1:nrsaVYj3XYCRbS2FpdOMD/KHE7egRMr+/NR1IHmjT84=

say() { printf 'setup: %s\n' "$*"; }
fail() { printf 'setup: %s\n' "$*" >&2; exit 1; }
usage() { sed -n '2,12s/^# \{0,1\}//p' "${BASH_SOURCE[0]}"; }

# Prints the packages of a list that are not there.
missing_packages() {
  local package command installed
  installed=$(dpkg-query -W -f '${db:Status-Status} ${Package}\n' | sed -n 's/^installed //p')
  while read -r package command; do
    if [[ -n $command ]] && command -v "$command" > /dev/null; then continue; fi
    grep -qxF -- "$package" <<< "$installed" || printf '%s ' "$package"
  done < <(grep -v -e '^#' -e '^$' "$project/scripts/packages/$1.txt")
}

as_root() {
  if [[ $EUID -eq 0 ]]; then
    "$@"
  else
    command -v sudo > /dev/null || fail "Debian packages can be installed by root only; run as root: apt-get install $missing"
    sudo "$@"
  fi
}

apt_install() {
  as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=300 install -y --no-install-recommends \
    "$@" > "$deps/apt.log" 2>&1
}

install_packages() {
  local group=$1
  missing=$(missing_packages "$group")
  [[ -n $missing ]] || return 0
  command -v apt-get > /dev/null || fail "no apt-get here; what is needed has these names on Debian 12: $missing"
  say "$group: installing Debian packages: $missing"
  # The package lists of a fresh machine are empty or old: the second try has new ones.
  # shellcheck disable=SC2086
  apt_install $missing || { as_root apt-get -qq update > "$deps/apt.log" 2>&1 && apt_install $missing; } || {
    grep -E '^(E|W):' "$deps/apt.log" | head -n 5 >&2
    fail "still missing: $(missing_packages "$group")(apt-get could not install them; its words: $deps/apt.log)"
  }
  missing=$(missing_packages "$group")
  [[ -z $missing ]] || fail "still missing after apt-get install: $missing"
}

# is_there FOLDER PIN: whether the folder was installed from exactly this pin. The last thing installed is the stamp.
is_there() { [[ $(cat "$1/version" 2> /dev/null) == "$2" ]]; }

# put_in_place FROM FOLDER: a folder appears whole or not at all.
put_in_place() {
  rm -rf "$2"
  mv "$1" "$2"
}

install_arrow() {
  local pin work
  pin=$(printf '%s\n%s' "$arrow_version" "$arrow_sha256")
  if is_there "$deps/pyarrow" "$pin"; then return; fi
  say "fetching Apache Arrow $arrow_version (the wheel pyarrow)"
  work=$deps/work.arrow
  rm -rf "$work" && mkdir -p "$work"
  printf 'pyarrow==%s --hash=sha256:%s\n' "$arrow_version" "$arrow_sha256" > "$work/requirements.txt"
  "$python" -m pip --disable-pip-version-check download --quiet --no-deps --only-binary=:all: --implementation cp \
    --python-version 3.11 --platform manylinux_2_28_x86_64 --require-hashes -r "$work/requirements.txt" -d "$work" \
    > "$work/log" 2>&1 || { tail -n 3 "$work/log" >&2; fail "the Python package pyarrow $arrow_version could not be fetched"; }
  "$python" -m zipfile -e "$work"/pyarrow-*.whl "$work/wheel"
  mkdir -p "$work/tree/pyarrow" "$work/tree/licenses"
  mv "$work/wheel/pyarrow/include" "$work"/wheel/pyarrow/lib*.so.* "$work/tree/pyarrow"
  mv "$work/wheel/pyarrow-$arrow_version.dist-info/licenses"/* "$work/tree/licenses"
  printf '%s\n' "$pin" > "$work/tree/version"
  put_in_place "$work/tree" "$deps/pyarrow"
  rm -rf "$work"
}

install_duckdb() {
  local pin work module sum
  pin=$(printf '%s\n%s' "$duckdb_version" "$duckdb_sum")
  if is_there "$deps/duckdb" "$pin"; then return; fi
  say "fetching DuckDB $duckdb_version (the Go module of its static libraries)"
  work=$deps/work.duckdb
  rm -rf "$work" && mkdir -p "$work/tree"/{include,lib,licenses}
  # The digest is checked here, so the checksum database need not be reachable.
  (cd "$work" && env GOFLAGS='-mod=mod -modcacherw' GOSUMDB=off GOTOOLCHAIN=local GOPATH="$work/go" \
    go mod download -json "$duckdb_module") > "$work/answer.json" 2> "$work/log" ||
    { cat "$work/log" <(sed -n 's/^\t"Error": //p' "$work/answer.json") >&2; fail "the Go module $duckdb_module could not be fetched"; }
  module=$(sed -n 's/^\t"Dir": "\(.*\)",\{0,1\}$/\1/p' "$work/answer.json")
  sum=$(sed -n 's/^\t"Sum": "\(.*\)",\{0,1\}$/\1/p' "$work/answer.json")
  [[ $sum == "$duckdb_sum" ]] || fail "$duckdb_module is not what was pinned: its digest is $sum"

  say "linking libduckdb.so"
  # One shared library that exports the C interface alone: DuckDB's C++ symbols and its bundled libraries stay inside.
  printf '{ global: duckdb_*; local: *; };\n' > "$work/exports"
  c++ -shared -o "$work/tree/lib/libduckdb.so" -Wl,-soname,libduckdb.so "-Wl,--version-script=$work/exports" -Wl,-z,relro,-z,now \
    -Wl,--whole-archive "$module/libduckdb_static.a" -Wl,--no-whole-archive -Wl,--start-group "$module"/*.a -Wl,--end-group \
    -pthread -ldl > "$work/log" 2>&1 || { tail -n 5 "$work/log" >&2; fail "DuckDB's static libraries could not be linked"; }
  cp "$module/duckdb.h" "$work/tree/include"
  cp "$module/LICENSE" "$work/tree/licenses/LICENSE.txt"
  chmod -R u+w "$work/tree"
  printf '%s\n' "$pin" > "$work/tree/version"
  put_in_place "$work/tree" "$deps/duckdb"
  rm -rf "$work"
}

install_group() {
  [[ -f $project/scripts/packages/$1.txt ]] || fail "there is no group '$1'; there are: build, test, lint, fuzz"
  install_packages "$1"
  case $1 in
    build) install_arrow && install_duckdb ;;
    test) install_group build && "$project/scripts/setup-judges.sh" judges spark ;;
    fuzz) install_group build ;;
  esac
}

main() {
  local group
  case ${1:-} in -h | --help) usage; return ;; esac
  [[ $(uname -m) == x86_64 ]] || fail "Arrow and DuckDB are pinned for x86_64; this machine is $(uname -m)"
  mkdir -p "$deps"
  # Two runs at once would write into the same folders: the second waits.
  exec 9> "$deps/.setup.lock"
  flock 9
  [[ $# -gt 0 ]] || set -- build
  for group in "$@"; do install_group "$group"; done
  say "$*: ready"
}

main "$@"
