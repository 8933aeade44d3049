"""What the program says: of runs that met something, of what is not there, and of itself."""

import json
import os
import re
import subprocess

import pytest

from estate import Estate, small_estate
from journey import CALL_LIMIT, GODWIT, ROOT, Journey, environment

REFERENCE = ROOT / "docs/reference/command-line.md"


def called(*arguments, **variables):
    return subprocess.run([GODWIT, *map(str, arguments)], capture_output=True, text=True, timeout=CALL_LIMIT,
                          env=environment() | variables)


@pytest.fixture(scope="module")
def bad_cells(tmp_path_factory):
    """One table whose file holds a cell that is no number."""
    folder = tmp_path_factory.mktemp("bad-cells")
    with Journey(folder / "work", small_estate(folder / "estate")) as journey:
        journey.assess()
        journey.make_plan()
        journey.applied = journey.apply()
        yield journey


def test_bad_cells_are_told_at_the_end_of_a_run_and_later(bad_cells):
    rejects = next((bad_cells.folder / "runs").rglob("*.rejects.jsonl"))
    for said in (bad_cells.applied.stdout, bad_cells.run("run", "show", bad_cells.run_id()).stdout):
        assert "LAKE-162" in said and "raw.customers" in said and str(rejects) in said and "Remedy: " in said
        assert "bad_cells: 1\n" in said
    finding, = bad_cells.json("run", "show", bad_cells.run_id())["findings"]
    assert finding["code"] == "LAKE-162" and finding["display"] == "raw.customers"


def test_bad_cells_stand_in_the_certificate_and_on_its_page(bad_cells):
    rejects = str(next((bad_cells.folder / "runs").rglob("*.rejects.jsonl")))
    page = bad_cells.folder / "certificate.html"
    certificate = json.loads(bad_cells.run("certificate", bad_cells.run_id(), "--html", page).stdout)
    by_name = {one["display"]: one["findings"] for one in certificate["resources"]}
    assert by_name["ref.products"] == []
    evidence = by_name["raw.customers"][0]["evidence"]
    assert evidence["bad_cells"] == "1" and evidence["rejects_file"] == rejects
    assert rejects in page.read_text() and "LAKE-162" in page.read_text()


def test_tables_that_fail_alike_are_one_block(tmp_path):
    estate = Estate(tmp_path / "estate")
    for number in range(5):
        estate.table("db", f"t{number}", f"t{number}", {"part-0": b"1,a\n"})
    with Journey(tmp_path / "work", estate.write()) as journey:
        journey.assess()
        journey.make_plan()
        for number in range(5):
            (estate.data / f"t{number}/part-0").unlink()
        stopped = journey.apply(code=None)
        assert stopped.returncode in (3, 9)
        assert stopped.stdout.count("for instance") == 1 and "skipped (stale): 20 steps, for instance db.t" in stopped.stdout
        assert "lakehouse:table:" not in stopped.stdout
        run = journey.run_id()
        report = journey.json("run", "show", run, code=stopped.returncode)
        assert sum(report["steps"].values()) == report["total"]
        assert all(cause["display"] and cause["resource"] for cause in report["causes"])
        listed = journey.run("run", "show", run, "--steps", "skipped", code=None).stdout
        assert all(f"db.t{number}" in listed for number in range(5)) and "  skipped (stale)  " in listed


def test_the_folder_of_a_run_is_remembered(tmp_path):
    with Journey(tmp_path, small_estate(tmp_path / "estate")) as journey:
        journey.assess()
        journey.make_plan()
        here = environment() | {"TMPDIR": str(journey.temporary)}
        without = [GODWIT, "--state", journey.state, "--progress", "none"]
        kept = subprocess.run([*without, "--run-files", "kept", "apply", journey.plan], cwd=tmp_path, env=here, check=True,
                              capture_output=True, text=True)
        assert f"{tmp_path}/kept/" in kept.stdout
        run = journey.run_id()
        subprocess.run([*without, "verify", run], env=here, check=True, capture_output=True)
        wrong = journey.run("verify", run, code=2)
        assert f"{tmp_path}/kept" in wrong.stderr and "leave --run-files out" in wrong.stderr
        subprocess.run([*without, "run", "rollback", run], env=here, check=True, capture_output=True)
        assert not list((tmp_path / "kept").rglob("*.rejects.jsonl"))


def test_runs_are_listed_with_what_a_person_can_match(bad_cells):
    line, = bad_cells.run("run", "list").stdout.splitlines()
    one, = bad_cells.runs()
    assert one["names_begin_with"] in line and "lakehouse" in line and f"{one['done']} of {one['total']} steps done" in line
    assert one["names_begin_with"] in bad_cells.run("plan", "show", bad_cells.plan).stdout
    assert one["names_begin_with"] in bad_cells.run("run", "show", one["run"][:5]).stdout
    # The same name stands at the target, in the files' and in the catalogue's marks.
    assert one["names_begin_with"] in subprocess.run([GODWIT, "catalog", "dump", "--database", bad_cells.database],
                                                     capture_output=True, text=True, check=True).stdout


@pytest.mark.parametrize("command", ["run list", "run show x", "run resume x", "run rollback x", "verify x", "findings",
                                     "certificate x", "db check", "db migrate", "db backup COPY", "plan create"])
def test_what_only_reads_makes_no_state_database(tmp_path, command):
    state = tmp_path / "folder/state.db"
    arguments = [str(tmp_path / "copy") if word == "COPY" else word for word in command.split()]
    for where, variables in ((["--state", state], {}), ([], {"XDG_STATE_HOME": str(tmp_path / "home")})):
        refused = called(*where, *arguments, **variables)
        assert refused.returncode == 2, refused.stderr
        assert "there is no state database" in refused.stderr and "Fix:" in refused.stderr and "Why:" in refused.stderr
        assert "state.db" in refused.stderr
    assert os.listdir(tmp_path) == []


def test_what_is_empty_says_so_and_how_to_begin(tmp_path):
    with Journey(tmp_path) as journey:
        journey.run("assess", "lakehouse", "--warehouse", journey.warehouse, "--catalog", journey.endpoint)
        empty = journey.run("run", "list").stdout
        assert "no run yet" in empty and "godwit apply" in empty
        assert journey.run("-o", "json", "run", "list").stdout == ""
        none = journey.run("findings", code=2).stderr
        assert "no assessment" in none and "godwit assess lakehouse" in none and "Why:" in none


def test_a_file_that_is_no_plan_is_told_apart_from_a_damaged_one(tmp_path):
    for name, content in (("words", "# Words\n"), ("json", "{}\n"), ("list", "[1]\n")):
        (tmp_path / name).write_text(content)
        refused = called("plan", "show", tmp_path / name)
        assert refused.returncode == 1
        assert "no plan" in refused.stderr and "godwit plan create" in refused.stderr and str(tmp_path / name) in refused.stderr


def test_a_query_needs_a_catalogue():
    refused = called("query", "SELECT 1")
    assert refused.returncode == 2
    assert "--catalog" in refused.stderr and "Why:" in refused.stderr and "godwit catalog serve" in refused.stderr


def test_every_command_lies_in_the_file_of_its_name():
    for command in re.findall(r"^## `godwit ([a-z ]*[a-z])", REFERENCE.read_text(), re.MULTILINE):
        file = "assess" if command.startswith("assess") else command.replace(" ", "_")
        assert f"Result<int> run_{file}(" in (ROOT / f"src/cli/{file}.cc").read_text()


def test_the_reference_of_the_command_line_is_what_the_program_says():
    """After a change: `godwit reference > docs/reference/command-line.md`."""
    assert REFERENCE.read_text() == called("reference").stdout
