"""The Iceberg tables of the corpus, written by other people's programs: moved, and read again with equal result.

Their locations are relative to a folder of their makers', so `--map data/persistent=FOLDER` says where that is now. The
short form asks Spark about the tables that nobody else reads, the long form about all.
"""

import contextlib
import gzip
import json
import os
import re
import urllib.request

import pytest

import fixture_estate
import readers
from journey import Journey

LONG = bool(os.environ.get("GODWIT_TEST_LONG"))
CORPUS = fixture_estate.ROOT.parent / "shared/corpus/lakehouse/iceberg"
PERSISTENT = CORPUS / "data/persistent"

pytestmark = pytest.mark.skipif(not CORPUS.exists(), reason=f"the corpus is not there: {CORPUS}")


def last_updated(metadata):
    content = metadata.read_bytes()
    if metadata.name.endswith(".gz.metadata.json"):
        content = gzip.decompress(content)
    return json.loads(content).get("last-updated-ms", 0), metadata.name


def newest_metadata():
    """The newest metadata file of each table of the corpus, by the name of the table's folder."""
    folders = sorted({file.parent for file in PERSISTENT.rglob("*.metadata.json")})
    return {folder.parent.name: max(folder.glob("*.metadata.json"), key=last_updated) for folder in folders}


TABLES = newest_metadata() if CORPUS.exists() else {}

# Tables whose paths are relative to the folder that they lie in: what they call themselves there.
ALONE = {"lineitem_iceberg": "lineitem_iceberg", "lineitem_iceberg_no_hint": "lineitem_iceberg",
         "lineitem_iceberg_gz_no_hint": "lineitem_iceberg_gz"}

# What is refused, and the finding that says so. No reader reads these tables.
NOT_MOVED = {
    "big_query_error": "LAKE-033",   # a location in gs://, and a schema without what the format requires
    "generated_bounds": "LAKE-087",  # its 5,000 data files were never kept
    "bad": "LAKE-082",               # bad_data/bad_iceberg_metadata.json
}

EQUALITY = "PyIceberg does not yet support equality deletes"
# Readers that do not read a table where it lies, and what they say.
REFUSED = {
    ("add_columns_with_defaults", "spark"): "Spark does not support time fields",
    ("add_columns_with_defaults_in_struct", "spark"): "Spark does not support time fields",
    ("big_query_error", "pyiceberg"): "list indices must be integers or slices, not str",
    ("big_query_error", "duckdb"): "the process ended with -6: .*No default expression in FieldId Map",
    ("big_query_error", "spark"): "Cannot parse null string",
    ("generated_bounds", "pyiceberg"): "FileNotFoundError",
    ("generated_bounds", "duckdb"): "FileNotFoundError",
    ("generated_bounds", "spark"): "Cannot parse null string",
    ("legacy_v1", "pyiceberg"): "ValidationError",
    ("legacy_v1", "duckdb"): "Snapshot required property 'manifest-list' is missing",
    ("legacy_bare_deletion_vector", "pyiceberg"): "Incorrect magic bytes",
    ("legacy_bare_deletion_vector", "duckdb"): "not a valid Puffin file",
    ("mytable", "pyiceberg"): EQUALITY,
    ("mytable_partitioned", "pyiceberg"): EQUALITY,
    ("partition_fixed_length_binary", "pyiceberg"): "Field is required, and could not be found in the file",
    ("partition_fixed_length_binary", "spark"): "Index 16 out of bounds for length 2",
    ("partition_timestamp", "pyiceberg"): "Field is required, and could not be found in the file",
    ("t", "pyiceberg"): EQUALITY,
    ("t", "spark"): "Cannot parse to a long value: current-snapshot-id: 9876543210123456789",
    ("timestamptz_ns", "duckdb"): "Unrecognized primitive type: timestamptz_ns",
    ("timestamptz_ns", "spark"): "Cannot parse missing long: next-row-id",
}
# A snapshot id that is no 64-bit number is taken from a file, but not from any catalogue.
REFUSED_THROUGH_CATALOGUES = {("t", "duckdb"): "out of range for the destination type INT64"}
# DuckDB and Spark know no prefixes: these they read only where the folder has the name that the table calls itself.
OTHER_FOLDER = {"lineitem_iceberg_gz_no_hint"}


def assert_moved(journey, *options):
    journey.assess()
    journey.make_plan(*options)
    journey.apply()
    assert journey.json("verify", journey.run_id())["outcome"] == "equal"


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    """The tables below data/persistent in one catalogue export."""
    folder = tmp_path_factory.mktemp("corpus")
    metadata = {name: file for name, file in TABLES.items() if name not in ALONE}
    metadata["bad"] = PERSISTENT / "bad_data/bad_iceberg_metadata.json"
    within = {name: file.relative_to(CORPUS) for name, file in metadata.items()}
    records = [fixture_estate.iceberg_record(name, str(file), str(file.parent.parent), "corpus")
               for name, file in within.items()]
    export = folder / "export"
    export.mkdir()
    (export / "tables.json").write_text(json.dumps({"TableList": records}))
    (export / "databases.json").write_text(
        json.dumps({"DatabaseList": [{"Name": "corpus", "CatalogId": fixture_estate.ACCOUNT}]}))
    source = ["--export", export, "--account", fixture_estate.ACCOUNT, "--region", fixture_estate.REGION,
              "--map", f"data/persistent={PERSISTENT}"]
    with Journey(folder, source) as journey:
        assert_moved(journey, "--exclude", "corpus.generated_bounds")
        yield journey


@pytest.fixture(scope="module")
def alone(tmp_path_factory):
    """The others, each from its metadata file alone."""
    with contextlib.ExitStack() as stack:
        journeys = {}
        for name, prefix in ALONE.items():
            source = ["--metadata", TABLES[name], "--table", f"corpus.{name}",
                      "--map", f"{prefix}={TABLES[name].parent.parent}"]
            journeys[name] = stack.enter_context(Journey(tmp_path_factory.mktemp(name), source))
            assert_moved(journeys[name])
        yield journeys


@pytest.fixture(scope="module", autouse=True)
def mounted():
    readers.mount("data/persistent", PERSISTENT)
    for name, prefix in ALONE.items():
        readers.mount(f"{prefix}/", f"{TABLES[name].parent.parent}/")
    readers.mount("s3://", CORPUS / "nowhere")
    yield
    readers.mounts.clear()


def hold_against_source(reader, name, before, journey):
    """The source is read, or refused as the table above says; the target like it, on both ways to it."""
    if words := REFUSED.get((name, reader.name)):
        assert isinstance(before["rows"], readers.Refusal) and re.search(words, before["rows"]), before["rows"]
    else:
        assert not isinstance(before["rows"], readers.Refusal), before["rows"]
    table = ("corpus", fixture_estate.table_name(name))
    same(name, reader, before, reader.from_file(metadata_location(journey, table)))
    after = reader.from_catalogue(journey.endpoint, *table)
    if words := REFUSED_THROUGH_CATALOGUES.get((name, reader.name)):
        assert words in repr(after)
    else:
        same(name, reader, before, after)


def same(name, reader, before, after):
    assert after.keys() == before.keys()
    for fact, seen in before.items():
        if fact == "rows" and isinstance(seen, readers.Refusal):
            assert re.search(REFUSED[name, reader.name], after[fact]), after[fact]
        else:
            assert after[fact] == seen, fact


def metadata_location(journey, table):
    """PyIceberg cannot load every table: the catalogue itself is asked."""
    with urllib.request.urlopen(f"{journey.endpoint}/v1/namespaces/{table[0]}/tables/{table[1]}") as answer:
        return json.load(answer)["metadata-location"]


def journey_of(name, corpus, alone):
    return alone[name] if name in ALONE else corpus


MOVED = [name for name in TABLES if name not in NOT_MOVED]


@pytest.mark.parametrize("name", MOVED)
def test_pyiceberg_reads_the_same(corpus, alone, name):
    reader = readers.PyIceberg()
    hold_against_source(reader, name, reader.from_file(str(TABLES[name])), journey_of(name, corpus, alone))


@pytest.mark.parametrize("name", [name for name in MOVED if name not in OTHER_FOLDER])
def test_duckdb_reads_the_same(corpus, alone, name):
    file = TABLES[name]
    folder = file.parent.parent.parent if name in ALONE else CORPUS
    reader = readers.DuckDBApart(folder)
    hold_against_source(reader, name, reader.from_file(str(file.relative_to(folder))), journey_of(name, corpus, alone))


def nobody_else_reads(name):
    return {(name, "pyiceberg"), (name, "duckdb")} <= REFUSED.keys()


@pytest.mark.parametrize("name", [name for name in MOVED
                                  if name not in OTHER_FOLDER and (LONG or nobody_else_reads(name))])
def test_spark_reads_the_same(spark, corpus, alone, name):
    file = TABLES[name]
    folder = file.parent.parent.parent if name in ALONE else CORPUS
    spark.ask(op="enter", folder=str(folder))
    reader = readers.Spark(spark)
    hold_against_source(reader, name, reader.from_file(str(file)), journey_of(name, corpus, alone))


def test_every_table_has_a_reader_or_is_refused():
    for name in TABLES:
        read_by = {reader for reader in ("pyiceberg", "duckdb", "spark") if (name, reader) not in REFUSED}
        assert bool(read_by) != (name in NOT_MOVED), name


@pytest.mark.parametrize("name", [name for name in NOT_MOVED if name in TABLES])
def test_nobody_reads_what_is_refused(name):
    for reader, metadata in ((readers.PyIceberg(), str(TABLES[name])),
                             (readers.DuckDBApart(CORPUS), str(TABLES[name].relative_to(CORPUS)))):
        rows = reader.from_file(metadata)["rows"]
        assert isinstance(rows, readers.Refusal) and re.search(REFUSED[name, reader.name], rows), rows


def test_what_nobody_reads_is_refused_with_a_finding(corpus):
    found = [json.loads(line) for line in corpus.run("-o", "json", "findings").stdout.splitlines()]
    codes = {}
    for finding in found:
        codes.setdefault(finding["display"].removeprefix("corpus."), set()).add(finding["code"])
    for name, code in NOT_MOVED.items():
        assert code in codes[name], name
    refused = corpus.run("plan", "create", "--out", corpus.folder / "refused.jsonl", code=5)
    assert "LAKE-087" in refused.stderr and "Fix:" in refused.stderr


def test_a_malformed_metadata_file_alone_is_a_clear_error(tmp_path):
    with Journey(tmp_path, ["--metadata", PERSISTENT / "bad_data/bad_iceberg_metadata.json"]) as journey:
        refused = journey.run("assess", "lakehouse", *journey.source, code=1)
        assert "bad_iceberg_metadata.json" in refused.stderr and "Fix:" in refused.stderr
