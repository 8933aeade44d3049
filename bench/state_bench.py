"""The state database at a million resources: its checks beside SQLite's own, and a page of a list."""

import sqlite3
import statistics

from measure import Figures, alternate, seconds_of, tool, work_folder

REPETITIONS = 3
RESOURCES = 1_000_000
PAGE_LIMIT_MS = 100

figures = Figures("state", f"One assessment of {RESOURCES:,} resources in SQLite. A page is 100 rows from anywhere in the list.")
with work_folder("state") as folder:
    file = folder / "state.db"
    filled = tool("state_rows", "fill", file, RESOURCES)
    size = file.stat().st_size

    def by_sqlite():
        connection = sqlite3.connect(file)
        try:
            return seconds_of(lambda: connection.execute("PRAGMA integrity_check").fetchall())
        finally:
            connection.close()

    results = alternate(REPETITIONS, {
        "structure": lambda: tool("state_rows", "structure", file, RESOURCES),
        "check": lambda: tool("state_rows", "check", file, RESOURCES),
        "pages": lambda: tool("state_rows", "pages", file, RESOURCES), "sqlite": by_sqlite})
figures.add("filling", "s", [filled["seconds"]])
figures.add("size of the file", "MiB", [size / 2**20])
structure = figures.add("check of the structure (before apply, resume, rollback)", "s",
                        [one["seconds"] for one in results["structure"]])
check = figures.add("db check: structure, checksums, digests", "s", [one["seconds"] for one in results["check"]])
sqlite = figures.add("sqlite3: PRAGMA integrity_check", "s", results["sqlite"])
figures.add("db check, peak memory", "MiB", [one["peak_bytes"] / 2**20 for one in results["check"]])
figures.add("opening", "ms", [1000 * one["open_seconds"] for one in results["pages"]])
pages = [1000 * second for one in results["pages"] for second in one["page_seconds"]]
figures.add("a page of the list", "ms", pages)
figures.ratio("check of the structure / PRAGMA integrity_check", structure / sqlite)
figures.ratio("db check / PRAGMA integrity_check", check / sqlite)
figures.ratio("a page of the list, ms, slowest", max(pages), PAGE_LIMIT_MS)
figures.ratio("a page of the list, ms, median", statistics.median(pages), PAGE_LIMIT_MS)
figures.write()
