"""Intents a second with 16 steps at once, beside raw commits of SQLite and raw fdatasync on the same disk."""

from measure import Figures, alternate, tool, work_folder

REPETITIONS = 5
AT_ONCE = 16


def rate(mode, count, width):
    def run():
        with work_folder("intents") as folder:
            figures = tool("commit_intents", mode, folder, count, width)
        return figures["count"] / figures["seconds"]

    return run


figures = Figures("intents", "An intent is one write of the journal: lease affirmed, row of the step with its checksum, event; "
                  "durable before it returns. Raw: one row of 100 bytes, WAL, synchronous FULL, one connection.")
rates = alternate(REPETITIONS, {
    "intents": rate("intents", 8_000, AT_ONCE), "one": rate("intents", 1_000, 1), "sqlite": rate("sqlite", 1_000, 1),
    "sqlite16": rate("sqlite", 8_000, AT_ONCE), "fsync": rate("fsync", 1_000, 1)})
many = figures.add(f"intents, {AT_ONCE} steps at once", "per s", rates["intents"])
one = figures.add("intents, one step", "per s", rates["one"])
raw = figures.add("SQLite, one row in each commit", "per s", rates["sqlite"])
together = figures.add(f"SQLite, {AT_ONCE} rows in each commit", "per s", rates["sqlite16"])
figures.add("write of 4 KiB and fdatasync", "per s", rates["fsync"])
figures.ratio(f"intents ({AT_ONCE} at once) / SQLite, one row in each commit", many / raw)
figures.ratio(f"intents ({AT_ONCE} at once) / SQLite, {AT_ONCE} rows in each commit", many / together)
figures.ratio("intents (one step) / SQLite, one row in each commit", one / raw)
figures.write()
