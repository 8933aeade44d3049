"""All fixtures as one estate: an export as the AWS command line prints it, and the folder behind each prefix."""

import contextlib
import json
import pathlib

from journey import Journey

ROOT = pathlib.Path(__file__).resolve().parents[2]
FIXTURES = ROOT / "tests/fixtures"
ACCOUNT, REGION = "123456789012", "eu-west-1"


def table_name(fixture):
    return fixture.replace("-", "_")


def iceberg_fixtures():
    listed = json.loads((FIXTURES / "iceberg/fixtures.json").read_text())
    return {fixture["name"]: fixture for fixture in listed["fixtures"]}


def hive_fixtures(group):
    """Parquet or CSV: the name of each with what Spark saw in it."""
    return {path.parent.name: json.loads(path.read_text())
            for path in sorted((FIXTURES / group).glob("*/expected.json"))}


def hive_records(group, name):
    """Glue's records of a fixture: the table, and its partitions."""
    export = FIXTURES / group / name / "export"
    (table,) = json.loads((export / "tables.json").read_text())["TableList"]
    partitions = export / "partitions.json"
    return table, json.loads(partitions.read_text())["Partitions"] if partitions.exists() else []


def buckets():
    """Every bucket of the estate with its folder. Each Parquet or CSV fixture gets one of its own."""
    found = {"fixtures": FIXTURES / "iceberg"}
    for group in ("parquet", "csv"):
        for name in hive_fixtures(group):
            found[f"{group}-{name}"] = FIXTURES / group / name / "data/fixtures"
    return found


def iceberg_record(name, metadata_location, location, database="iceberg"):
    return {
        "Name": table_name(name), "DatabaseName": database, "TableType": "EXTERNAL_TABLE", "CatalogId": ACCOUNT,
        "Parameters": {"table_type": "ICEBERG", "metadata_location": metadata_location},
        "StorageDescriptor": {"Columns": [], "Location": location}, "CreateTime": "2024-04-30T12:00:00+00:00",
    }


def write_export(folder):
    folder.mkdir()
    tables = [iceberg_record(name, fixture["metadata"], fixture["location"])
              for name, fixture in iceberg_fixtures().items()]
    partitions = []
    for group in ("parquet", "csv"):
        for name in hive_fixtures(group):
            table, below = json.loads(
                json.dumps(hive_records(group, name)).replace("s3://fixtures", f"s3://{group}-{name}"))
            tables.append({**table, "DatabaseName": group})
            partitions += [{**partition, "DatabaseName": group} for partition in below]
    databases = [{"Name": name, "CatalogId": ACCOUNT} for name in ("iceberg", "parquet", "csv")]
    for name, content in {"databases": {"DatabaseList": databases}, "tables": {"TableList": tables},
                          "partitions": {"Partitions": partitions}}.items():
        (folder / f"{name}.json").write_text(json.dumps(content))
    return folder


def source(folder):
    """The options by which the estate is assessed."""
    options = ["--export", write_export(folder), "--account", ACCOUNT, "--region", REGION]
    for bucket, path in buckets().items():
        options += ["--map", f"s3://{bucket}={path}"]
    return options


@contextlib.contextmanager
def moved(folder):
    """The whole estate after assess, plan, apply and verify; the catalogue runs until the end."""
    with Journey(folder, source(folder / "export")) as journey:
        journey.assess()
        journey.make_plan()
        journey.apply()
        journey.outcome = journey.json("verify", journey.run_id())
        journey.steps = [json.loads(line) for line in journey.plan.read_text().splitlines()][1:-1]
        yield journey
