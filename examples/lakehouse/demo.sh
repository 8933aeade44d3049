#!/usr/bin/env bash
# The whole journey over the example estate: assess, plan, apply (killed once in the middle and resumed), verify, query,
# certificate, roll back. Needs nothing but the program. GODWIT names it; everything else lies in a temporary folder.
set -euo pipefail

godwit=${GODWIT:-godwit}
estate=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
work=$(mktemp -d)
export TMPDIR=$work # what the killed process leaves there goes with the rest
catalogue_process=

finish() {
  [[ -z $catalogue_process ]] || kill "$catalogue_process" 2> /dev/null || true
  rm -rf "$work"
}
trap finish EXIT

say() { printf '\n== %s\n' "$*"; }
run() { "$godwit" --state "$work/state.db" "$@"; }

say 'An empty warehouse and its catalogue'
mkdir "$work/warehouse"
"$godwit" catalog serve --warehouse "$work/warehouse" --database "$work/catalogue.db" --port 0 --port-file "$work/endpoint" \
  > "$work/catalogue.log" 2>&1 &
catalogue_process=$!
for _ in $(seq 200); do [[ -s $work/endpoint ]] && break; sleep 0.05; done
endpoint=$(< "$work/endpoint")
echo "catalogue: a process of its own, Iceberg REST on loopback"

say 'Assess: what is there'
run assess lakehouse --export "$estate/export" \
  --map "s3://acme-lake=$estate/data/acme-lake" --map "s3://acme-raw=$estate/data/acme-raw" \
  --warehouse "$work/warehouse" --catalog "$endpoint" --output-dir "$work/reports"

say 'Plan: what would be done, and why'
run plan create --out "$work/plan.jsonl"

say 'Apply, and kill it in the middle (SIGKILL)'
"$godwit" --state "$work/state.db" --progress plain apply "$work/plan.jsonl" > "$work/apply.log" 2>&1 &
apply_process=$!
for _ in $(seq 600); do grep -q 'done  lakehouse.copy' "$work/apply.log" && break; sleep 0.02; done
kill -9 "$apply_process" 2> /dev/null || true
wait "$apply_process" 2> /dev/null || true
identifier=$(run run list | cut -d ' ' -f 1)
echo "killed; run $identifier is unfinished:"
run run list

say 'Resume'
run --progress none run resume "$identifier"

say 'Verify again, afresh'
run --progress none verify "$identifier"

say 'Certificate'
run certificate "$identifier" --out "$work/certificate.json"
grep -o '"migrated":true,"outcome":"equal"\|"migrated":[a-z]*' "$work/certificate.json" | tail -n 1

say 'Query a moved table'
run query --catalog "$endpoint" 'SELECT count(*) AS orders, min(ts) AS first, max(ts) AS last FROM sales.orders'

say 'Roll back: nothing is left'
run --progress none run rollback "$identifier"
run catalog dump --database "$work/catalogue.db"
echo "files in the warehouse: $(find "$work/warehouse" -mindepth 1 | wc -l)"
[[ $(find "$work/warehouse" -mindepth 1 | wc -l) == 0 ]]
