"""The journey of the demo, step by step, with what each command promises."""

import json
import os
import re
import subprocess

import pytest

from journey import CALL_LIMIT, EXAMPLE, GODWIT, Journey, environment


@pytest.fixture(scope="module")
def moved(tmp_path_factory):
    """An estate that was assessed, planned and moved once, for the tests that only look."""
    with Journey(tmp_path_factory.mktemp("moved")) as journey:
        journey.assess()
        journey.make_plan()
        journey.apply()
        yield journey


def test_everything_that_is_planned_arrives_equal(moved):
    run = moved.json("run", "show", moved.run_id())
    assert run["state"] == "done"
    assert run["outcome"] == "equal"
    assert set(run["steps"]) == {"done", "skipped"}


def test_the_certificate_says_migrated_and_names_what_was_skipped(moved):
    certificate = json.loads(moved.run("certificate", moved.run_id()).stdout)
    assert certificate["migrated"] and certificate["outcome"] == "equal"
    by_name = {resource["display"]: resource for resource in certificate["resources"]}
    for table in ("sales.orders", "sales.events", "ref.products", "raw.customers", "raw.visits"):
        assert by_name[table]["outcome"] == "equal", table
        assert by_name[table]["pin"], table
    skipped = {one["display"]: one["findings"] for one in certificate["skipped"]}
    assert {"sales.shipments", "ref.countries", "sales.events_by_kind", "raw.clicks"} <= set(skipped)
    assert all(findings for findings in skipped.values())
    decoders = {(one["source"].split(" ")[0], one["target"].split(" ")[0], one["decoder"])
                for one in certificate["decoders"]}
    assert decoders == {("godwit", "godwit", "one decoder"), ("Apache", "Apache", "one decoder"),
                        ("godwit", "Apache", "two decoders")}


def test_the_certificate_has_a_page_for_people(moved):
    page = moved.folder / "certificate.html"
    said = moved.run("certificate", moved.run_id(), "--html", page, "--out", moved.folder / "certificate.json")
    assert str(page) in said.stdout
    text = page.read_text()
    assert text.startswith("<!DOCTYPE html>") and "Migrated: everything" in text and "sales.orders" in text
    assert "<script" not in text and "http-equiv=\"Content-Security-Policy\"" in text


def test_the_reports_have_the_known_names(moved):
    report = json.loads((moved.folder / "reports/glue-catalog-assessment.json").read_text())
    assert {"metadata", "summary", "databases", "tables"} <= set(report)
    assert {"total_databases", "total_tables", "iceberg_tables", "migration_ready", "needs_conversion", "unknown",
            "total_estimated_size_gb"} <= set(report["summary"])
    for name in ("glue-catalog-assessment.md", "assessment.json", "assessment.html", "tables.csv", "findings.csv"):
        assert (moved.folder / "reports" / name).stat().st_size > 0, name


def test_a_query_sees_the_rows_that_spark_saw_in_the_source(moved):
    expected = json.loads((EXAMPLE / "expected.json").read_text())["tables"]
    for name, facts in expected.items():
        if facts.get("kind") == "hudi":
            continue
        schema, table = name.split(".")
        result = moved.run("-o", "json", "query", "--catalog", moved.endpoint, f"SELECT count(*) AS n FROM {schema}.{table}")
        assert int(json.loads(result.stdout)["n"]) == facts["rows"], name


def test_apply_of_a_done_run_does_nothing(moved):
    before = moved.world()
    assert "is done" in moved.apply().stdout
    assert moved.world() == before


def test_verify_again_is_equal(moved):
    assert moved.json("verify", moved.run_id())["outcome"] == "equal"


def test_a_dry_run_of_rollback_shows_what_would_go_and_changes_nothing(moved):
    before = moved.world(), moved.json("run", "show", moved.run_id())
    lines = [json.loads(line) for line in
             moved.run("-o", "json", "run", "rollback", "--dry-run", moved.run_id()).stdout.splitlines()]
    assert {line["found"] for line in lines} == {"as made"}
    assert {"lakehouse.register-table", "lakehouse.create-namespace"} <= {line["kind"] for line in lines}
    assert all(line["target_id"] for line in lines if line["kind"] == "lakehouse.register-table")
    assert not any(line["detail"] for line in lines if line["kind"] != "lakehouse.register-table")
    assert all(" points to " in line["detail"] for line in lines if line["kind"] == "lakehouse.register-table")
    text = moved.run("run", "rollback", "--dry-run", moved.run_id()).stdout
    assert f"would undo {len(lines)} steps" in text and "Nothing was changed" in text
    assert (moved.world(), moved.json("run", "show", moved.run_id())) == before


def test_rollback_leaves_nothing_and_twice_is_no_operation(tmp_path):
    with Journey(tmp_path) as journey:
        empty = journey.world()
        journey.assess()
        journey.make_plan()
        journey.apply()
        run = journey.run_id()
        journey.run("run", "rollback", run)
        assert journey.world() == empty
        journey.run("run", "rollback", run)
        assert journey.world() == empty
        journey.apply()
        assert journey.world() != empty


def test_a_stranger_beside_ours_stays(tmp_path):
    with Journey(tmp_path) as journey:
        journey.assess()
        journey.make_plan()
        journey.apply()
        stranger = journey.warehouse / "sales/orders/data/stranger.txt"
        stranger.write_text("mine")
        lookalike = journey.warehouse / ".godwit"
        lookalike.mkdir()
        (lookalike / "godwit-aaaaaaaaaaaa-bbbbbbbbbbbbbbbb-cccccccccccccccc").mkdir()
        journey.run("run", "rollback", journey.run_id())
        left = {str(path.relative_to(journey.warehouse)) for path in journey.warehouse.rglob("*") if path.is_file()}
        assert left == {"sales/orders/data/stranger.txt"}
        assert (lookalike / "godwit-aaaaaaaaaaaa-bbbbbbbbbbbbbbbb-cccccccccccccccc").is_dir()


def test_a_changed_file_of_ours_is_not_removed(tmp_path):
    with Journey(tmp_path) as journey:
        journey.assess("--map", "s3://unused=" + str(tmp_path))
        journey.make_plan("--only", "ref.products")
        journey.apply()
        data = next((journey.warehouse / "ref/products/data").rglob("*.parquet"))
        data.write_bytes(b"changed by somebody")
        journey.run("run", "rollback", journey.run_id(), code=10)
        assert data.read_bytes() == b"changed by somebody"


def test_what_changed_since_the_plan_is_stale(tmp_path):
    subprocess.run(["cp", "-r", EXAMPLE / "export", EXAMPLE / "data", tmp_path / "."], check=True)
    data = tmp_path / "data"
    with Journey(tmp_path / "work", ["--export", tmp_path / "export", "--map", f"s3://acme-lake={data}/acme-lake", "--map",
                                     f"s3://acme-raw={data}/acme-raw"]) as journey:
        journey.assess()
        journey.make_plan("--only", "raw.customers", "--only", "ref.products")
        changed = next(path for path in (data / "acme-raw/customers").rglob("*") if path.is_file())
        changed.write_bytes(changed.read_bytes() + b"999,new\n")
        journey.apply(code=3)
        states = journey.json("run", "show", journey.run_id(), code=3)
        assert any(cause["skip_cause"] == "stale" for cause in states["causes"])


def test_a_second_run_of_an_unfinished_plan_is_refused(tmp_path):
    with Journey(tmp_path) as journey:
        journey.assess()
        journey.make_plan()
        journey.apply(code=None, fault="step.after-intent:3:kill")
        refused = journey.apply(code=6)
        assert "godwit run resume" in refused.stderr and "godwit run rollback" in refused.stderr


def test_a_plan_that_was_touched_is_refused(tmp_path):
    with Journey(tmp_path) as journey:
        journey.assess()
        journey.make_plan()
        journey.plan.write_text(journey.plan.read_text().replace("sales", "salez", 1))
        refused = journey.apply(code=None)
        assert refused.returncode in (1, 9)
        assert "Fix:" in refused.stderr
        assert json.loads(journey.run("-o", "json", "run", "list").stdout or "null") is None


def test_unknown_names_and_missing_options_are_usage_errors(tmp_path):
    with Journey(tmp_path) as journey:
        journey.assess()
        assert "raw.nothing" in journey.make_plan("--only", "raw.nothing", code=2).stderr
        assert journey.run("apply", code=2).stderr
        assert journey.run("assess", "lakehouse", code=2).stderr
        assert journey.run("aply", code=2).stderr


def test_the_demo_runs(tmp_path):
    result = subprocess.run([EXAMPLE / "demo.sh"], capture_output=True, text=True, timeout=CALL_LIMIT,
                            env=environment() | {"GODWIT": GODWIT, "TMPDIR": str(tmp_path)})
    assert result.returncode == 0, result.stdout + result.stderr
    assert "files in the warehouse: 0" in result.stdout
    assert os.listdir(tmp_path) == []


def test_help_is_quick_to_read():
    """One page: the way through a move first, and a line of words for each command."""
    text = subprocess.run([GODWIT, "--help"], capture_output=True, text=True, check=True).stdout
    way = [text.index(f"  godwit {command}") for command in ("assess", "plan create", "apply", "run rollback")]
    assert way == sorted(way) and way[-1] < text.index("Usage:")
    for command in ("assess", "findings", "plan", "apply", "run", "verify", "certificate", "catalog", "query", "db", "lanes"):
        assert re.search(rf"^  {command} +\w[^\n]+\w$", text, re.MULTILINE), command
    assert text.count("\n") <= 50
