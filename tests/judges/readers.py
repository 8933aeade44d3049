"""Independent readers of Iceberg tables, and what each says about one: in a form that does not depend on where it lies.

A reader is asked for a table by its metadata file or through a catalogue, and answers with facts, by name. A fact that it
cannot give is a `Refusal`, so that both sides of a move have to refuse in the same words.
"""

import json
import os
import pathlib
import pickle
import re
import subprocess
import sys

import duckdb
from fsspec.implementations.local import LocalFileSystem
from pyiceberg.catalog.rest import RestCatalog
from pyiceberg.io.pyarrow import PyArrowFileIO
from pyiceberg.table import StaticTable

SCHEMES = ("s3", "s3a", "s3n")
# Where a table lies, by nature different after a move.
PLACES = ("location", "write.data.path", "write.metadata.path", "write.object-storage.path", "write.folder-storage.path")
# What rewriting a delete file changes beside its name: its size, and what its footer says about paths.
REWRITTEN = ("file_size_in_bytes", "column_sizes", "lower_bounds", "upper_bounds", "split_offsets", "content_offset",
             "content_size_in_bytes", "readable_metrics", "value_counts", "null_value_counts", "nan_value_counts")

mounts = {}


def mount(prefix, folder):
    """From now on what begins with `prefix` is read below `folder`, by PyIceberg and DuckDB."""
    mounts[prefix] = str(folder)


def local(location):
    best = max((prefix for prefix in mounts if location.startswith(prefix)), key=len, default=None)
    return mounts[best] + location[len(best):] if best is not None else location


class Refusal(str):
    """The words in which a reader refused."""

    @staticmethod
    def of(error):
        first = (str(error).strip() or type(error).__name__).splitlines()[0]
        return Refusal.worded(f"{type(error).__name__}: {first}")

    @staticmethod
    def worded(text):
        """Without the folders in it, which differ between source and target."""
        return Refusal(re.sub(r"[^\s'\"]*/", "", text))


def attempt(call, *arguments):
    try:
        return call(*arguments)
    except Exception as error:
        return Refusal.of(error)


def in_order(items):
    return sorted(items, key=repr)


def without_places(value):
    """Metadata with every location cut down to its last element."""
    if isinstance(value, dict):
        return {key: without_places(item) for key, item in value.items() if key not in PLACES}
    if isinstance(value, (list, tuple)):
        return [without_places(item) for item in value]
    if isinstance(value, str) and ("://" in value or re.search(r"/[^/ ]+\.(json|avro|parquet|orc|puffin|stats)$", value)):
        return value.rstrip("/").rpartition("/")[2]
    return value


def entry(row):
    """One entry of a manifest; of a delete file only what a rewriting keeps."""
    file = row["data_file"]
    kept = {key: value for key, value in file.items() if file["content"] != 1 or key not in REWRITTEN}
    rest = {key: value for key, value in row.items() if key not in ("data_file", "readable_metrics")}
    return without_places({**rest, "data_file": kept})


# --- PyIceberg ---------------------------------------------------------------------------------------------------------


class MountedFiles(PyArrowFileIO):
    def new_input(self, location):
        return super().new_input(local(location))


class PyIceberg:
    name = "pyiceberg"

    def from_file(self, metadata):
        return self.facts(lambda: StaticTable.from_metadata(metadata, {"py-io-impl": "readers.MountedFiles"}))

    def from_catalogue(self, endpoint, *name):
        return self.facts(lambda: RestCatalog("judge", uri=endpoint).load_table(name))

    def facts(self, load):
        table = attempt(load)
        if isinstance(table, Refusal):
            return {"rows": table}
        return {
            "rows": attempt(self.rows, table),
            "columns": [str(field) for field in table.schema().fields],
            "metadata": without_places(json.loads(json.dumps(table.metadata.model_dump(mode="json"), default=str))),
            "partitions": attempt(lambda: in_order(table.inspect.partitions().to_pylist())),
            "entries": attempt(lambda: in_order(entry(row) for row in table.inspect.entries().to_pylist())),
            "history": attempt(lambda: table.inspect.history().to_pylist()),
            "snapshots": {snapshot.snapshot_id: attempt(self.rows, table, snapshot.snapshot_id)
                          for snapshot in table.snapshots()},
        }

    @staticmethod
    def rows(table, snapshot=None):
        return in_order(repr(row) for row in table.scan(snapshot_id=snapshot).to_arrow().to_pylist())


# --- DuckDB ------------------------------------------------------------------------------------------------------------


class MountedFolders(LocalFileSystem):
    protocol = SCHEMES

    @classmethod
    def _strip_protocol(cls, path):
        return local(path)


class DuckDB:
    """Without httpfs, which would take s3 for itself; through a catalogue another connection with it."""

    name = "duckdb"

    def __init__(self):
        self.files = self.connect("avro", "iceberg")
        self.files.register_filesystem(MountedFolders())
        self.attached = {}

    @staticmethod
    def connect(*extensions):
        connection = duckdb.connect(config={"autoinstall_known_extensions": False, "autoload_known_extensions": False})
        connection.execute("SET enable_progress_bar = false")
        packages = pathlib.Path(duckdb.__file__).parents[1]
        for name in extensions:
            folder = packages / f"duckdb_extension_{name}/extensions/v{duckdb.__version__}"
            connection.execute(f"LOAD '{folder}/{name}.duckdb_extension'")
        return connection

    def from_file(self, metadata):
        file = "'" + metadata.replace("'", "''") + "'"
        return self.facts(self.files, file, f"SELECT * FROM iceberg_scan({file})",
                          f"SELECT * FROM iceberg_scan({file}, snapshot_from_id => %s)")

    def from_catalogue(self, endpoint, *name):
        if endpoint not in self.attached:
            connection = self.attached[endpoint] = self.connect("httpfs", "avro", "iceberg")
            connection.execute(f"ATTACH '' AS house (TYPE iceberg, ENDPOINT '{endpoint}', AUTHORIZATION_TYPE 'none')")
        table = "house." + ".".join('"' + part.replace('"', '""') + '"' for part in name)
        return self.facts(self.attached[endpoint], table, f"SELECT * FROM {table}",
                          f"SELECT * FROM {table} AT (VERSION => %s)")

    def facts(self, connection, table, whole, at):
        snapshots = attempt(lambda: in_order(connection.execute(
            f"SELECT * EXCLUDE (manifest_list) FROM iceberg_snapshots({table})").fetchall()))
        listed = [] if isinstance(snapshots, Refusal) else snapshots
        return {
            "rows": attempt(self.rows, connection, whole),
            "columns": attempt(lambda: [row[:3] for row in connection.execute(f"DESCRIBE {whole}").fetchall()]),
            "history": snapshots,
            "entries": attempt(lambda: in_order(without_places(connection.execute(
                f"SELECT * EXCLUDE (manifest_path), parse_filename(manifest_path) FROM iceberg_metadata({table})")
                .fetchall()))),
            "snapshots": {row[1]: attempt(self.rows, connection, at.replace("%s", str(row[1]))) for row in listed},
        }

    @staticmethod
    def rows(connection, statement):
        return in_order(repr(row) for row in connection.execute(statement).fetchall())


class DuckDBApart(DuckDB):
    """DuckDB in a process of its own: some tables end it."""

    def __init__(self, folder="."):
        self.folder = folder

    def from_file(self, metadata):
        return self.asked("from_file", metadata)

    def from_catalogue(self, endpoint, *name):
        return self.asked("from_catalogue", endpoint, *name)

    def asked(self, *question):
        program = "import pickle, sys, readers; readers.mounts, how, *what = pickle.load(sys.stdin.buffer); " \
                  "pickle.dump(getattr(readers.DuckDB(), how)(*what), sys.stdout.buffer)"
        run = subprocess.run([sys.executable, "-c", program], input=pickle.dumps([mounts, *question]), cwd=self.folder,
                             capture_output=True, env={**os.environ, "PYTHONPATH": str(pathlib.Path(__file__).parent)})
        if run.returncode:
            words = run.stderr.decode(errors="replace").strip().splitlines()
            return {"rows": Refusal(f"the process ended with {run.returncode}: {words[-1][:120] if words else ''}")}
        return pickle.loads(run.stdout)


# --- Spark -------------------------------------------------------------------------------------------------------------


class Spark:
    name = "spark"

    def __init__(self, judge):
        self.judge = judge

    def from_file(self, metadata):
        return self.facts({"metadata": metadata})

    def from_catalogue(self, endpoint, *name):
        return self.facts({"catalog": endpoint, "table": list(name)})

    def digest(self, source, **how):
        answer = self.judge.ask(op="read", source=source, **how)
        return answer["columns"], answer["digest"]

    def metadata(self, source, name):
        return self.judge.ask(op="metadata", source=source, name=name)["rows"]

    def facts(self, source):
        described = attempt(lambda: self.judge.ask(op="describe", source=source)["metadata"])
        if isinstance(described, Refusal):
            return {"rows": described}
        others = [name for name in described.get("refs", {}) if name != "main"]
        kinds = {name: described["refs"][name]["type"] for name in others}
        return {
            "rows": attempt(self.digest, source),
            "metadata": without_places(described),
            "partitions": attempt(self.metadata, source, "partitions"),
            "entries": attempt(lambda: in_order(entry(row) for row in self.metadata(source, "entries"))),
            "history": attempt(self.metadata, source, "history"),
            "references": {name: attempt(lambda: self.digest(source, at={kinds[name]: name})) for name in others},
            "snapshots": {snapshot["snapshot-id"]: attempt(
                lambda: self.digest(source, at={"snapshot": snapshot["snapshot-id"]}))
                for snapshot in described.get("snapshots", [])},
        }
