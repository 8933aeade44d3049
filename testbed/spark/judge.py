"""A Spark session that stays up and answers questions about tables.

One JSON request a line in, one JSON answer a line out.

README.md beside this file describes the requests.
"""

import hashlib
import itertools
import json
import os
import signal
import sys
from pathlib import Path

import hive_tables
import rows
import session

FILE_IO = "org.apache.iceberg.hadoop.HadoopFileIO"


class Judge:
    def __init__(self, spark):
        self.spark = spark
        self.numbers = itertools.count(1)
        # Iceberg's own in-memory catalogue reads no files but its own: this one keeps only its names in memory.
        self.use_catalog(
            "files",
            {
                "type": "jdbc",
                "uri": "jdbc:derby:memory:files;create=true",
                "io-impl": FILE_IO,
                "warehouse": f"file://{spark.scratch}/files",
                "jdbc.schema-version": "V0",
            },
        )

    def answer(self, request):
        places = {"mount": self.mount, "enter": self.enter}
        if request.get("op") in places:
            return places[request["op"]](request)
        operations = {"read": self.read, "query": self.query, "metadata": self.metadata, "describe": self.describe}
        if request.get("op") not in operations:
            raise ValueError(f"op is one of {', '.join(places)}, {', '.join(operations)}, not {request.get('op')!r}")
        with self.opened(request["source"]) as table:
            return operations[request["op"]](table, request)

    def read(self, table, request):
        frame = self.spark.table(table + reference(request.get("at", {})))
        if "where" in request:
            frame = frame.where(request["where"])
        if "columns" in request:
            frame = frame.select(*request["columns"])
        return self.described(frame, request)

    def query(self, table, request):
        return self.described(self.spark.sql(request["sql"].replace("{table}", table)), request)

    def metadata(self, table, request):
        return {"rows": rows.rows_as_json(self.spark.table(f"{table}.{request['name']}"))}

    def describe(self, table, _):
        """The table's metadata as Iceberg's Java library understands it."""
        jvm = self.spark._jvm
        loaded = jvm.org.apache.iceberg.spark.Spark3Util.loadIcebergTable(self.spark._jsparkSession, table)
        return {"metadata": json.loads(jvm.org.apache.iceberg.TableMetadataParser.toJson(loaded.operations().current()))}

    def enter(self, request):
        """From now on locations without a scheme that are relative are below this folder."""
        hadoop = self.spark.sparkContext._jsc.hadoopConfiguration()
        files = self.spark._jvm.org.apache.hadoop.fs.FileSystem.getLocal(hadoop)
        # Hadoop's own checksum files may lie beside files that somebody changed; no other reader looks at them.
        files.setVerifyChecksum(False)
        files.setWorkingDirectory(self.spark._jvm.org.apache.hadoop.fs.Path(as_location(request["folder"])))
        return {}

    def mount(self, request):
        """From now on s3://bucket/key is the file folder/key. Asked before anything in the bucket is read."""
        hadoop = self.spark.sparkContext._jsc.hadoopConfiguration()
        for scheme in ("s3", "s3a", "s3n"):
            hadoop.set(f"fs.{scheme}.impl", "org.apache.hadoop.fs.viewfs.ViewFileSystemOverloadScheme")
        folder = Path(request["folder"]).resolve().as_uri()
        hadoop.set(f"fs.viewfs.mounttable.{request['bucket']}.linkMergeSlash", folder)
        return {}

    def described(self, frame, request):
        answer = {
            "columns": [[field.name, field.dataType.simpleString()] for field in frame.schema.fields],
            "digest": rows.digest(frame),
        }
        if request.get("profile"):
            answer["profile"] = rows.profile(frame)
        if request.get("rows"):
            answer["rows"] = rows.rows_as_json(frame)
        return answer

    def opened(self, source):
        kinds = {
            "metadata": self.open_metadata,
            "catalog": self.open_catalog,
            "parquet": self.open_parquet,
            "hive": self.open_hive,
        }
        kind = next((kind for kind in kinds if kind in source), None)
        if not kind:
            raise ValueError(f"a source has one of {', '.join(kinds)}")
        return kinds[kind](source)

    def open_metadata(self, source):
        name = f"files.tables.t{next(self.numbers)}"
        file = hive_tables.literal(as_location(source["metadata"]))
        self.spark.sql(
            f"CALL files.system.register_table(table => '{name.removeprefix('files.')}', metadata_file => {file})"
        )
        return Opened(name, lambda: self.spark.sql(f"DROP TABLE {name}"))

    def open_catalog(self, source):
        properties = {"type": "rest", "uri": source["catalog"], "io-impl": FILE_IO, **source.get("properties", {})}
        catalog = "rest_" + hashlib.sha256(json.dumps(properties, sort_keys=True).encode()).hexdigest()[:16]
        self.use_catalog(catalog, properties)
        return Opened(".".join([catalog] + [f"`{part}`" for part in source["table"]]))

    def open_parquet(self, source):
        reader = self.spark.read.schema(source["schema"]) if "schema" in source else self.spark.read
        name = f"t{next(self.numbers)}"
        reader.parquet(as_location(source["parquet"])).createOrReplaceTempView(name)
        return Opened(name, lambda: self.spark.catalog.dropTempView(name))

    def open_hive(self, source):
        name = f"t{next(self.numbers)}"
        stored = f"{name}_stored"
        settings = source.get("settings", {})
        for key, value in settings.items():
            self.spark.conf.set(key, value)

        def close():
            self.spark.catalog.dropTempView(name)
            self.spark.sql(f"DROP TABLE {stored}")
            for key in settings:
                self.spark.conf.unset(key)

        locate = hive_tables.locate_below(source["root"])
        frame = hive_tables.create(self.spark, stored, source["hive"], source.get("partitions", []), locate)
        frame.createOrReplaceTempView(name)
        return Opened(name, close)

    def use_catalog(self, name, properties):
        self.spark.conf.set(f"spark.sql.catalog.{name}", "org.apache.iceberg.spark.SparkCatalog")
        # Others change these tables between two questions: nothing is remembered.
        for key, value in {**properties, "cache-enabled": "false"}.items():
            self.spark.conf.set(f"spark.sql.catalog.{name}.{key}", value)


class Opened:
    """A context that gives a table's name and forgets the table at the end."""

    def __init__(self, name, close=lambda: None):
        self.name, self.close = name, close

    def __enter__(self):
        return self.name

    def __exit__(self, *_):
        self.close()


def reference(at):
    """The part of the name by which Iceberg reads a snapshot, a branch or a tag."""
    if not at:
        return ""
    ((kind, value),) = at.items()
    return f".`{'snapshot_id' if kind == 'snapshot' else kind}_{value}`"


def as_location(path):
    return path if "://" in path or path.startswith("file:") else Path(path).resolve().as_posix()


def explain(error):
    """What went wrong in one line: the innermost Java exception where there is one."""
    java = getattr(error, "java_exception", None)
    while java is not None and java.getCause() is not None:
        java = java.getCause()
    words = java.toString() if java is not None else f"{type(error).__name__}: {error}"
    return words.strip().splitlines()[0]


def serve(judge, requests, answers):
    for line in requests:
        if not line.strip():
            continue
        request = {}
        try:
            request = json.loads(line)
            answer = {"ok": True, **judge.answer(request)}
        except Exception as error:
            answer = {"ok": False, "error": explain(error)}
        if isinstance(request, dict) and "id" in request:
            answer["id"] = request["id"]
        print(json.dumps(answer, ensure_ascii=False), file=answers, flush=True)


def main():
    # The Java process inherits standard output; answers go to a copy of it that only this program has.
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    spark = session.start("judge")
    try:
        judge = Judge(spark)
        print(json.dumps({"ok": True, "ready": True, "spark": spark.version}), file=answers, flush=True)
        serve(judge, sys.stdin, answers)
    finally:
        session.stop(spark)


if __name__ == "__main__":
    main()
