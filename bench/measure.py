"""What all benchmarks share: repetitions that alternate, the machine they ran on, and the figures they leave behind."""

import contextlib
import json
import os
import pathlib
import platform
import shutil
import statistics
import subprocess
import time

ROOT = pathlib.Path(__file__).resolve().parents[1]
BUILD = ROOT / "build/bench"
GODWIT = os.environ.get("GODWIT", str(BUILD / "src/app/godwit"))
DEPENDENCIES = pathlib.Path(os.environ.get("GODWIT_DEPS", ROOT / ".deps"))


def tool(name, *arguments):
    """Runs one of the programs of this folder; what it printed."""
    result = subprocess.run([BUILD / "bench" / name, *map(str, arguments)], capture_output=True, text=True)
    if result.returncode:
        raise SystemExit(f"{name} failed:\n{result.stderr}")
    return json.loads(result.stdout)


def alternate(repetitions, contestants):
    """Every contestant once in each repetition, forwards and backwards in turn. What each gave, by name."""
    results = {name: [] for name in contestants}
    for repetition in range(repetitions):
        names = list(contestants)
        for name in names if repetition % 2 == 0 else reversed(names):
            results[name].append(contestants[name]())
    return results


@contextlib.contextmanager
def work_folder(name):
    """An empty folder on the disk that is measured; gone afterwards."""
    folder = BUILD / "work" / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def seconds_of(call):
    start = time.monotonic()
    call()
    return time.monotonic() - start


def kept_folder(name):
    """For data that is slow to make: `make clean` removes it."""
    return BUILD / "data" / name


class Figures:
    """Collects figures, prints each as it comes, writes them to build/bench/figures/NAME.json."""

    def __init__(self, name, measured):
        self.name = name
        self.report = {"benchmark": name, "measured": measured, "machine": machine(), "figures": [], "ratios": []}
        print(measured)
        print(", ".join(f"{key} {value}" for key, value in self.report["machine"].items()), flush=True)

    def add(self, what, unit, values):
        """Several measurements of one thing; gives their median."""
        middle = statistics.median(values)
        figure = {"what": what, "unit": unit, "min": min(values), "median": middle, "max": max(values),
                  "repetitions": len(values)}
        self.report["figures"].append(figure)
        spread = f"min {number(min(values))}  median {number(middle)}  max {number(max(values))}"
        print(f"  {what:<58} {spread} {unit}  ({len(values)} times)", flush=True)
        return middle

    def ratio(self, what, value, limit=None):
        """`limit`: what the value should not exceed; printed, and no more than that."""
        self.report["ratios"].append({"what": what, "value": value} | ({"limit": limit} if limit else {}))
        wanted = f"  (wanted: at most {limit})" if limit else ""
        print(f"  {what:<58} {number(value)}{wanted}", flush=True)

    def write(self):
        self.report["machine"]["load afterwards"] = load()
        file = BUILD / "figures" / f"{self.name}.json"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(self.report, indent=1) + "\n")
        print(f"  {file.relative_to(ROOT)}; load {load()}", flush=True)


def number(value):
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"


def load():
    return os.getloadavg()[0]


def machine():
    cpu = next((line.split(":", 1)[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")), "?")
    memory = next(int(line.split()[1]) for line in open("/proc/meminfo") if line.startswith("MemTotal"))
    return {"processor": cpu, "cores": os.cpu_count(), "memory GiB": round(memory / 2**20), "disk": disk(),
            "kernel": platform.release(), "load": load()}


def disk():
    """The file system that the build folder lies on, and its device."""
    BUILD.mkdir(parents=True, exist_ok=True)
    number_of_device = BUILD.stat().st_dev
    wanted = f"{os.major(number_of_device)}:{os.minor(number_of_device)}"
    for line in open("/proc/self/mountinfo"):
        fields = line.split()
        if fields[2] == wanted:
            rest = fields[fields.index("-") + 1:]
            return f"{rest[0]} on {pathlib.Path(rest[1]).name}"
    return "?"
