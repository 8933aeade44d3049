"""Copying files beside `cp -r`: many small ones, and a few large ones."""

import os
import random
import subprocess

from measure import Figures, alternate, seconds_of, tool, work_folder

REPETITIONS = 5
TREES = {"small": (10_000, 8 << 10), "large": (4, 256 << 20)}


def make_tree(folder, files, size):
    block = random.Random(1).randbytes(1 << 20)
    for number in range(files):
        path = folder / f"dt={number % 100:03}" / f"part-{number:06}.parquet"
        path.parent.mkdir(parents=True, exist_ok=True)
        with open(path, "wb") as file:
            file.write(number.to_bytes(8))
            for left in range(size - 8, 0, -len(block)):
                file.write(block[:left])
    os.sync()


def in_new_folder(call):
    """Every contestant starts with an empty target and nothing left to write back."""
    def run():
        with work_folder("copied") as target:
            os.sync()
            return call(target)

    return run


def godwit(source, target):
    for name in ("warehouse", "runs"):
        (target / name).mkdir()
    return tool("copy_tree", source, target / "warehouse", target / "runs")


def cp(source, target, *, durable):
    def call():
        subprocess.run(["cp", "-r", source, target / "copy"], check=True)
        if durable:
            subprocess.run(["sync", "-f", target], check=True)

    return seconds_of(call)


figures = Figures("copy", "Godwit: SHA-256 of 64 MiB chunks while copying, ledger, files under their final names, all durable "
                  "(syncfs once a part of 10,000 files). Source in the page cache.")
for kind, (files, size) in TREES.items():
    with work_folder("source") as source:
        make_tree(source, files, size)
        results = alternate(REPETITIONS, {
            "godwit": in_new_folder(lambda target: godwit(source, target)),
            "cp": in_new_folder(lambda target: cp(source, target, durable=False)),
            "synced": in_new_folder(lambda target: cp(source, target, durable=True))})
    title = f"{files:,} files of {size >> 10:,} KiB"
    ours = figures.add(f"{title}: godwit, copied", "s", [one["seconds"] for one in results["godwit"]])
    figures.add(f"{title}: godwit, both sides read again and compared", "s",
                [one["check_seconds"] for one in results["godwit"]])
    plain = figures.add(f"{title}: cp -r", "s", results["cp"])
    synced = figures.add(f"{title}: cp -r; sync -f", "s", results["synced"])
    figures.add(f"{title}: godwit, processor time of both", "s", [one["cpu_seconds"] for one in results["godwit"]])
    figures.add(f"{title}: godwit, peak memory", "MiB", [one["peak_bytes"] / 2**20 for one in results["godwit"]])
    figures.ratio(f"{title}: godwit / cp -r; sync -f", ours / synced)
    figures.ratio(f"{title}: godwit / cp -r", ours / plain)
figures.write()
