"""Hostile names of databases, tables, columns, partition values and files: moved and found again, or refused by name."""

import json

import pytest

from estate import Estate
from journey import Journey

MOVED = {
    "quotes": "q\"u'o`te",
    "newline": "a\nb",
    "control": "\x1b[31m\ta\r",
    "dollar": "${HOME}$(id)",
    "percent": "%2Fb%",
    "parents": "../../etc/passwd",
    "slash": "a/b",
    "root": "/etc",
    "hidden": ".godwit",
    "long": "x" * 255,
    "longer": "ü" * 300,
    "right to left": "\u202eevil\u05d0",
    "bird": "\U0001f986",
    "spaces": " a ",
    "pattern": "*?[a]~;--",
    "query": "a+b#c?d=e&f",
    "backslash": "a\\b",
}
REFUSED = {"nul": "a\0b", "dot": ".", "dots": "..", "separator": "a\x1fb", "longest": "y" * 1025}
NOT_UNDERSTOOD = {"empty": "", "half a pair": "x\ud800"}
ROWS = b"1,a\n2,b\n"


def is_file_name(name):
    if any("\ud800" <= letter <= "\udfff" for letter in name):
        return False
    return "/" not in name and "\0" not in name and 0 < len(name.encode()) <= 255 and not name.startswith((".", "_"))


def estate_of(folder, names):
    """For each name a table that bears it wherever a name can stand."""
    estate = Estate(folder)
    for key, name in names.items():
        file = name if is_file_name(name) else "part-0"
        table = estate.table(name, name, f"{key}/t", {}, columns=[("id", "int"), (name, "string")], keys=[("day", "string")])
        estate.partition(table, [name], f"{key}/t/one", {file: ROWS})
        estate.partition(table, ["2"], f"{key}/t/two", {file: ROWS})
    estate.write()
    return estate


def quoted(name):
    return '"' + name.replace('"', '""') + '"'


def test_hostile_names_arrive(tmp_path):
    estate = estate_of(tmp_path / "estate", MOVED)
    outside = sorted(tmp_path.rglob("*"))
    with Journey(tmp_path / "work", estate.source) as journey:
        empty = journey.world()
        journey.assess()
        journey.make_plan()
        journey.apply()
        certificate = json.loads(journey.run("certificate", journey.run_id()).stdout)
        assert certificate["migrated"], certificate
        assert len({resource["display"] for resource in certificate["resources"]}) == 2 * len(MOVED)
        for label in ("quotes", "newline", "parents", "right to left", "backslash"):
            name = quoted(MOVED[label])
            result = journey.json("query", "--catalog", journey.endpoint,
                                  f"SELECT count(*) AS n, min({name}) AS low, max(day) AS day FROM {name}.{name}")
            assert result == {"n": "4", "low": "a", "day": max("2", MOVED[label])}, label
        assert "\x1b" not in journey.run("plan", "show", journey.plan).stdout
        shown = journey.run("run", "show", journey.run_id()).stdout
        assert "\x1b" not in shown and "\u202e" not in shown
        journey.run("run", "rollback", journey.run_id())
        assert journey.world() == empty
    assert [path for path in sorted(tmp_path.rglob("*")) if not path.is_relative_to(tmp_path / "work")] == outside


def test_names_that_no_catalogue_holds_are_left_out(tmp_path):
    estate = estate_of(tmp_path / "estate", REFUSED | {"good": "good"})
    with Journey(tmp_path / "work", estate.source) as journey:
        empty = journey.world()
        journey.assess()
        journey.make_plan()
        journey.apply()
        certificate = json.loads(journey.run("certificate", journey.run_id()).stdout)
        assert [one["findings"] for one in certificate["skipped"]] == [["LAKE-163"]] * len(REFUSED)
        assert certificate["migrated"]
        journey.run("run", "rollback", journey.run_id())
        assert journey.world() == empty


@pytest.mark.parametrize("label", NOT_UNDERSTOOD)
def test_names_that_cannot_be_read_block_the_plan(tmp_path, label):
    estate = estate_of(tmp_path / "estate", {label: NOT_UNDERSTOOD[label]})
    with Journey(tmp_path / "work", estate.source) as journey:
        journey.assess()
        refused = journey.make_plan(code=5).stderr
        assert "LAKE-121" in refused and "tables.json" in refused and "Fix:" in refused
        assert not journey.plan.exists()
