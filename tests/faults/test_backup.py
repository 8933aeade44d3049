"""The state database is lost while its run's files are not: its backup knows an older moment, a new one knows nothing."""

import json
import pathlib
import shutil
import sqlite3

import pytest

from estate import small_estate
from journey import Journey

IN_A_PART = "part.after-work-folder:1:kill"


@pytest.fixture(scope="module")
def planned(tmp_path_factory):
    folder = tmp_path_factory.mktemp("backup")
    with Journey(folder, small_estate(folder / "estate")) as journey:
        journey.assess()
        journey.make_plan()
        empty = journey.world()
        journey.apply()
        expected = journey.world()
        journey.run("run", "rollback", journey.run_id())
        yield journey, expected, empty


def lose_the_state(journey):
    state = pathlib.Path(journey.state)
    for file in state.parent.glob(f"{state.name}*"):
        shutil.rmtree(file) if file.is_dir() else file.unlink()
    return state


@pytest.mark.parametrize("command", ["resume", "rollback"])
def test_a_backup_from_the_middle_of_a_part_that_was_made_anew_since(planned, command):
    journey, expected, empty = planned
    journey.apply(code=None, fault=IN_A_PART)
    backup = journey.folder / f"{command}.db"
    journey.run("db", "backup", backup)
    assert sqlite3.connect(backup).execute("SELECT count(*) FROM part WHERE state = 'intent'").fetchone() > (0,)
    run = journey.open_run()
    journey.run("run", "resume", run)
    assert journey.world() == expected
    shutil.copy(backup, lose_the_state(journey))
    journey.run("run", command, run, "--take-over")
    assert journey.world() == (expected if command == "resume" else empty)
    journey.run("run", "rollback", run)
    assert journey.world() == empty


def test_what_a_conversion_met_is_said_by_whoever_takes_its_work_up(planned):
    """One cell of the small estate does not parse: the certificate of the second database says so too."""
    journey, expected, empty = planned
    journey.apply()
    run = journey.run_id()
    met = conversion(journey, run)
    assert [finding["code"] for finding in met] == ["LAKE-162"]
    lose_the_state(journey)
    journey.run("apply", journey.plan, "--take-over")
    assert journey.run_id() != run and journey.world() == expected
    assert conversion(journey, journey.run_id()) == met
    journey.run("run", "rollback", journey.run_id())
    assert journey.world() == empty


def conversion(journey, run):
    resources = json.loads(journey.run("certificate", run).stdout)["resources"]
    return next(one["findings"] for one in resources if one["display"] == "raw.customers")
