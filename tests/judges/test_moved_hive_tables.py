"""Parquet tables that became Iceberg in place and CSV tables that were rewritten, against what others read in the source.

What Spark reads in the source is recorded beside each fixture, in the form of testbed/spark/rows.py: Parquet by its own
reader, text by Hive's SerDe. The long form asks it anew for every fixture, the short form for the representatives.
"""

import datetime
import decimal
import json
import math
import os
import pathlib

import pytest

import fixture_estate
import readers

LONG = bool(os.environ.get("GODWIT_TEST_LONG"))
FIXTURES = {(group, name): facts for group in ("parquet", "csv")
            for name, facts in fixture_estate.hive_fixtures(group).items()}
REPRESENTATIVES = [("parquet", "plain"), ("parquet", "nested"), ("parquet", "null-partition"),
                   ("parquet", "partition-elsewhere"), ("csv", "plain"), ("csv", "default-delimiters"),
                   ("csv", "escapes"), ("csv", "partitioned")]

# What cannot be moved, and the finding that says so.
NOT_MOVED = {
    ("csv", "partition-delimiter"): ["LAKE-024", "LAKE-041"],
    ("csv", "timestamp-formats"): ["LAKE-024", "LAKE-070"],
    ("parquet", "decimal-scale"): ["LAKE-023", "LAKE-061"],
    ("parquet", "int96"): ["LAKE-023", "LAKE-061", "LAKE-062"],
    ("parquet", "mixed-case"): ["LAKE-023", "LAKE-061"],
    ("parquet", "nested-legacy"): ["LAKE-023", "LAKE-061"],
    ("parquet", "partition-serde"): ["LAKE-023", "LAKE-041", "LAKE-060"],
    ("parquet", "timestamp-nanos"): ["LAKE-023", "LAKE-061"],
    ("parquet", "unreadable-file"): ["LAKE-023", "LAKE-060"],
    ("parquet", "unsigned"): ["LAKE-023", "LAKE-061"],
    ("parquet", "wrong-type"): ["LAKE-023", "LAKE-061"],
}
MOVED = [key for key in FIXTURES if key not in NOT_MOVED]
RECORDED = [key for key in MOVED if "rows" in FIXTURES[key]]

# How Glue's types appear at the target, where they change; the files say which timestamps are instants.
CHANGED_TYPES = {"tinyint": ["int"], "smallint": ["int"], "timestamp": ["timestamp", "timestamp_ntz"]}

# Where the target is as Athena reads the source, and Spark reads otherwise: rows of Spark's, and what stands for them.
# Athena takes both spellings of collection.delim, keeps days of October 1582, and looks into inner folders.
ATHENA = {
    ("csv", "cells-date"): [({"line": 10, "cell": "1582-10-20", "after": "x"},
                             {"line": 10, "cell": "1582-10-10", "after": "x"})],
    ("csv", "cells-timestamp"): [({"line": 16, "cell": "1582-10-20T00:00:00", "after": "x"},
                                  {"line": 16, "cell": "1582-10-10T00:00:00", "after": "x"})],
    ("csv", "own-delimiters"): [
        ({"id": 1, "tags": ["a,b"], "sizes": [["s", None]], "place": {"city": "Köln,50667", "zip": None}},
         {"id": 1, "tags": ["a", "b"], "sizes": [["m", 2], ["s", 1]], "place": {"city": "Köln", "zip": 50667}}),
        ({"id": 4, "tags": ["a,,\\N"], "sizes": [["s", None]], "place": {"city": ",", "zip": None}},
         {"id": 4, "tags": ["a", "", None], "sizes": [["", 1], ["s", None]], "place": {"city": "", "zip": None}})],
    ("parquet", "nested-directories"): [(None, {"id": 10}), (None, {"id": 20})],
}

# What PyIceberg 0.11.1 reads wrong in any table: a null list of structs is empty, a partition's zero is null.
PYICEBERG = {
    ("parquet", "nested"): {"visits": (None, [])},
    ("parquet", "partition-types"): {"price": ("0.00", None)},
}


# How Spark is told to read as it read when the rows were recorded (fixtures/glue_fixtures.py).
READERS = {"its own reader": {}, "Hive's SerDe": {"spark.sql.hive.convertMetastoreParquet": "false"},
           "its own reader by rows": {"spark.sql.parquet.enableVectorizedReader": "false"}}


def identifier(key):
    return "-".join(key)


def as_json(value):
    """A value of PyIceberg's in the form of the recorded rows."""
    if isinstance(value, dict):
        return {name: as_json(item) for name, item in value.items()}
    if isinstance(value, list) and value and isinstance(value[0], tuple):
        return sorted(([as_json(name), as_json(item)] for name, item in value), key=str)
    if isinstance(value, list):
        return [as_json(item) for item in value]
    if isinstance(value, decimal.Decimal):
        return format(value, "f")
    if isinstance(value, datetime.datetime):
        return value.replace(tzinfo=None).isoformat()
    if isinstance(value, datetime.date):
        return value.isoformat()
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return value


def without_zone(value):
    """Spark shows instants with a Z: Glue's timestamp has no zone."""
    if isinstance(value, dict):
        return {name: without_zone(item) for name, item in value.items()}
    if isinstance(value, list):
        return [without_zone(item) for item in value]
    if isinstance(value, str) and len(value) >= 20 and value.endswith("Z") and value[10:11] == "T":
        return value[:-1]
    return value


def in_order(rows):
    return sorted((without_zone(row) for row in rows), key=lambda row: str(list(row.values())))


def expected_rows(key):
    rows = in_order(FIXTURES[key]["rows"])
    for old, new in ATHENA.get(key, []):
        if old is not None:
            rows.remove(old)
        rows.append(new)
    return in_order(rows)


def as_pyiceberg_reads(key, rows):
    for column, (right, wrong) in PYICEBERG.get(key, {}).items():
        assert any(row[column] == right for row in rows)
        rows = [{**row, column: wrong if row[column] == right else row[column]} for row in rows]
    return in_order(rows)


def test_everything_that_was_planned_arrived(moved):
    skipped = {step["display"]: step.get("findings", []) for step in moved.steps if step["action"] == "skip"}
    assert {name: codes for name, codes in skipped.items() if not name.startswith("iceberg.")} == {
        f"{group}.{fixture_estate.table_name(name)}": codes for (group, name), codes in NOT_MOVED.items()}
    catalogue = readers.RestCatalog("judge", uri=moved.endpoint)
    for group in ("parquet", "csv"):
        assert {name for _, name in catalogue.list_tables(group)} == {
            fixture_estate.table_name(name) for where, name in MOVED if where == group}


@pytest.mark.parametrize("key", RECORDED, ids=identifier)
def test_pyiceberg_reads_what_spark_read_in_the_source(moved, key):
    table = readers.RestCatalog("judge", uri=moved.endpoint).load_table((key[0], fixture_estate.table_name(key[1])))
    rows = [{name: as_json(value) for name, value in row.items()} for row in table.scan().to_arrow().to_pylist()]
    assert in_order(rows) == as_pyiceberg_reads(key, expected_rows(key))
    again = readers.StaticTable.from_metadata(table.metadata_location)
    assert len(again.scan().to_arrow()) == len(rows)


@pytest.mark.parametrize("key", RECORDED, ids=identifier)
def test_spark_reads_what_it_read_in_the_source(spark, moved, key):
    group, name = key
    fixture = FIXTURES[key]
    columns, rows = fixture["columns"], fixture["rows"]
    if LONG or key in REPRESENTATIVES:
        record, partitions = fixture_estate.hive_records(group, name)
        root = fixture_estate.FIXTURES / group / name / "data"
        _, reader = fixture["reader"].split(", ")
        seen = spark.ask(op="read", rows=True, source={"hive": record, "partitions": partitions, "root": str(root),
                                                       "settings": READERS[reader]})
        assert (seen["columns"], seen["rows"]) == (columns, rows)
    where = {"catalog": moved.endpoint, "table": [group, fixture_estate.table_name(name)]}
    target = spark.ask(op="read", rows=True, source=where)
    assert in_order(target["rows"]) == expected_rows(key)
    assert [column for column, _ in target["columns"]] == [column for column, _ in columns]
    for (_, after), (_, before) in zip(target["columns"], columns):
        assert after in CHANGED_TYPES.get(before, [before])


@pytest.mark.parametrize("name", [name for group, name in MOVED if group == "parquet"])
def test_duckdb_reads_the_same_rows_in_files_and_table(duck, moved, name):
    """The source: every file of every partition, with the values that the catalogue gives it."""
    table = f"house.parquet.{fixture_estate.table_name(name)}"
    columns = duck.execute(f"DESCRIBE {table}").fetchall()
    at_target = duck.execute(f"SELECT * FROM {table}").fetchall()
    record, partitions = fixture_estate.hive_records("parquet", name)
    in_source = []
    for partition in partitions or [{"StorageDescriptor": record["StorageDescriptor"], "Values": []}]:
        in_source += rows_of_folder(duck, name, record, partition, {column[0]: column[1] for column in columns})
    assert sorted(map(repr, at_target)) == sorted(map(repr, in_source))


def rows_of_folder(duck, name, record, partition, types):
    key = partition["StorageDescriptor"]["Location"].removeprefix("s3://fixtures/")
    folder = fixture_estate.FIXTURES / "parquet" / name / "data/fixtures" / key
    files = [str(file) for file in folder.rglob("*")
             if file.is_file() and file.stat().st_size and not file.name.startswith((".", "_"))
             and not any(part.startswith((".", "_")) for part in file.relative_to(folder).parts)]
    rows = []
    for file in files:
        found = {column[0].lower(): column[0] for column in
                 duck.execute("DESCRIBE SELECT * FROM read_parquet(?, hive_partitioning => false)", [file]).fetchall()}
        values = {one["Name"]: value for one, value in zip(record.get("PartitionKeys", []), partition["Values"])}
        selected = []
        for column, kind in types.items():
            if column in values:
                null = values[column] == "__HIVE_DEFAULT_PARTITION__"
                text = "NULL" if null else "'" + values[column].replace("'", "''") + "'"
            else:
                text = f'"{found[column]}"' if column in found else "NULL"
            selected.append(f"CAST({text} AS {kind})")
        rows += duck.execute(
            f"SELECT {', '.join(selected)} FROM read_parquet(?, hive_partitioning => false)", [file]).fetchall()
    return rows


@pytest.fixture(scope="module")
def duck(moved):
    connection = readers.DuckDB.connect("httpfs", "avro", "iceberg", "parquet")
    connection.execute(f"ATTACH '' AS house (TYPE iceberg, ENDPOINT '{moved.endpoint}', AUTHORIZATION_TYPE 'none')")
    yield connection
    connection.close()
