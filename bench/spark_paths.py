"""Iceberg's own procedure for the same work, in a Spark session that stays up.

One JSON request a line (metadata, source, target, staging), one JSON answer a line: seconds of the CALL, and processor time
and the most memory of the Java process during it.
"""

import json
import os
import pathlib
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "testbed/spark"))
import session  # noqa: E402


def java_process():
    """The virtual machine is a child of this process, or of the script that starts it."""
    waiting = [os.getpid()]
    while waiting:
        parent = waiting.pop()
        for task in pathlib.Path(f"/proc/{parent}/task").iterdir():
            for child in map(int, (task / "children").read_text().split()):
                if pathlib.Path(f"/proc/{child}/comm").read_text().strip() == "java":
                    return child
                waiting.append(child)
    raise SystemExit("there is no Java process below this one")


def peak_bytes(process):
    status = pathlib.Path(f"/proc/{process}/status").read_text()
    return next(int(line.split()[1]) * 1024 for line in status.splitlines() if line.startswith("VmHWM"))


def cpu_seconds(process):
    fields = pathlib.Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def rewrite(spark, java, request):
    spark.sql(f"CALL files.system.register_table(table => 'bench.source', metadata_file => '{request['metadata']}')")
    pathlib.Path(f"/proc/{java}/clear_refs").write_text("5")  # forgets the peak so far
    start, cpu = time.monotonic(), cpu_seconds(java)
    spark.sql(f"CALL files.system.rewrite_table_path(table => 'bench.source', source_prefix => '{request['source']}', "
              f"target_prefix => '{request['target']}', staging_location => '{request['staging']}')").collect()
    answer = {"seconds": time.monotonic() - start, "cpu_seconds": cpu_seconds(java) - cpu, "peak_bytes": peak_bytes(java)}
    spark.sql("DROP TABLE files.bench.source")
    return answer


def main():
    # The Java process inherits standard output; answers go to a copy of it.
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    spark = session.start("bench", settings={
        "spark.sql.catalog.files": "org.apache.iceberg.spark.SparkCatalog", "spark.sql.catalog.files.type": "jdbc",
        "spark.sql.catalog.files.uri": "jdbc:derby:memory:files;create=true",
        "spark.sql.catalog.files.io-impl": "org.apache.iceberg.hadoop.HadoopFileIO",
        "spark.sql.catalog.files.warehouse": "file:///nowhere", "spark.sql.catalog.files.jdbc.schema-version": "V0",
        "spark.sql.catalog.files.cache-enabled": "false"})
    try:
        java = java_process()
        print(json.dumps({"ready": True, "idle_bytes": peak_bytes(java)}), file=answers, flush=True)
        for line in sys.stdin:
            print(json.dumps(rewrite(spark, java, json.loads(line))), file=answers, flush=True)
    finally:
        session.stop(spark)


if __name__ == "__main__":
    main()
