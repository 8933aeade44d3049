#!/usr/bin/env bash
# Installs the programs that judge Godwit's work: other people's readers of the same formats.
#
#   scripts/setup-judges.sh [judges] [spark] [generate]      (without a group: judges and spark)
#
#   judges    PyIceberg, fastavro, DuckDB with its extensions, schemathesis, pytest
#   spark     PySpark and Iceberg's jar for it
#   generate  what makes the example estate and the fixtures; no test needs it
#
# Each group is a Python environment of its own below ${GODWIT_DEPS:-<project>/.deps}; jars go to jars/ beside them.
# Everything is pinned by version and digest in scripts/pins. A group that is already there as pinned is left alone.
set -euo pipefail

project=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
pins=$project/scripts/pins
deps=${GODWIT_DEPS:-$project/.deps}
python=${PYTHON:-python3}
maven_plugin=org.apache.maven.plugins:maven-dependency-plugin:3.8.1

say() { printf 'setup-judges: %s\n' "$*"; }
fail() { printf 'setup-judges: %s\n' "$*" >&2; exit 1; }

usage() { sed -n '2,11s/^# \{0,1\}//p' "${BASH_SOURCE[0]}"; }

need() { command -v "$1" > /dev/null || fail "$1 is missing; on Debian: apt-get install $2"; }

# The digest of all that decides what a group holds. The interpreter is the environment's own: whoever asks, with whatever
# python3 comes first in the path, gets the same answer.
wanted_stamp() {
  local group=$1 files=("$pins/build.txt" "$pins/$1.txt")
  [[ ! -f $pins/$group.jars ]] || files+=("$pins/$group.jars")
  { cat "${files[@]}"; "$deps/$group/bin/python" --version 2> /dev/null; } | sha256sum | cut -d ' ' -f 1
}

jar_path() {
  local _ artifact version
  IFS=: read -r _ artifact version <<< "$1"
  printf '%s/jars/%s-%s.jar' "$deps" "$artifact" "$version"
}

group_is_there() {
  local group=$1 digest coordinate
  [[ $(cat "$deps/$group/.stamp" 2> /dev/null) == $(wanted_stamp "$group") ]] || return 1
  [[ -f $pins/$group.jars ]] || return 0
  while read -r digest coordinate; do
    [[ -f $(jar_path "$coordinate") ]] || return 1
  done < <(grep -v '^#' "$pins/$group.jars")
}

# Runs pip; when it fails, shows the lines in which it names the package, not the pages around them.
pip_install() {
  local group=$1 log=$deps/$1.log
  shift
  "$deps/$group/bin/python" -m pip install --disable-pip-version-check --no-input --require-hashes "$@" > "$log" 2>&1 && return
  grep -E '^ *(ERROR|error):|^ *[A-Za-z0-9._-]+==[^ ]+ from ' "$log" | tail -n 8 >&2 || tail -n 8 "$log" >&2
  fail "a package of group '$group' could not be installed (named above; all of pip's words: $log)"
}

install_python() {
  local group=$1
  say "$group: installing $(grep -c '^[a-z0-9].*==' "$pins/$group.txt") Python packages into $deps/$group"
  "$python" -m venv --clear "$deps/$group" || fail "no Python environment; on Debian: apt-get install python3-venv"
  # Packages that come as source are built with the pinned tools, not with whatever is newest.
  pip_install "$group" -r "$pins/build.txt"
  pip_install "$group" --no-build-isolation -r "$pins/$group.txt"
}

jar_is_right() { [[ -f $2 && $(sha256sum "$2" | cut -d ' ' -f 1) == "$1" ]]; }

install_jar() {
  local digest=$1 coordinate=$2 target folder group artifact version
  target=$(jar_path "$coordinate")
  if jar_is_right "$digest" "$target"; then return; fi
  need mvn maven
  say "fetching $coordinate"
  folder=$(mktemp -d "$deps/jar.XXXXXX")
  mvn --quiet --batch-mode "-Dmaven.repo.local=$folder" "$maven_plugin:get" "-Dartifact=$coordinate" -Dtransitive=false \
    > "$deps/jars.log" 2>&1 || { rm -rf "$folder"; fail "$coordinate could not be fetched (Maven's words: $deps/jars.log)"; }
  IFS=: read -r group artifact version <<< "$coordinate"
  mkdir -p "$deps/jars"
  mv "$folder/${group//.//}/$artifact/$version/$artifact-$version.jar" "$target"
  rm -rf "$folder"
  jar_is_right "$digest" "$target" || { rm -f "$target"; fail "$coordinate is not the file that was pinned: its digest differs"; }
}

install_group() {
  local group=$1 digest coordinate
  if group_is_there "$group"; then
    say "$group: as pinned, nothing to do"
    return
  fi
  install_python "$group"
  if [[ -f $pins/$group.jars ]]; then
    while read -r digest coordinate; do
      install_jar "$digest" "$coordinate"
    done < <(grep -v '^#' "$pins/$group.jars")
  fi
  wanted_stamp "$group" > "$deps/$group/.stamp"
  rm -f "$deps/$group.log" "$deps/jars.log"
  say "$group: ready"
}

main() {
  case ${1:-} in -h | --help) usage; return ;; esac
  need "$python" python3
  mkdir -p "$deps"
  # Two runs at once would write into the same folders: the second waits.
  exec 9> "$deps/.setup-judges.lock"
  flock 9
  local group
  [[ $# -gt 0 ]] || set -- judges spark
  for group in "$@"; do
    case $group in
      judges | spark | generate) install_group "$group" ;;
      *) fail "there is no group '$group'; there are: judges, spark, generate" ;;
    esac
  done
}

main "$@"
