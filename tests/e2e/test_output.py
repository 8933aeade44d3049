"""What goes to standard output and what to standard error, for people and for programs."""

import json
import re
import signal
import subprocess

import pytest

from estate import small_estate
from journey import GODWIT, ROOT, START_LIMIT, Journey, environment

PAGE = ROOT / "docs/reference/output.md"
REFERENCE = ROOT / "docs/reference/command-line.md"
TIME = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d"


@pytest.fixture(scope="module")
def estate(tmp_path_factory):
    """Three tables, assessed and planned; each test moves them and takes them back."""
    folder = tmp_path_factory.mktemp("output")
    with Journey(folder / "work", small_estate(folder / "estate")) as journey:
        journey.assess()
        journey.make_plan()
        yield journey


@pytest.fixture
def journey(estate):
    yield estate
    estate.progress = "none"
    if run := estate.open_run():
        estate.run("run", "rollback", run)


@pytest.mark.parametrize("mode", ["plain", "auto"])
def test_progress_is_plain_lines_where_there_is_no_terminal(journey, mode):
    journey.progress = mode
    said = journey.apply().stderr
    assert "\x1b" not in said and "\r" not in said
    for line in said.splitlines():
        assert re.match(TIME + "Z  \\S", line), line
    assert re.search(r"Z  done  lakehouse\.convert-table  raw\.customers\n", said)
    assert said.endswith(f"Z  run {journey.run_id()} is done\n")


def test_progress_is_json_lines_on_request(journey):
    journey.progress = "json"
    events = [json.loads(line) for line in journey.apply().stderr.splitlines()]
    assert all(re.fullmatch(TIME + r"\.\d{6}Z", event["time"]) and event["type"] for event in events)
    assert events[-1]["type"] == "run_state" and events[-1]["data"]["state"] == "done"
    done = {event["step"] for event in events if event["type"] == "step_state" and event["data"]["state"] == "done"}
    assert len(done) == journey.json("run", "show", journey.run_id())["steps"]["done"]


def documented():
    """Command to schema, as the page has it."""
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in PAGE.read_text().splitlines() if line.startswith("| `")]
    return {command: row[2].strip("`") for row in rows if len(row) == 3 for command in re.findall("`([^`]+)`", row[0])}


def lines_of(result):
    return [json.loads(line) for line in result.stdout.splitlines()]


def test_the_page_names_every_command():
    commands = re.findall(r"^## `godwit ([a-z ]+)", REFERENCE.read_text(), re.MULTILINE)
    assert {"assess" if one.startswith("assess") else one.strip() for one in commands} == {
        one for one in documented() if " --" not in one}


def test_every_document_has_the_schema_that_the_page_names(journey):
    folder = journey.folder
    said = {"apply": journey.run("-o", "json", "apply", journey.plan)}
    run = journey.run_id()
    for command, *more in (
            ["assess", "lakehouse", *journey.source], ["findings"], ["plan create", "--out", folder / "again.jsonl"],
            ["plan show", journey.plan], ["verify", run], ["run show", run], ["run show --steps", "done", run], ["run list"],
            ["certificate", run], ["certificate --out", folder / "certificate.json", run], ["db check"],
            ["query", "--catalog", journey.endpoint, "SELECT count(*) AS n FROM raw.customers"],
            ["db backup", folder / "backup.db"], ["db migrate"], ["lanes list"],
            ["run rollback --dry-run", run], ["run rollback", run]):
        said[command] = journey.run("-o", "json", *command.split(), *more)
    schemas = documented()
    for command, result in said.items():
        first = lines_of(result)[0]
        assert first.get("schema", "") == schemas[command], command
        assert result.stderr == "", command
    assert lines_of(said["db check"])[0]["sound"] is True
    assert lines_of(said["db backup"])[0]["file"] == str(folder / "backup.db")
    assert lines_of(said["db migrate"])[0]["schema_version"] >= 1
    written = lines_of(said["certificate --out"])[0]
    assert written["run"] == run and (folder / "certificate.json").read_text() == said["certificate"].stdout
    assert "page" not in written


def test_a_catalogue_says_in_one_line_where_it_listens(tmp_path):
    (tmp_path / "warehouse").mkdir()
    server = subprocess.Popen([GODWIT, "-o", "json", "catalog", "serve", "--warehouse", tmp_path / "warehouse", "--database",
                               tmp_path / "catalogue.db", "--port", "0"], stdout=subprocess.PIPE, text=True, env=environment())
    said = json.loads(server.stdout.readline())
    server.send_signal(signal.SIGTERM)
    assert server.stdout.read() == "" and server.wait(START_LIMIT) == 0
    assert said["schema"] == documented()["catalog serve"]
    assert re.fullmatch(r"http://127\.0\.0\.1:\d+", said["url"]) and said["warehouse"] == str(tmp_path / "warehouse")


@pytest.mark.parametrize("line,code,kind,word", [
    ("run show zzz", 2, "usage", "zzz"), ("aply", 2, "usage", "`apply`"), ("apply nothing", 1, "not-found", "nothing"),
    ("run list --output json --nonsense", 2, "usage", "--nonsense"), ("db backup PLAN", 1, "conflict", "plan.jsonl")])
def test_an_error_is_one_object(estate, line, code, kind, word):
    words = [str(estate.plan) if one == "PLAN" else one for one in line.split()]
    refused = estate.run(*([] if "--output" in line else ["-o", "json"]), *words, code=code)
    error = json.loads(refused.stderr)
    assert refused.stdout == "" and refused.stderr.count("\n") == 1
    assert {"schema", "kind", "what", "why", "fix", "where", "code"} <= set(error)
    assert error["schema"] == "godwit.error/v1" and error["kind"] == kind
    assert error["what"] and word in refused.stderr
    assert estate.run(*[one for one in words if one not in ("--output", "json")], code=code).stderr.startswith(
        f"Error: {error['what']}\n")


@pytest.fixture(scope="module")
def with_differences(tmp_path_factory):
    """A run whose comparison fails: a row that does not parse is set aside."""
    folder = tmp_path_factory.mktemp("differences")
    with Journey(folder / "work", small_estate(folder / "estate")) as journey:
        journey.assess()
        journey.make_plan("--only", "raw.customers", "--strict")
        yield journey


def test_a_run_is_logged_on_request_only(with_differences):
    journey = with_differences
    assert journey.apply(code=8).stderr == ""
    run = journey.run_id()
    logged = [json.loads(line) for line in journey.run("--log-level", "info", "--log-format", "json", "run", "resume", run,
                                                      code=8).stderr.splitlines()]
    for line in logged:
        assert set(line) == {"time", "level", "message", "fields"} and re.fullmatch(TIME + r"\.\d{6}Z", line["time"])
        assert line["fields"]["run"] == run
        assert line["level"] == ("warning" if line["message"] in ("step is failed", "check came out different(1)") else "info")
    assert logged[0]["message"] == "run is running" and logged[-1]["message"] == "run is stopped"
    failed, = [line["fields"] for line in logged if line["message"] == "step is failed"]
    assert failed["kind"] == "lakehouse.compare-rows" and "customers" in failed["resource"] and "different(1)" in failed["reason"]
    assert failed["step"] in journey.run("run", "show", run, code=8).stdout
    text = journey.run("--log-level", "warning", "run", "resume", run, code=8).stderr.splitlines()
    assert len(text) == 2
    for line in text:
        assert re.match(TIME + rf"\.\d{{6}}Z warning (step is failed|check came out different\(1\)) run={run} step={failed['step']} ",
                        line), line
