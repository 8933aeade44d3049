"""The Parquet files of the corpus, over which readers trip: each is a table of one file, taken over as it lies.

Glue's columns are what the file says, as a crawler writes them. A reader sees the same rows in the file and in the Iceberg
table. What is refused is refused with a finding; what is malformed on purpose never ends the program.
"""

import json
import math
import os
import shutil

import pyarrow
import pyarrow.parquet
import pytest

import fixture_estate
import readers
from journey import Journey

LONG = bool(os.environ.get("GODWIT_TEST_LONG"))
CORPUS = fixture_estate.ROOT.parent / "shared/corpus/lakehouse/parquet"
FILES = {file.stem: file for file in sorted(CORPUS.glob("data/*.parquet"))}
BAD = {file.stem: file for file in sorted(CORPUS.glob("bad_data/*.parquet"))}
EXIT_CODES = (0, 1, 3, 8, 9, 11)

pytestmark = pytest.mark.skipif(not CORPUS.exists(), reason=f"the corpus is not there: {CORPUS}")

# What cannot be taken over, and the findings that say so.
DOES_NOT_FIT = ["LAKE-023", "LAKE-061"]
INT96 = ["LAKE-023", "LAKE-061", "LAKE-062"]
NOT_MOVED = {
    "alltypes_plain.snappy": INT96,
    "alltypes_tiny_pages": INT96,
    "alltypes_tiny_pages_plain": INT96,
    "byte_stream_split_extended.gzip": DOES_NOT_FIT,  # float16
    "concatenated_gzip_members": DOES_NOT_FIT,        # uint64
    "delta_length_byte_array": DOES_NOT_FIT,          # FRUIT, in capitals
    "fixed_length_byte_array": DOES_NOT_FIT,          # fixed, where Glue can say binary only
    "float16_zeros_and_nans": DOES_NOT_FIT,
    "floating_orders_nan_count": DOES_NOT_FIT,        # float16
    "incorrect_map_schema": DOES_NOT_FIT,             # optional keys
    "int96_from_spark": INT96,
    "nested_structs.rust": DOES_NOT_FIT,              # uint64
    "null_list": DOES_NOT_FIT,                        # INT32 annotated as null
    "nullable.impala": DOES_NOT_FIT,                  # int_array_Array
    "old_list_structure": DOES_NOT_FIT,               # lists of two levels
    "repeated_no_annotation": DOES_NOT_FIT,           # phoneNumbers
}
# Readers that cannot read a file where it lies, and what they say.
REFUSED = {
    ("hadoop_lz4_compressed", "duckdb"): "Unsupported compression codec",
    ("non_hadoop_lz4_compressed", "duckdb"): "Unsupported compression codec",
    ("map_no_value", "duckdb"): "MAP_KEY_VALUE requires two children",
    ("map_no_value", "spark"): "Invalid map type",
    ("non_hadoop_lz4_compressed", "spark"): "ArrayIndexOutOfBoundsException",
    ("unknown-logical-type", "spark"): "NullPointerException",
}

SIMPLE = {"bool": "boolean", "int8": "tinyint", "int16": "smallint", "int32": "int", "int64": "bigint", "uint8": "smallint",
          "uint16": "int", "uint32": "bigint", "uint64": "decimal(20,0)", "halffloat": "float", "float": "float",
          "double": "double", "date32[day]": "date", "string": "string", "large_string": "string", "binary": "binary",
          "null": "string"}


def hive_type(kind):
    """A type as Glue declares it."""
    if pyarrow.types.is_decimal(kind):
        return f"decimal({kind.precision},{kind.scale})"
    if pyarrow.types.is_timestamp(kind):
        return "timestamp"
    if pyarrow.types.is_fixed_size_binary(kind):
        return "binary"
    if pyarrow.types.is_dictionary(kind):
        return hive_type(kind.value_type)
    if pyarrow.types.is_struct(kind):
        return "struct<" + ",".join(f"{field.name.lower()}:{hive_type(field.type)}" for field in kind) + ">"
    if pyarrow.types.is_map(kind):
        return f"map<{hive_type(kind.key_type)},{hive_type(kind.item_type)}>"
    if pyarrow.types.is_list(kind) or pyarrow.types.is_large_list(kind):
        return f"array<{hive_type(kind.value_type)}>"
    return SIMPLE.get(str(kind), "int")


def columns_of(file):
    try:
        schema = pyarrow.parquet.read_schema(file)
        return [{"Name": field.name.lower(), "Type": hive_type(field.type)} for field in schema]
    except (pyarrow.ArrowException, OSError):
        return [{"Name": "id", "Type": "int"}]


def record(name, columns):
    parquet = "org.apache.hadoop.hive.ql.io.parquet."
    return {
        "Name": table_name(name), "DatabaseName": "corpus", "TableType": "EXTERNAL_TABLE",
        "CatalogId": fixture_estate.ACCOUNT, "Parameters": {"classification": "parquet"}, "PartitionKeys": [],
        "CreateTime": "2024-04-30T12:00:00+00:00",
        "StorageDescriptor": {
            "Columns": columns, "Location": f"s3://corpus/{name}", "InputFormat": parquet + "MapredParquetInputFormat",
            "OutputFormat": parquet + "MapredParquetOutputFormat", "SerdeInfo": {
                "SerializationLibrary": parquet + "serde.ParquetHiveSerDe", "Parameters": {}}},
    }


def table_name(name):
    return name.lower().replace("-", "_").replace(".", "_")


def write_estate(folder, files):
    """Each file in a folder of its own, as Glue knows tables."""
    (folder / "export").mkdir()
    for name, file in files.items():
        (folder / "data" / name).mkdir(parents=True)
        shutil.copyfile(file, folder / "data" / name / file.name)
    tables = [record(name, columns_of(file)) for name, file in files.items()]
    (folder / "export/tables.json").write_text(json.dumps({"TableList": tables}))
    (folder / "export/databases.json").write_text(
        json.dumps({"DatabaseList": [{"Name": "corpus", "CatalogId": fixture_estate.ACCOUNT}]}))
    return ["--export", folder / "export", "--account", fixture_estate.ACCOUNT, "--region", fixture_estate.REGION,
            "--map", f"s3://corpus={folder / 'data'}"]


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    folder = tmp_path_factory.mktemp("corpus")
    with Journey(folder, write_estate(folder, FILES)) as journey:
        journey.assess()
        journey.make_plan()
        journey.apply()
        assert journey.json("verify", journey.run_id())["outcome"] == "equal"
        journey.steps = [json.loads(line) for line in journey.plan.read_text().splitlines()][1:-1]
        yield journey


MOVED = [name for name in FILES if name not in NOT_MOVED]


def target(journey, name):
    return readers.RestCatalog("judge", uri=journey.endpoint).load_table(("corpus", table_name(name)))


def plain(value):
    """Values in a form that can be compared: NaN equals itself, maps are pairs, names are lower case."""
    if isinstance(value, dict):
        return {name.lower(): plain(item) for name, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if isinstance(value, float) and math.isnan(value):
        return "NaN"
    return value


def test_what_is_refused_has_its_finding(corpus):
    skipped = {step["display"]: step["findings"] for step in corpus.steps if step["action"] == "skip"}
    assert skipped == {f"corpus.{table_name(name)}": codes for name, codes in NOT_MOVED.items()}


def same_rows(journey, name, file):
    """PyIceberg reads in the table what Arrow reads in the file."""
    in_file = [list(plain(row).values()) for row in pyarrow.parquet.read_table(file).to_pylist()]
    in_table = [list(plain(row).values()) for row in target(journey, name).scan().to_arrow().to_pylist()]
    return sorted(map(repr, in_table)) == sorted(map(repr, in_file))


@pytest.mark.parametrize("name", MOVED)
def test_pyiceberg_reads_what_arrow_reads_in_the_file(corpus, name):
    assert same_rows(corpus, name, FILES[name])


@pytest.mark.parametrize("name", MOVED)
def test_duckdb_reads_the_same_rows(corpus, name):
    duck = readers.DuckDB.connect("avro", "iceberg")
    file = str(FILES[name]).replace("'", "''")
    before = readers.attempt(readers.DuckDB.rows, duck, f"SELECT * FROM read_parquet('{file}')")
    after = readers.DuckDB().from_file(target(corpus, name).metadata_location)["rows"]
    if words := REFUSED.get((name, "duckdb")):
        assert isinstance(before, readers.Refusal) and words in before, before
        assert isinstance(after, readers.Refusal) and words in after, after
    else:
        assert not isinstance(before, readers.Refusal), before
        assert after == before


@pytest.mark.skipif(not LONG, reason="the long form asks Spark too")
@pytest.mark.parametrize("name", MOVED)
def test_spark_reads_the_same_rows(spark, corpus, name):
    before = readers.attempt(lambda: spark.ask(op="read", rows=True, source={"parquet": str(FILES[name])})["rows"])
    where = {"catalog": corpus.endpoint, "table": ["corpus", table_name(name)]}
    after = readers.attempt(lambda: spark.ask(op="read", rows=True, source=where)["rows"])
    if words := REFUSED.get((name, "spark")):
        assert isinstance(before, readers.Refusal) and words in before, before
        return
    assert not isinstance(before, readers.Refusal), before
    assert sorted(repr(list(plain(row).values())) for row in after) == sorted(
        repr(list(plain(row).values())) for row in before)


@pytest.mark.parametrize("name", BAD)
def test_malformed_files_never_end_the_program(tmp_path, name):
    """Exit codes from the table, no signal, no report of a sanitizer; what cannot be read is not called equal."""
    with Journey(tmp_path, write_estate(tmp_path, {name: BAD[name]})) as journey:
        journey.assess()
        plan = journey.make_plan()
        assert "Sanitizer" not in plan.stderr
        applied = journey.apply(code=None)
        assert applied.returncode in EXIT_CODES
        assert "Sanitizer" not in applied.stderr and "runtime error" not in applied.stderr
        run = journey.json("run", "show", journey.run_id(), code=applied.returncode)
        failed = [cause for cause in run["causes"] if cause["state"] == "failed"]
        skipped = [step for line in journey.plan.read_text().splitlines()[1:-1]
                   if (step := json.loads(line))["action"] == "skip"]
        if not failed and not skipped:
            # Only old readers stumble over it.
            assert same_rows(journey, name, BAD[name])
        assert all("cannot be read" in cause["reason"] for cause in failed)
