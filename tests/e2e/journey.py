"""One journey of the program over an export: what the end-to-end and crash suites share."""

import json
import os
import pathlib
import signal
import subprocess
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
GODWIT = os.environ.get("GODWIT", str(ROOT / "build/asan/src/app/godwit"))
EXAMPLE = ROOT / "examples/lakehouse"
START_LIMIT = 60
CALL_LIMIT = 300
# In builds with fault points the time of day begins here in every process, so that two worlds can be compared.
CLOCK = "1767225600000000"


class Journey:
    """A warehouse, its catalogue in a process of its own, and a state database, all below one folder."""

    def __init__(self, folder, source=None, state=None):
        self.folder = pathlib.Path(folder)
        self.warehouse = self.folder / "warehouse"
        self.state = state or str(self.folder / "state.db")
        self.database = self.folder / "catalogue.db"
        self.plan = self.folder / "plan.jsonl"
        self.source = source or example_source()
        self.warehouse.mkdir(parents=True, exist_ok=True)
        self.temporary = self.folder / "temporary"
        self.temporary.mkdir(exist_ok=True)
        self.catalogue = None
        self.endpoint = None
        self.progress = "none"

    def __enter__(self):
        self.start_catalogue()
        return self

    def __exit__(self, *_):
        self.stop_catalogue()

    def start_catalogue(self):
        endpoint = self.folder / "endpoint"
        endpoint.unlink(missing_ok=True)
        self.catalogue = subprocess.Popen(
            [GODWIT, "catalog", "serve", "--warehouse", self.warehouse, "--database", self.database, "--port", "0",
             "--port-file", endpoint], stdout=subprocess.DEVNULL, env=environment())
        end = time.monotonic() + START_LIMIT
        while not (endpoint.exists() and endpoint.read_text().endswith("\n")):
            assert self.catalogue.poll() is None, "the catalogue ended"
            assert time.monotonic() < end, "the catalogue did not start"
            time.sleep(0.02)
        self.endpoint = endpoint.read_text().strip()

    def stop_catalogue(self):
        if self.catalogue:
            self.catalogue.send_signal(signal.SIGTERM)
            self.catalogue.wait(START_LIMIT)
            self.catalogue = None

    def command(self, *arguments):
        return [GODWIT, "--state", self.state, "--run-files", str(self.folder / "runs"), "--progress",
                self.progress, *map(str, arguments)]

    def run(self, *arguments, code=0, fault=None):
        """Runs a command; `code` is the exit code that is expected, None for any."""
        result = subprocess.run(self.command(*arguments), capture_output=True, text=True, timeout=CALL_LIMIT,
                                env=environment(fault) | {"TMPDIR": str(self.temporary)})
        if code is not None:
            assert result.returncode == code, f"{arguments}: {result.returncode}\n{result.stdout}\n{result.stderr}"
        return result

    def json(self, *arguments, code=0):
        return json.loads(self.run("-o", "json", *arguments, code=code).stdout)

    def assess(self, *more):
        return self.run("assess", "lakehouse", *self.source, "--warehouse", self.warehouse, "--catalog", self.endpoint,
                        "--output-dir", self.folder / "reports", *more)

    def make_plan(self, *more, code=0):
        return self.run("plan", "create", "--out", self.plan, *more, code=code)

    def apply(self, **options):
        return self.run("apply", self.plan, **options)

    def runs(self):
        return [json.loads(line) for line in self.run("-o", "json", "run", "list").stdout.splitlines()]

    def open_run(self):
        """The one run of the plan that is not rolled back, or None."""
        return next((run["run"] for run in self.runs() if run["state"] != "rolled_back"), None)

    def run_id(self):
        return self.open_run() or self.runs()[0]["run"]

    def world(self):
        """Path, type and bytes of everything in the warehouse, and what the catalogue knows."""
        files = {}
        for path in sorted(self.warehouse.rglob("*")):
            files[str(path.relative_to(self.warehouse))] = path.read_bytes() if path.is_file() else None
        dump = subprocess.run([GODWIT, "catalog", "dump", "--database", self.database], capture_output=True, text=True,
                              check=True, timeout=CALL_LIMIT)
        return files, dump.stdout


def environment(fault=None):
    values = {name: value for name, value in os.environ.items() if not name.startswith("GODWIT_FAULT")}
    values["GODWIT_TEST_CLOCK"] = CLOCK
    if fault:
        values["GODWIT_FAULT"] = fault
    return values


def example_source():
    data = EXAMPLE / "data"
    return ["--export", EXAMPLE / "export", "--map", f"s3://acme-lake={data}/acme-lake", "--map",
            f"s3://acme-raw={data}/acme-raw"]
