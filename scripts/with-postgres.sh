#!/usr/bin/env bash
# Starts a PostgreSQL 15 of its own in a temporary folder on a free port of 127.0.0.1, runs a command with its address in
# GODWIT_TEST_POSTGRESQL, and stops and removes the server whatever the command did.
#
#   scripts/with-postgres.sh COMMAND [ARGUMENT...]
#
# The server trusts whoever connects and does not sync to disk: it is for tests. PostgreSQL refuses to run as root, so
# root runs it as the user postgres.
set -euo pipefail

programs=${GODWIT_POSTGRESQL_PROGRAMS:-/usr/lib/postgresql/15/bin}
[[ $# -gt 0 ]] || { sed -n '2,8s/^# \{0,1\}//p' "${BASH_SOURCE[0]}"; exit 64; }
[[ -x $programs/initdb ]] || { printf 'no PostgreSQL 15 in %s; run scripts/setup.sh test\n' "$programs" >&2; exit 1; }

folder=$(mktemp -d "${TMPDIR:-/tmp}/godwit-postgresql.XXXXXX")
as_owner=()
if [[ $EUID -eq 0 ]]; then
  chown postgres: "$folder"
  as_owner=(setpriv --reuid=postgres --regid=postgres --init-groups)
fi
# From its own folder: the owner may not be allowed into ours.
postgres() { (cd "$folder" && "${as_owner[@]}" env HOME="$folder" LC_ALL=C "$@") > "$folder.log" 2>&1; }

stop() {
  postgres "$programs/pg_ctl" -D "$folder/data" -m immediate -w stop || true
  rm -rf "$folder" "$folder.log"
}
trap stop EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

postgres "$programs/initdb" -D "$folder/data" -A trust -U postgres -E UTF8 --no-sync ||
  { cat "$folder.log" >&2; exit 1; }

# The port is free when it is asked for and may be taken when it is used: then another is tried.
for _ in 1 2 3 4 5; do
  port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
  settings="-p $port -c listen_addresses=127.0.0.1 -c unix_socket_directories= -c fsync=off -c max_connections=50"
  if postgres "$programs/pg_ctl" -D "$folder/data" -l "$folder/server.log" -o "$settings" -w start; then
    GODWIT_TEST_POSTGRESQL="postgresql://postgres@127.0.0.1:$port/postgres" "$@"
    exit
  fi
done
cat "$folder/server.log" >&2
exit 1
