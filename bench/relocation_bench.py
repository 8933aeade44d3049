"""Relocating the metadata of large Iceberg tables, beside Iceberg's own Spark procedure `rewrite_table_path`."""

import json
import shutil
import subprocess

from iceberg_table import make_table
from measure import DEPENDENCIES, ROOT, Figures, alternate, kept_folder, tool, work_folder

REPETITIONS = 3
LARGE_REPETITIONS = 2
WARMING = 2  # calls of Spark that are not counted: the first ones load classes
SMALL, LARGE = 100_000, 1_000_000
MEMORY_GROWTH_LIMIT = 1.1


class SparkPeer:
    def __init__(self):
        self.process = subprocess.Popen([DEPENDENCIES / "spark/bin/python", ROOT / "bench/spark_paths.py"], text=True,
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        self.idle = json.loads(self.process.stdout.readline())

    def rewrite(self, **request):
        print(json.dumps(request), file=self.process.stdin, flush=True)
        return json.loads(self.process.stdout.readline())

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.wait()


def relocated(folder, table, metadata):
    """The step that rewrites, into an empty warehouse; then the one that checks what it wrote."""
    for name in ("warehouse", "runs"):
        shutil.rmtree(folder / name, ignore_errors=True)
        (folder / name).mkdir()
    arguments = (metadata, f"file://{table}", table, folder / "warehouse", folder / "runs")
    return tool("relocate_table", "relocate", *arguments), tool("relocate_table", "check", *arguments)


def by_spark(folder, table, metadata, spark):
    shutil.rmtree(folder / "staging", ignore_errors=True)
    return spark.rewrite(metadata=metadata, source=f"file://{table}", target="file:///elsewhere",
                         staging=f"file://{folder}/staging")


def report(figures, files, steps):
    """Time and memory of both steps; gives medians."""
    title = f"{files:,} data files: godwit"
    seconds = figures.add(f"{title}, rewritten", "s", [one["seconds"] for one, _ in steps])
    cpu = figures.add(f"{title}, rewritten, processor time", "s", [one["cpu_seconds"] for one, _ in steps])
    memory = figures.add(f"{title}, rewritten, peak memory", "MiB", [one["peak_bytes"] / 2**20 for one, _ in steps])
    figures.add(f"{title}, checked", "s", [check["seconds"] for _, check in steps])
    checking = figures.add(f"{title}, checked, peak memory", "MiB", [check["peak_bytes"] / 2**20 for _, check in steps])
    figures.add(f"{title}, written", "MiB", [one["bytes"] / 2**20 for one, _ in steps])
    return seconds, cpu, memory, checking


figures = Figures("relocation", "The step that rewrites all metadata (one thread; durable under final names, with its ledger) "
                  "and the step that reads both sides again and compares; without process start and journal. Spark: the "
                  "CALL alone in a warm session (two cores, heap 1 GiB), staged, not synced, not checked.")
with work_folder("relocation") as folder:
    small, large = kept_folder(f"iceberg-{SMALL}"), kept_folder(f"iceberg-{LARGE}")
    small_metadata, large_metadata = make_table(small, SMALL), make_table(large, LARGE)
    with SparkPeer() as spark:
        for _ in range(WARMING):
            by_spark(folder, small, small_metadata, spark)
        results = alternate(REPETITIONS, {"godwit": lambda: relocated(folder, small, small_metadata),
                                          "spark": lambda: by_spark(folder, small, small_metadata, spark)})
        idle = spark.idle["idle_bytes"]
    large_steps = [relocated(folder, large, large_metadata) for _ in range(LARGE_REPETITIONS)]

ours, our_cpu, memory, checking = report(figures, SMALL, results["godwit"])
theirs = figures.add(f"{SMALL:,} data files: Spark", "s", [one["seconds"] for one in results["spark"]])
their_cpu = figures.add(f"{SMALL:,} data files: Spark, processor time", "s", [one["cpu_seconds"] for one in results["spark"]])
spark_memory = figures.add(f"{SMALL:,} data files: Spark, peak memory", "MiB",
                           [one["peak_bytes"] / 2**20 for one in results["spark"]])
figures.add("Spark, memory before the first call", "MiB", [idle / 2**20])
large_seconds, large_cpu, large_memory, large_checking = report(figures, LARGE, large_steps)
figures.ratio(f"{SMALL:,} data files: time of godwit / Spark", ours / theirs)
figures.ratio(f"{SMALL:,} data files: processor time of godwit / Spark", our_cpu / their_cpu)
figures.ratio(f"{SMALL:,} data files: memory of godwit / Spark", memory / spark_memory)
figures.ratio("1,000,000 / 100,000 data files: time, rewritten", large_seconds / ours)
figures.ratio("1,000,000 / 100,000 data files: processor time, rewritten", large_cpu / our_cpu)
figures.ratio("1,000,000 / 100,000 data files: memory, rewritten", large_memory / memory, MEMORY_GROWTH_LIMIT)
figures.ratio("1,000,000 / 100,000 data files: memory, checked", large_checking / checking, MEMORY_GROWTH_LIMIT)
figures.write()
