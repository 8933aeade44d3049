"""Iceberg tables that Godwit moved: the same reader sees the same table at source and at target.

The source is read where its metadata says, s3://fixtures, of which the folder of fixtures is a copy; the target through the
catalogue and from the metadata file alone. Spark costs a second a question: the short form asks it about the representatives
below and, about all others, only whether the target has the rows that it saw when it made the fixture.
"""

import os
import re

import pytest

import fixture_estate
import readers

LONG = bool(os.environ.get("GODWIT_TEST_LONG"))
FIXTURES = fixture_estate.iceberg_fixtures()
READERS = ("pyiceberg", "duckdb", "spark")

# What cannot be moved, and the finding that says so.
NOT_MOVED = {"position-deletes-orc": "LAKE-091"}
MOVED = [name for name in FIXTURES if name not in NOT_MOVED]

# Each feature with the fixtures that have it; every one of them is judged by the readers that can read it.
FEATURES = {
    "format version 1": ["v1", "v1-embedded-manifests", "partition-void"],
    "format version 1, upgraded": ["v1-upgraded"],
    "format version 2": ["primitive-types", "nested-types", "empty", "many-snapshots"],
    "format version 3": ["v3-deletion-vectors", "v3-upgraded", "v3-row-lineage", "v3-default-values"],
    "equality deletes": ["equality-deletes", "equality-deletes-partitioned"],
    "position deletes in Parquet": ["position-deletes-parquet", "position-deletes-shared", "position-deletes-rewritten"],
    "position deletes in Avro": ["position-deletes-avro", "position-deletes-avro-for-parquet"],
    "deletion vectors": ["v3-deletion-vectors", "v3-upgraded"],
    "branches and tags": ["branches-and-tags"],
    "schema evolution": ["schema-evolution", "v3-default-values"],
    "partition evolution": ["partition-evolution", "partition-void"],
    "transforms": ["partition-transforms", "partition-transforms-of-numbers", "partition-identities"],
    "partition values in paths": ["partition-special-characters"],
    "sort orders and identifiers": ["sort-order-and-identifiers"],
    "statistics": ["table-statistics", "partition-statistics"],
    "history": ["compacted", "expired-snapshots", "expired-metadata-log", "many-snapshots"],
    "codecs of metadata": ["gzip-metadata", "avro-snappy", "avro-zstd", "avro-uncompressed"],
    "data in Avro": ["avro-data", "position-deletes-avro"],
    "data in ORC": ["orc-data"],
    "files elsewhere": ["two-prefixes", "outside-files", "mixed-schemes", "object-storage-layout"],
    "times of day": ["time-of-day"],
    "other writers": ["pyiceberg-written"],
}
REPRESENTATIVES = (
    "v1-embedded-manifests", "v1-upgraded", "equality-deletes-partitioned", "position-deletes-avro",
    "position-deletes-avro-for-parquet", "position-deletes-shared", "v3-upgraded", "v3-row-lineage", "branches-and-tags",
    "schema-evolution", "partition-evolution", "partition-transforms", "mixed-schemes", "avro-data",
)


def source(reader, name):
    return reader.from_file(FIXTURES[name]["metadata"])


def target_file(journey, name):
    loaded = readers.RestCatalog("judge", uri=journey.endpoint).load_table(("iceberg", fixture_estate.table_name(name)))
    return loaded.metadata_location


@pytest.fixture(scope="module")
def judges():
    readers.mount("s3://fixtures", fixture_estate.FIXTURES / "iceberg")
    readers.mount("s3a://fixtures", fixture_estate.FIXTURES / "iceberg")
    readers.mount("s3n://fixtures", fixture_estate.FIXTURES / "iceberg")
    yield {"pyiceberg": readers.PyIceberg(), "duckdb": readers.DuckDB()}
    readers.mounts.clear()


def same(source_facts, target_facts):
    assert target_facts.keys() == source_facts.keys()
    for fact, seen in source_facts.items():
        assert target_facts[fact] == seen, fact


def hold_against_source(reader, name, journey):
    """The source is read as the list of fixtures says, and the target as the source, on both ways to it."""
    fixture = FIXTURES[name]
    before = source(reader, name)
    refusal = fixture["refusals"].get(reader.name)
    if refusal is None:
        assert reader.name in fixture["readers"]
        assert not isinstance(before["rows"], readers.Refusal), before["rows"]
    elif counted := re.fullmatch(r"counts (\d+) rows", refusal):
        assert len(before["rows"]) == int(counted[1]) != fixture["rows"]
    else:
        assert isinstance(before["rows"], readers.Refusal)
        assert readers.Refusal.worded(refusal) in before["rows"]
    same(before, reader.from_file(target_file(journey, name)))
    same(before, reader.from_catalogue(journey.endpoint, "iceberg", fixture_estate.table_name(name)))
    return before


def test_everything_that_was_planned_arrived(moved):
    assert moved.outcome["outcome"] == "equal"
    skipped = {step["display"]: step.get("findings", []) for step in moved.steps if step["action"] == "skip"}
    assert {name: codes for name, codes in skipped.items() if name.startswith("iceberg.")} == {
        f"iceberg.{fixture_estate.table_name(name)}": [code] for name, code in NOT_MOVED.items()}
    catalogue = readers.RestCatalog("judge", uri=moved.endpoint)
    assert {name for _, name in catalogue.list_tables("iceberg")} == {fixture_estate.table_name(name) for name in MOVED}


@pytest.mark.parametrize("name", MOVED)
def test_pyiceberg_reads_the_same(judges, moved, name):
    facts = hold_against_source(judges["pyiceberg"], name, moved)
    if "pyiceberg" in FIXTURES[name]["readers"]:
        assert len(facts["rows"]) == FIXTURES[name]["rows"]


@pytest.mark.parametrize("name", MOVED)
def test_duckdb_reads_the_same(judges, moved, name):
    facts = hold_against_source(judges["duckdb"], name, moved)
    if "duckdb" in FIXTURES[name]["readers"]:
        assert len(facts["rows"]) == FIXTURES[name]["rows"]


@pytest.mark.parametrize("name", MOVED if LONG else REPRESENTATIVES)
def test_spark_reads_the_same(spark, moved, name):
    facts = hold_against_source(readers.Spark(spark), name, moved)
    if "spark" in FIXTURES[name]["readers"]:
        assert facts["rows"][1] == FIXTURES[name]["digest"]
        assert {ref: read[1] for ref, read in facts["references"].items()} == FIXTURES[name].get("references", {})


@pytest.mark.parametrize("name", [name for name in MOVED if name not in REPRESENTATIVES and not LONG])
def test_spark_reads_the_rows_that_it_saw_in_the_source(spark, moved, name):
    where = {"catalog": moved.endpoint, "table": ["iceberg", fixture_estate.table_name(name)]}
    if refusal := FIXTURES[name]["refusals"].get("spark"):
        with pytest.raises(Exception, match=re.escape(refusal)):
            spark.ask(op="read", source=where)
        return
    assert spark.ask(op="read", source=where)["digest"] == FIXTURES[name]["digest"]


def test_every_feature_is_judged():
    """The table of what is judged is whole: each fixture has a feature, and each feature a reader that reads it."""
    assert {name for fixtures in FEATURES.values() for name in fixtures} == set(MOVED)
    for feature, fixtures in FEATURES.items():
        judged_by = {reader for name in fixtures for reader in FIXTURES[name]["readers"]}
        assert judged_by, feature
        whole = {reader for name in fixtures if LONG or name in REPRESENTATIVES for reader in ("spark",)
                 if reader in FIXTURES[name]["readers"]} | judged_by - {"spark"}
        assert whole, f"{feature}: no reader holds source against target in this form"
    for name in MOVED:
        assert set(FIXTURES[name]["readers"]) | set(FIXTURES[name]["refusals"]) == set(READERS), name
