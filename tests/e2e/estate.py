"""Small estates made by hand: a Glue export with tables whose names and files a test chooses."""

import json
import pathlib

ROOT = pathlib.Path(__file__).resolve().parents[2]
FIXTURES = ROOT / "tests/fixtures/iceberg"
ACCOUNT = "123456789012"
BUCKET = "estate"
LAZY_SIMPLE = {
    "InputFormat": "org.apache.hadoop.mapred.TextInputFormat",
    "OutputFormat": "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat",
    "SerdeInfo": {
        "SerializationLibrary": "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe",
        "Parameters": {"field.delim": ",", "serialization.format": ","},
    },
}
PARQUET = {
    "InputFormat": "org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat",
    "OutputFormat": "org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat",
    "SerdeInfo": {
        "SerializationLibrary": "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe",
        "Parameters": {"serialization.format": "1"},
    },
}


class Estate:
    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.tables, self.partitions, self.maps = [], [], []

    @property
    def data(self):
        return self.folder / "data"

    @property
    def source(self):
        return ["--export", self.folder / "export", "--map", f"s3://{BUCKET}={self.data}", *self.maps]

    def table(self, database, name, key, files, columns=(("id", "int"), ("name", "string")), form=None, keys=(), parameters=None):
        """`files`: name below the table's folder to bytes. `keys`: partition keys."""
        for file, content in files.items():
            self.put(f"{key}/{file}", content)
        record = {
            "Name": name,
            "DatabaseName": database,
            "CreateTime": "2024-04-30T12:00:00+00:00",
            "PartitionKeys": columns_of(keys),
            "StorageDescriptor": {"Columns": columns_of(columns), "Location": f"s3://{BUCKET}/{key}", **(form or LAZY_SIMPLE)},
            "TableType": "EXTERNAL_TABLE",
            "Parameters": {"EXTERNAL": "TRUE", **(parameters or {})},
            "CatalogId": ACCOUNT,
        }
        self.tables.append(record)
        return record

    def iceberg(self, database, name, fixture):
        """A table of tests/fixtures/iceberg."""
        index = json.loads((FIXTURES / "fixtures.json").read_text())["fixtures"]
        facts = next(one for one in index if one["name"] == fixture)
        record = self.table(database, name, name, {}, parameters={"table_type": "ICEBERG", "metadata_location": facts["metadata"]})
        record["StorageDescriptor"]["Location"] = facts["location"]
        self.maps += ["--map", f"{facts['location']}={FIXTURES / fixture}"]

    def partition(self, table, values, key, files):
        for file, content in files.items():
            self.put(f"{key}/{file}", content)
        descriptor = table["StorageDescriptor"] | {"Location": f"s3://{BUCKET}/{key}"}
        self.partitions.append({"Values": list(values), "DatabaseName": table["DatabaseName"], "TableName": table["Name"],
                                "StorageDescriptor": descriptor, "Parameters": {}, "CatalogId": ACCOUNT})

    def put(self, key, content):
        path = self.data / key
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        return path

    def write(self):
        export = self.folder / "export"
        export.mkdir(parents=True, exist_ok=True)
        self.data.mkdir(parents=True, exist_ok=True)
        databases = [{"Name": name, "CatalogId": ACCOUNT} for name in dict.fromkeys(one["DatabaseName"] for one in self.tables)]
        for name, content in (("godwit-export", {"account": ACCOUNT, "region": "eu-west-1"}), ("databases", {"DatabaseList": databases}),
                              ("tables", {"TableList": self.tables}), ("partitions", {"Partitions": self.partitions})):
            (export / f"{name}.json").write_text(json.dumps(content))
        return self.source


def small_estate(folder):
    """One table of each kind that is moved: relocated with its deletes, taken over, and rewritten."""
    estate = Estate(folder)
    estate.iceberg("sales", "orders", "position-deletes-parquet")
    products = (ROOT / "examples/lakehouse/data/acme-lake/ref/products").glob("*.parquet")
    columns = next(table["StorageDescriptor"]["Columns"] for table in json.loads(
        (ROOT / "examples/lakehouse/export/tables-ref.json").read_text())["TableList"] if table["Name"] == "products")
    estate.table("ref", "products", "products", {path.name: path.read_bytes() for path in products},
                 [(column["Name"], column["Type"]) for column in columns], PARQUET)
    estate.table("raw", "customers", "customers", {"part-0": b"1,ann\nx,bob\n", "part-1": b"3,eve\n"})
    return estate.write()


def columns_of(pairs):
    return [{"Name": name, "Type": kind} for name, kind in pairs]
