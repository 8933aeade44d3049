"""The row digest beside a full scan of the same Parquet files by DuckDB, one thread each."""

import json
import time

import duckdb
import pyarrow
import pyarrow.parquet

from measure import Figures, alternate, tool, work_folder

REPETITIONS = 5
ROWS = 4_000_000
FILES = 4
TABLE = f"""
    SELECT i AS id, (i * 7919) % 1000003 AS customer, ((i * 31) % 100000000 / 100.0)::DECIMAL(12, 2) AS amount,
           (i % 1000) / 7.0 AS score, i % 3 = 0 AS returned, DATE '2020-01-01' + (i % 2000)::INTEGER AS day,
           TIMESTAMP '2020-01-01 00:00:00' + to_microseconds((i * 15485863) % 100000000000000) AS happened,
           md5(i::VARCHAR) AS reference, CASE WHEN i % 10 = 0 THEN NULL ELSE 'note ' || i % 5000 END AS note
    FROM range({{first}}, {{last}}) AS r(i)"""
TYPES = {"id": "long", "customer": "long", "amount": "decimal(12, 2)", "score": "double", "returned": "boolean",
         "day": "date", "happened": "timestamp", "reference": "string", "note": "string"}


def make_files(folder):
    for number in range(FILES):
        first = ROWS // FILES * number
        query = TABLE.format(first=first, last=first + ROWS // FILES)
        table = duckdb.sql(query).to_arrow_table()
        pyarrow.parquet.write_table(table, folder / f"part-{number}.parquet", compression="zstd", row_group_size=500_000)


def schema():
    fields = [{"id": number, "name": name, "required": False, "type": kind}
              for number, (name, kind) in enumerate(TYPES.items(), start=1)]
    return json.dumps({"type": "struct", "schema-id": 0, "fields": fields})


def by_duckdb(query):
    def run():
        with duckdb.connect() as connection:
            connection.execute("SET threads = 1")
            start, cpu = time.monotonic(), time.process_time()
            connection.execute(query).fetchall()
            return {"seconds": time.monotonic() - start, "cpu_seconds": time.process_time() - cpu}

    return run


figures = Figures("row_digest", f"{ROWS:,} rows of {len(TYPES)} columns in {FILES} Parquet files (zstd), in the page cache, one thread. "
                  "The scan reads every column and hashes each value; the other query takes an MD5 of each row.")
with work_folder("digest") as folder:
    data = folder / "data"
    data.mkdir()
    make_files(data)
    (folder / "schema.json").write_text(schema())
    stored = sum(file.stat().st_size for file in data.iterdir())
    files = f"read_parquet('{data}/*.parquet')"
    decoded = duckdb.sql(f"SELECT * FROM {files}").to_arrow_table().nbytes
    scan = "SELECT " + ", ".join(f"bit_xor(hash({name}))" for name in TYPES) + f" FROM {files}"
    text = ", ".join(f"coalesce({name}::VARCHAR, '')" for name in TYPES)
    times = alternate(REPETITIONS, {
        "godwit": lambda: tool("digest_rows", data, folder / "schema.json"), "scan": by_duckdb(scan),
        "md5": by_duckdb(f"SELECT bit_xor(md5_number(concat_ws('|', {text}))) FROM {files}")})
names = {"godwit": "godwit", "scan": "DuckDB, full scan", "md5": "DuckDB, MD5 of each row as text"}
seconds, cpu = {}, {}
for name, words in names.items():
    measured = [one["seconds"] for one in times[name]]
    seconds[name] = figures.add(words, "s", measured)
    cpu[name] = figures.add(f"{words}: processor time", "s", [one["cpu_seconds"] for one in times[name]])
    figures.add(f"{words}: rows", "million per s", [ROWS / 1e6 / one for one in measured])
    figures.add(f"{words}: values as Arrow holds them", "MB per s", [decoded / 1e6 / one for one in measured])
    figures.add(f"{words}: Parquet", "MB per s", [stored / 1e6 / one for one in measured])
figures.add("godwit, peak memory", "MiB", [one["peak_bytes"] / 2**20 for one in times["godwit"]])
for peer in ("scan", "md5"):
    figures.ratio(f"time of godwit / {names[peer]}", seconds["godwit"] / seconds[peer])
    figures.ratio(f"processor time of godwit / {names[peer]}", cpu["godwit"] / cpu[peer])
figures.write()
