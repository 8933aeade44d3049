"""PyIceberg, DuckDB and Spark use the built-in catalogue; schemathesis holds it against the published document."""

import copy
import json
import os
import pathlib
import re
import subprocess
import sys
import urllib.request

import duckdb
import pyarrow
import pytest
import yaml
from pyiceberg.catalog.rest import RestCatalog
from pyiceberg.exceptions import (
    BadRequestError,
    CommitFailedException,
    ForbiddenError,
    NamespaceAlreadyExistsError,
    NamespaceNotEmptyError,
    NoSuchNamespaceError,
    NoSuchTableError,
    TableAlreadyExistsError,
)
from pyiceberg.expressions import EqualTo
from pyiceberg.partitioning import PartitionField, PartitionSpec
from pyiceberg.schema import Schema
from pyiceberg.transforms import BucketTransform, DayTransform
from pyiceberg.types import LongType, NestedField, StringType, TimestampType

ROOT = pathlib.Path(__file__).resolve().parents[2]
GODWIT = os.environ.get("GODWIT", str(ROOT / "build/asan/src/app/godwit"))
DOCUMENT = ROOT.parent / "shared/corpus/iceberg-rest/rest-catalog-open-api.yaml"
LONG = bool(os.environ.get("GODWIT_TEST_LONG"))


class Server:
    """A catalogue in a process of its own, with an empty warehouse."""

    def __init__(self, folder):
        self.warehouse = folder / "warehouse"
        self.warehouse.mkdir(exist_ok=True)
        self.process = subprocess.Popen(
            [GODWIT, "catalog", "serve", "--warehouse", str(self.warehouse), "--database", str(folder / "catalog.db"),
             "--port", "0"],
            stdout=subprocess.PIPE, text=True)
        line = self.process.stdout.readline()
        found = re.search(r"http://127\.0\.0\.1:\d+", line)
        assert found, f"the catalogue did not start: {line!r}"
        self.endpoint = found.group()

    def stop(self):
        self.process.terminate()
        assert self.process.wait(timeout=30) in (0, 130, -15)

    def pyiceberg(self):
        return RestCatalog("judge", uri=self.endpoint)


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    started = Server(tmp_path_factory.mktemp("catalog"))
    yield started
    started.stop()


def rows(table, **how):
    return sorted(table.scan(**how).to_arrow().to_pylist(), key=str)


# --- PyIceberg ---------------------------------------------------------------------------------------------------------


def test_pyiceberg_namespaces(server):
    catalog = server.pyiceberg()
    assert catalog.properties["godwit.catalog.uuid"]
    catalog.create_namespace("py_spaces", {"owner": "ann"})
    catalog.create_namespace(("py_spaces", "in ner"))
    with pytest.raises(NamespaceAlreadyExistsError):
        catalog.create_namespace("py_spaces")
    assert ("py_spaces",) in catalog.list_namespaces()
    assert catalog.list_namespaces("py_spaces") == [("py_spaces", "in ner")]
    assert catalog.namespace_exists("py_spaces") and not catalog.namespace_exists("nowhere")
    summary = catalog.update_namespace_properties("py_spaces", removals={"owner", "absent"}, updates={"team": "b"})
    assert (summary.removed, summary.updated, summary.missing) == (["owner"], ["team"], ["absent"])
    assert catalog.load_namespace_properties("py_spaces") == {"team": "b"}
    with pytest.raises(NamespaceNotEmptyError):
        catalog.drop_namespace("py_spaces")
    catalog.drop_namespace(("py_spaces", "in ner"))
    catalog.drop_namespace("py_spaces")
    with pytest.raises(NoSuchNamespaceError):
        catalog.load_namespace_properties("py_spaces")


def test_pyiceberg_round_trip(server):
    catalog = server.pyiceberg()
    catalog.create_namespace("py")
    first = pyarrow.table({"id": pyarrow.array([1, 2, 3], pyarrow.int64()), "name": ["a", "b", None]})
    table = catalog.create_table("py.orders", schema=first.schema)
    with pytest.raises(TableAlreadyExistsError):
        catalog.create_table("py.orders", schema=first.schema)
    table.append(first)
    before = table.current_snapshot().snapshot_id
    table.manage_snapshots().create_branch(before, "audit").create_tag(before, "v1").commit()
    with table.update_schema() as update:
        update.add_column("amount", LongType())
        update.rename_column("name", "title")
    table.append(pyarrow.table({"id": [4], "title": ["d"], "amount": [40]}))
    table.delete(EqualTo("id", 2))
    with table.transaction() as transaction:
        transaction.set_properties({"k": "v"})

    again = catalog.load_table("py.orders")
    expected = [{"id": 1, "title": "a", "amount": None}, {"id": 3, "title": None, "amount": None},
                {"id": 4, "title": "d", "amount": 40}]
    assert rows(again) == expected
    assert again.properties["k"] == "v"
    assert {name: reference.snapshot_id for name, reference in again.refs().items() if name != "main"} == {
        "audit": before, "v1": before}
    assert len(rows(again, snapshot_id=before)) == 3
    assert len(again.history()) == 3
    assert [file["file"] for file in again.inspect.metadata_log_entries().to_pylist()][-1] == again.metadata_location

    catalog.create_namespace("py2")
    renamed = catalog.rename_table("py.orders", "py2.moved")
    assert rows(renamed) == expected
    assert not catalog.table_exists("py.orders") and catalog.table_exists("py2.moved")
    location = renamed.metadata_location
    catalog.drop_table("py2.moved")
    with pytest.raises(NoSuchTableError):
        catalog.load_table("py2.moved")
    registered = catalog.register_table("py.back", location)
    assert rows(registered) == expected
    with pytest.raises(TableAlreadyExistsError):
        catalog.register_table("py.back", location)
    assert catalog.list_tables("py") == [("py", "back")]


def test_pyiceberg_partitions_and_staged_creation(server):
    catalog = server.pyiceberg()
    catalog.create_namespace("py_staged")
    schema = Schema(NestedField(10, "id", LongType(), required=False), NestedField(20, "at", TimestampType(), required=False),
                    NestedField(30, "note", StringType(), required=False))
    spec = PartitionSpec(PartitionField(20, 1000, DayTransform(), "day"), PartitionField(10, 1001, BucketTransform(4), "part"))
    data = pyarrow.table({"id": pyarrow.array([1, 2], pyarrow.int64()),
                          "at": pyarrow.array([0, 86_400_000_000], pyarrow.timestamp("us")), "note": ["x", "y"]})
    with catalog.create_table_transaction("py_staged.events", schema=schema, partition_spec=spec) as transaction:
        assert not catalog.table_exists("py_staged.events")
        transaction.append(data)
    table = catalog.load_table("py_staged.events")
    assert len(rows(table)) == 2
    assert [field.name for field in table.spec().fields] == ["day", "part"]
    assert len(table.inspect.partitions()) == 2


def test_pyiceberg_sees_conflicts_and_limits(server):
    catalog = server.pyiceberg()
    catalog.create_namespace("py_limits")
    one = catalog.create_table("py_limits.t", schema=pyarrow.schema([("id", pyarrow.int64())]))
    other = catalog.load_table("py_limits.t")
    one.append(pyarrow.table({"id": [1]}))
    with pytest.raises(CommitFailedException):
        other.append(pyarrow.table({"id": [2]}))
    with pytest.raises(ForbiddenError):
        catalog.create_table("py_limits.out", schema=one.schema(), location="file:///tmp/elsewhere")
    with pytest.raises(BadRequestError):
        catalog.create_namespace(("..",))
    with pytest.raises(BadRequestError):
        catalog.register_table("py_limits.none", f"file://{server.warehouse}/none.metadata.json")


def test_pyiceberg_purge_takes_the_files(server):
    catalog = server.pyiceberg()
    catalog.create_namespace("py_purge")
    table = catalog.create_table("py_purge.t", schema=pyarrow.schema([("id", pyarrow.int64())]))
    table.append(pyarrow.table({"id": [1, 2]}))
    table.delete(EqualTo("id", 1))
    folder = pathlib.Path(table.location().removeprefix("file://"))
    assert list(folder.rglob("*.parquet"))
    (folder / "a stranger's file").write_text("keep")
    catalog.purge_table("py_purge.t")
    assert [file.name for file in folder.rglob("*")] == ["a stranger's file"]


@pytest.mark.parametrize("value", ["false", "no"])
def test_pyiceberg_purge_leaves_data_that_belongs_to_others(server, value):
    catalog = server.pyiceberg()
    catalog.create_namespace_if_not_exists("py_spared")
    table = catalog.create_table("py_spared.t", schema=pyarrow.schema([("id", pyarrow.int64())]), properties={"gc.enabled": value})
    table.append(pyarrow.table({"id": [1, 2]}))
    folder = pathlib.Path(table.location().removeprefix("file://"))
    data = sorted(folder.rglob("*.parquet"))
    catalog.purge_table("py_spared.t")
    assert data and sorted(file for file in folder.rglob("*") if file.is_file()) == data
    data[0].unlink()  # the next table of this name gets the same folder


@pytest.mark.parametrize("name", ["a b", "ü", "שלום", "q'u\"o`te", "${x}", "a/b", "...", ".x", "%2e", "x" * 255, "new\nline", "+&?#="])
def test_pyiceberg_hostile_names(server, name):
    catalog = server.pyiceberg()
    catalog.create_namespace((name,))
    table = catalog.create_table((name, name), schema=pyarrow.schema([("id", pyarrow.int64())]))
    table.append(pyarrow.table({"id": [7]}))
    assert rows(catalog.load_table((name, name))) == [{"id": 7}]
    assert catalog.list_tables((name,)) == [(name, name)]
    folder = pathlib.Path(table.location().removeprefix("file://"))
    assert folder.resolve().is_relative_to(server.warehouse.resolve()) and len(list(folder.rglob("*.parquet"))) == 1
    catalog.drop_table((name, name))
    catalog.drop_namespace((name,))


# --- DuckDB ------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def duck(server):
    connection = duckdb.connect(config={"autoinstall_known_extensions": False, "autoload_known_extensions": False,
                                        "allow_unsigned_extensions": False})
    packages = pathlib.Path(duckdb.__file__).parents[1]
    for name in ("httpfs", "avro", "iceberg"):
        file = packages / f"duckdb_extension_{name}/extensions/v{duckdb.__version__}/{name}.duckdb_extension"
        connection.execute(f"LOAD '{file}'")
    connection.execute(f"ATTACH '' AS house (TYPE iceberg, ENDPOINT '{server.endpoint}', AUTHORIZATION_TYPE 'none')")
    yield connection
    connection.close()


def test_duckdb_round_trip(server, duck):
    duck.execute("CREATE SCHEMA house.duck")
    duck.execute("CREATE TABLE house.duck.t (id BIGINT, name VARCHAR, amount DECIMAL(9, 2))")
    duck.execute("INSERT INTO house.duck.t VALUES (1, 'a', 1.50), (2, NULL, 2.25)")
    duck.execute("INSERT INTO house.duck.t SELECT 3, 'c', 3.75")
    expected = "[(1, 'a', Decimal('1.50')), (2, None, Decimal('2.25')), (3, 'c', Decimal('3.75'))]"
    assert str(duck.execute("SELECT * FROM house.duck.t ORDER BY id").fetchall()) == expected
    table = server.pyiceberg().load_table("duck.t")
    assert [row["id"] for row in rows(table)] == [1, 2, 3]
    assert len(table.history()) == 2
    duck.execute("DROP TABLE house.duck.t")
    duck.execute("DROP SCHEMA house.duck")
    assert not server.pyiceberg().namespace_exists("duck")


def test_duckdb_reads_what_pyiceberg_wrote(server, duck):
    catalog = server.pyiceberg()
    catalog.create_namespace("mixed")
    table = catalog.create_table("mixed.t", schema=pyarrow.schema([("id", pyarrow.int64()), ("name", pyarrow.string())]))
    table.append(pyarrow.table({"id": [1, 2, 3], "name": ["a", "b", "c"]}))
    table.delete(EqualTo("id", 2))
    assert duck.execute("SELECT * FROM house.mixed.t ORDER BY id").fetchall() == [(1, "a"), (3, "c")]


# --- Spark -------------------------------------------------------------------------------------------------------------


def test_spark_round_trip(server, spark):
    def sql(statement, *table):
        return spark.sql(statement, server.endpoint, *table)

    sql("CREATE NAMESPACE {table}", "spark")
    name = ("spark", "t")
    sql("CREATE TABLE {table} (id BIGINT NOT NULL, name STRING, day DATE) USING iceberg PARTITIONED BY (day)", *name)
    sql("INSERT INTO {table} VALUES (1, 'a', DATE '2024-01-01'), (2, 'b', DATE '2024-01-02')", *name)
    sql("ALTER TABLE {table} CREATE BRANCH audit", *name)
    sql("ALTER TABLE {table} ADD COLUMN amount DECIMAL(9, 2)", *name)
    sql("""MERGE INTO {table} t USING (SELECT 2L AS id, 'B' AS name UNION ALL SELECT 3L, 'c') s ON t.id = s.id
        WHEN MATCHED THEN UPDATE SET name = s.name
        WHEN NOT MATCHED THEN INSERT (id, name, day, amount) VALUES (s.id, s.name, DATE '2024-01-03', 9.5)""", *name)
    sql("DELETE FROM {table} WHERE id = 1", *name)
    expected = [(2, "B", "2024-01-02", None), (3, "c", "2024-01-03", "9.50")]
    assert sql("SELECT * FROM {table}", *name) == expected
    assert sql("SELECT count(*) FROM {table} VERSION AS OF 'audit'", *name) == [(2,)]
    table = server.pyiceberg().load_table("spark.t")
    assert [(row["id"], row["name"]) for row in rows(table)] == [(2, "B"), (3, "c")]
    assert "audit" in table.refs()

    sql("DROP TABLE {table} PURGE", *name)
    assert not [file for file in (server.warehouse / "spark/t").rglob("*") if file.is_file()]
    sql("DROP NAMESPACE {table}", "spark")


def test_spark_evolves_and_renames_what_pyiceberg_then_reads(server, spark):
    def sql(statement, *table):
        return spark.sql(statement, server.endpoint, *table)

    catalog = server.pyiceberg()
    sql("CREATE NAMESPACE {table}", "spark_more")
    name = ("spark_more", "t")
    sql("CREATE TABLE {table} (id INT, name STRING, place STRUCT<city: STRING>) USING iceberg "
        "TBLPROPERTIES ('write.delete.mode' = 'merge-on-read')", *name)
    sql("INSERT INTO {table} VALUES (1, 'a', named_struct('city', 'x')), (2, 'b', NULL)", *name)
    for change in ("ALTER COLUMN id TYPE BIGINT", "RENAME COLUMN name TO title", "ADD COLUMN place.zip INT", "DROP COLUMN title",
                   "ADD COLUMN name STRING", "ADD PARTITION FIELD bucket(4, id)", "WRITE ORDERED BY id",
                   "SET TBLPROPERTIES ('k' = 'v')"):
        sql(f"ALTER TABLE {{table}} {change}", *name)
    sql("INSERT INTO {table} VALUES (3000000000, named_struct('city', 'y', 'zip', 7), 'c')", *name)
    sql("DELETE FROM {table} WHERE id = 1", *name)
    sql("ALTER TABLE {table} CREATE TAG kept", *name)
    sql("ALTER TABLE {table} RENAME TO spark_more.moved", *name)
    assert not catalog.table_exists("spark_more.t")
    table = catalog.load_table("spark_more.moved")
    assert rows(table) == [{"id": 2, "place": None, "name": None},
                           {"id": 3000000000, "place": {"city": "y", "zip": 7}, "name": "c"}]
    assert [field.field_id for field in table.schema().fields] == [1, 3, 6]
    assert table.properties["k"] == "v" and "kept" in table.refs() and len(table.specs()) == 2
    assert [str(field.transform) for field in table.sort_order().fields] == ["identity"]

    sql("CREATE TABLE {table} USING iceberg TBLPROPERTIES ('format-version' = '3') AS SELECT 1L AS id", "spark_more", "u")
    sql("REPLACE TABLE {table} USING iceberg AS SELECT 2L AS id, 'two' AS name", "spark_more", "u")
    assert sql("SELECT * FROM {table}", "spark_more", "u") == [(2, "two")]
    assert catalog.load_table("spark_more.u").metadata.format_version == 3
    for left in ("u", "moved"):
        sql("DROP TABLE {table}", "spark_more", left)
        assert not catalog.table_exists(("spark_more", left))
    sql("DROP NAMESPACE {table}", "spark_more")


# --- The published document --------------------------------------------------------------------------------------------


DESTRUCTIVE = ("dropNamespace", "dropTable", "unregisterTable")


def known_or_any(*names):
    return {"anyOf": [{"type": "string", "enum": list(names)}, {"type": "string"}]}


def advertised_document(endpoints):
    """The document with what the catalogue advertises; it gives out no prefix, so paths have none.

    Names are often those of things that exist, except where an operation would remove them.
    """
    document = yaml.safe_load(DOCUMENT.read_text())
    names = {"namespace": known_or_any("accounting", "accounting\x1ftax"), "table": known_or_any("sales")}
    paths = {}
    for path, item in document["paths"].items():
        parameters = [{"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
                      for name in names if f"{{{name}}}" in path]
        for method in [method for method in item if f"{method.upper()} {path}" in endpoints or path == "/v1/config"]:
            operation = copy.deepcopy(item[method])
            if operation["operationId"] not in DESTRUCTIVE:
                operation["parameters"] = operation.get("parameters", []) + [
                    {**parameter, "schema": names[parameter["name"]]} for parameter in parameters]
            paths.setdefault(path.replace("/{prefix}", ""), {"parameters": parameters})[method] = operation
    document["paths"] = paths
    document.pop("security", None)
    return document


def load_everything(catalog, space=()):
    """Whatever strangers did: every table that is listed can be loaded."""
    for child in catalog.list_namespaces(space):
        for table in catalog.list_tables(child):
            assert catalog.load_table(table).metadata_location
        load_everything(catalog, child)


def test_schemathesis_finds_nothing(tmp_path):
    if not DOCUMENT.exists():
        pytest.skip("the published document is not there: ../shared/corpus/iceberg-rest")
    started = Server(tmp_path)
    try:
        catalog = started.pyiceberg()
        catalog.create_namespace("accounting")
        catalog.create_namespace(("accounting", "tax"))
        catalog.create_table("accounting.sales", schema=pyarrow.schema([("id", pyarrow.int64())]))
        with urllib.request.urlopen(f"{started.endpoint}/v1/config") as answer:
            endpoints = json.load(answer)["endpoints"]
        document = advertised_document(endpoints)
        assert len(endpoints) == sum(1 for item in document["paths"].values() for key in item if key != "parameters")
        file = tmp_path / "document.json"
        file.write_text(json.dumps(document))
        run = subprocess.run(
            [pathlib.Path(sys.executable).parent / "schemathesis", "run", file, "--url", started.endpoint,
             "--checks", "not_a_server_error,status_code_conformance,response_schema_conformance",
             "--phases", "examples,coverage,fuzzing", "--max-examples", "500" if LONG else "30", "--seed", "1",
             "--generation-database", "none", "--suppress-health-check", "all", "--no-color"],
            capture_output=True, text=True, cwd=tmp_path)
        assert run.returncode == 0, run.stdout[-8000:] + run.stderr[-2000:]
        load_everything(catalog)
    finally:
        started.stop()
