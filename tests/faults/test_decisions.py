"""What people decide: rows set aside, waivers, acceptance, stuck steps, and moves without a catalogue at the source."""

import json
import sqlite3
import urllib.request

import pyarrow.parquet
import pytest

from estate import Estate
from journey import ROOT, Journey

ICEBERG = ROOT / "tests/fixtures/iceberg/branches-and-tags"
GOOD, BAD = b"1,a\n2,b\n", b"x,c\n9999999999,d\n"


@pytest.fixture
def strict(tmp_path):
    estate = Estate(tmp_path / "estate")
    estate.table("db", "rows", "rows", {"part-0": GOOD + BAD})
    estate.table("db", "clean", "clean", {"part-0": GOOD})
    with Journey(tmp_path / "work", estate.write()) as journey:
        journey.assess()
        yield journey


def steps(journey, run):
    """Kind to (step, state) of the table `rows`."""
    lines = map(json.loads, journey.run("-o", "json", "run", "show", run, "--steps", "all", code=None).stdout.splitlines())
    return {line["kind"]: (line["step"], line["state"]) for line in lines if line.get("display") == "db.rows"}


def key_of(journey):
    plan = journey.run("-o", "json", "plan", "show", journey.plan).stdout.splitlines()
    return next(step["key"][1] for step in map(json.loads, plan) if step.get("display") == "db.rows")


def certificate_of(journey, run, code=0):
    return json.loads(journey.run("certificate", run, code=code).stdout)


def test_rows_that_do_not_parse_are_null_unless_strict(strict):
    strict.make_plan()
    strict.apply()
    run = strict.run_id()
    assert certificate_of(strict, run)["migrated"]
    counted = strict.json("query", "--catalog", strict.endpoint, "SELECT count(*) AS n, count(id) AS ids FROM db.rows")
    assert counted == {"n": "4", "ids": "2"}
    rejects = list((strict.folder / "runs").rglob("*.rejects.jsonl"))
    assert len(rejects) == 1 and rejects[0].stat().st_mode & 0o777 == 0o600
    assert "9999999999" in rejects[0].read_text()


def test_strict_differences_are_accepted_by_a_person(strict):
    strict.make_plan("--strict")
    stopped = strict.apply(code=8)
    run = strict.run_id()
    assert "different(2)" in stopped.stdout and "Migrated" not in stopped.stdout
    step, state = steps(strict, run)["lakehouse.compare-rows"]
    assert state == "failed"
    assert steps(strict, run)["lakehouse.register-table"][1] == "skipped"
    assert certificate_of(strict, run, code=8)["outcome"] == "different(2)"
    assert "--most 2" in strict.run("run", "accept", run, step, "--reason", "known", code=2).stderr
    assert "--most 2" in strict.run("run", "accept", run, step, "--reason", "known", "--most", "1", code=2).stderr
    strict.run("run", "accept", run, step, "--reason", "two bad rows are known", "--most", "2", code=None)
    assert steps(strict, run)["lakehouse.compare-rows"][1] == "done"
    strict.run("run", "resume", run)
    certificate = certificate_of(strict, run)
    assert not certificate["migrated"] and "two bad rows are known" in json.dumps(certificate)
    assert strict.json("query", "--catalog", strict.endpoint, "SELECT count(*) AS n FROM db.rows") == {"n": "2"}
    assert strict.run("run", "accept", run, step, "--reason", "again", code=2).stderr


def test_a_waiver_stands_in_the_plan(strict):
    strict.make_plan()
    key = key_of(strict)
    for wrong in ("nonsense", f"LAKE-999={key}=x", f"VERIFY-DIFFERENT={key}=x", f"LAKE-001:2={key}=x", "LAKE-001=x=y"):
        assert "Fix:" in strict.make_plan("--waive", wrong, code=None).stderr, wrong
    strict.make_plan("--strict", "--waive", f"VERIFY-DIFFERENT:1={key}=only one")
    assert f"Waived: VERIFY-DIFFERENT for {key}: only one" in strict.run("plan", "show", strict.plan).stdout
    strict.apply(code=8)
    strict.run("run", "rollback", strict.open_run())
    strict.make_plan("--strict", "--waive", f"VERIFY-DIFFERENT:2={key}=both are known")
    strict.apply()
    run = strict.open_run()
    certificate = certificate_of(strict, run)
    assert not certificate["migrated"] and "both are known" in json.dumps(certificate)
    assert "1 waived" in strict.run("run", "show", run).stdout


def call(journey, method, path, body=None):
    request = urllib.request.Request(journey.endpoint + path, json.dumps(body).encode() if body else None, method=method,
                                     headers={"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=60) as answer:
        return answer.read()


@pytest.fixture
def stuck(strict):
    """The namespace that the run made was dropped, and made again by somebody else."""
    strict.make_plan()
    strict.apply(code=None, fault="namespace.after-create:1:kill")
    call(strict, "DELETE", "/v1/namespaces/db")
    call(strict, "POST", "/v1/namespaces", {"namespace": ["db"], "properties": {"owner": "ann"}})
    run = strict.open_run()
    result = strict.run("run", "resume", run, code=10)
    assert "made by somebody else" in result.stdout and "run resolve" in result.stdout
    line = next(line.split() for line in strict.run("run", "show", run, "--steps", "stuck", code=10).stdout.splitlines())
    return strict, run, line[0]


def test_a_stuck_step_is_looked_at_and_adopted(stuck):
    journey, run, step = stuck
    assert "somebody else" in journey.run("run", "resolve", run, step, "--look", code=10).stdout
    journey.run("run", "resolve", run, step, "--adopt", code=None)
    journey.run("run", "resume", run)
    assert certificate_of(journey, run)["migrated"]
    assert "stuck" in journey.run("run", "rollback", run, code=10).stdout
    assert b"ann" in call(journey, "GET", "/v1/namespaces/db")
    journey.run("run", "resolve", run, step, "--look", code=10)
    journey.run("run", "resolve", run, step, "--undo", code=None)
    journey.run("run", "resume", run)
    assert journey.world() == ({}, '{"namespaces":[],"tables":[]}\n')


def test_a_stuck_step_is_given_up(stuck):
    journey, run, step = stuck
    journey.run("run", "resolve", run, step, "--forget", code=None)
    assert any(line.startswith(f"{step}  failed") for line in journey.run("run", "show", run, "--steps", "failed", code=None).stdout.splitlines())
    assert b"ann" in call(journey, "GET", "/v1/namespaces/db")
    assert "is not one that waits" in journey.run("run", "resolve", run, step, "--adopt", code=2).stderr
    journey.run("run", "rollback", run)
    assert journey.runs()[0]["state"] == "rolled_back"
    assert b"ann" in call(journey, "GET", "/v1/namespaces/db")


def test_a_stuck_step_is_mended_by_hand(stuck):
    journey, run, step = stuck
    call(journey, "DELETE", "/v1/namespaces/db")
    journey.run("run", "resolve", run, step, "--look", code=None)
    journey.run("run", "resume", run)
    assert certificate_of(journey, run)["migrated"]


@pytest.fixture
def changed(strict):
    """Somebody changed two data files that the run wrote; the rollback stopped at them."""
    strict.make_plan()
    empty = strict.world()
    strict.apply()
    run = strict.run_id()
    files = [next((strict.warehouse / f"db/{name}/data").glob("*.parquet")) for name in ("clean", "rows")]
    for file in files:
        file.write_bytes(b"changed")
    stopped = strict.run("run", "rollback", run, code=10)
    assert "is now " in stopped.stdout
    return strict, run, files, empty


def recorded(journey, what, run, **columns):
    """Columns of the state database's rows of a run."""
    where = "".join(f" AND {name} = ?" for name in columns)
    with sqlite3.connect(journey.state) as database:
        return [row[0] for row in database.execute(f"SELECT {what} WHERE run = ?{where}", (run, *columns.values()))]


def stuck_steps(journey, run):
    return recorded(journey, "step FROM step", run, state="stuck")


def test_changed_files_are_removed_as_they_were_shown(changed):
    journey, run, files, empty = changed
    assert all(file.exists() for file in files)
    files[0].write_bytes(b"changed once more")
    assert len(stuck_steps(journey, run)) == 2
    for step in stuck_steps(journey, run):
        journey.run("run", "resolve", run, step, "--undo", code=None)
    assert [file.exists() for file in files] == [True, False]
    (again,) = stuck_steps(journey, run)
    journey.run("run", "resolve", run, again, "--undo", code=None)
    journey.run("run", "resume", run)
    assert journey.world() == empty


@pytest.mark.parametrize("fault", [None, "rollback.after-intent:1:kill", "part.before-ledger-removal:1:kill"])
def test_changed_files_are_left_and_named(changed, fault):
    journey, run, files, empty = changed
    for step in stuck_steps(journey, run):
        journey.run("run", "resolve", run, step, "--forget", code=None)
    if fault:
        journey.run("run", "resume", run, code=-9, fault=fault)
    ended = journey.run("run", "resume", run).stdout
    assert "but for what was left by decision" in ended and "for instance db." in ended and "run resume" not in ended
    assert journey.runs()[0]["state"] == "rolled_back"
    left, catalogue = journey.world()
    assert {name for name, data in left.items() if data is not None} == {
        str(file.relative_to(journey.warehouse)) for file in files}
    assert all(file.read_bytes() == b"changed" for file in files)
    assert catalogue == empty[1]
    reasons = [reason for reason in recorded(journey, "reason FROM step", run) if reason]
    told = recorded(journey, "data FROM event", run, type="diagnostic")
    for file in files:
        name = str(file.relative_to(journey.warehouse))
        assert any("given up by decision" in reason and name in reason for reason in reasons)
        assert any("left where they are" in message and name in message for message in told)


def test_verify_sees_what_changed_at_the_target(strict):
    strict.make_plan()
    strict.apply()
    run = strict.run_id()
    data = next((strict.warehouse / "db/clean/data").glob("*.parquet"))
    whole = data.read_bytes()
    rows = pyarrow.parquet.read_table(data)
    pyarrow.parquet.write_table(rows.set_column(1, rows.schema.field(1), [["a", "not b"]]), data)
    said = strict.run("verify", run, code=8).stdout
    assert "different(2)" in said and "db.clean" in said and "Migrated" not in said
    data.write_bytes(whole)
    strict.run("verify", run)


def test_verify_goes_on_where_one_check_cannot_be_made(strict, tmp_path):
    strict.make_plan()
    strict.apply()
    run = strict.run_id()
    vanished = next((strict.warehouse / "db/rows/data").glob("*.parquet"))
    vanished.rename(tmp_path / "elsewhere")
    said = strict.run("verify", run, code=11).stdout
    assert "could not be made now" in said and "Migrated" not in said
    checks = {one["display"]: one["checks"] for one in certificate_of(strict, run)["resources"]}
    assert not any("not_repeated" in check for check in checks["db.clean"])
    assert any("not_repeated" in check for check in checks["db.rows"])
    (tmp_path / "elsewhere").rename(vanished)
    strict.run("verify", run)
    assert "not_repeated" not in json.dumps(certificate_of(strict, run))


def test_a_table_that_is_gone_from_the_catalogue_is_a_difference(strict):
    strict.make_plan()
    strict.apply()
    call(strict, "DELETE", "/v1/namespaces/db/tables/rows")
    assert "different(1)" in strict.run("verify", strict.run_id(), code=8).stdout


def test_what_was_given_up_keeps_what_it_stands_on(strict):
    """Somebody wrote to the table since: to leave it means to leave its files too."""
    strict.make_plan()
    strict.apply()
    run = strict.run_id()
    call(strict, "POST", "/v1/namespaces/db/tables/rows",
         {"requirements": [], "updates": [{"action": "set-properties", "updates": {"owner": "ann"}}]})
    strict.run("run", "rollback", run, code=10)
    step, = stuck_steps(strict, run)
    strict.run("run", "resolve", run, step, "--forget", code=None)
    assert "Nothing is left to undo" in strict.run("run", "rollback", run, "--dry-run").stdout
    ended = strict.run("run", "resume", run).stdout
    assert "but for what was left by decision" in ended and "db.rows" in ended
    assert strict.runs()[0]["state"] == "rolled_back"
    counted = strict.json("query", "--catalog", strict.endpoint, "SELECT count(*) AS n FROM db.rows")
    assert counted == {"n": "4"}
    assert not (strict.warehouse / "db/clean").exists()


def test_an_iceberg_table_without_a_catalogue(tmp_path):
    """Named by its metadata.json: assessed, moved, read, rolled back."""
    metadata = sorted((ICEBERG / "metadata").glob("*.metadata.json"))[-1]
    text = json.loads(metadata.read_text())
    source = ["--metadata", metadata, "--table", "lost.found"]
    with Journey(tmp_path, source) as journey:
        empty = journey.world()
        journey.assess()
        journey.make_plan()
        journey.apply()
        run = journey.run_id()
        assert certificate_of(journey, run)["migrated"]
        loaded = json.loads(call(journey, "GET", "/v1/namespaces/lost/tables/found"))
        assert loaded["metadata"]["table-uuid"] == text["table-uuid"]
        assert loaded["metadata"]["refs"] == text["refs"]
        assert int(journey.json("query", "--catalog", journey.endpoint, "SELECT count(*) AS n FROM lost.found")["n"]) > 0
        journey.run("run", "rollback", run)
        assert journey.world() == empty


def test_the_target_is_assessed_too(tmp_path):
    """What stands in the way there is said at once, and gates the plan."""
    with Journey(tmp_path) as journey:
        (journey.warehouse / "ref/products").mkdir(parents=True)
        (journey.warehouse / "ref/products/file").write_bytes(b"mine")
        report = journey.assess().stdout
        assert "Target assessed" in report
        assert "LAKE-161" in journey.make_plan("--only", "ref.products", code=None).stdout + journey.make_plan(
            "--only", "ref.products", code=None).stderr
        unreachable = journey.run("assess", "lakehouse", "--warehouse", journey.warehouse, "--catalog", "http://127.0.0.1:1")
        assert "blocking: " in unreachable.stdout and "LAKE-15" in unreachable.stdout
        assert "LAKE-15" in journey.run("findings", "--role", "target").stdout
        assert journey.make_plan(code=5).stderr
