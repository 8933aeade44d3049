"""What goes to standard output and what to standard error, for people and for programs."""

import json
import re

import pytest

from estate import small_estate
from journey import Journey

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
