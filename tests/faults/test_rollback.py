"""Rollback from every step: the world is as before, a second rollback does nothing, and strangers stay."""

import os
import shutil
import signal

import pytest

from estate import small_estate
from journey import Journey

LONG = bool(os.environ.get("GODWIT_TEST_LONG"))
STEPS = 20  # of the small estate
STOPPED = range(1, STEPS + 1) if LONG else (3, 11, 18)


@pytest.fixture(scope="module")
def planned(tmp_path_factory):
    folder = tmp_path_factory.mktemp("rollback")
    with Journey(folder, small_estate(folder / "estate")) as journey:
        journey.assess()
        journey.make_plan()
        yield journey, journey.world()


def undo_twice(journey, before):
    run = journey.open_run()
    assert "rolled_back" in journey.run("run", "rollback", run).stdout
    assert journey.world() == before
    again = journey.run("run", "rollback", run)
    assert "Everything that this run made is gone" in again.stdout
    assert journey.world() == before


@pytest.mark.parametrize("step", STOPPED)
def test_killed_after_a_step_and_undone(planned, step):
    journey, before = planned
    assert journey.apply(code=None, fault=f"step.after-call:{step}:kill").returncode == -signal.SIGKILL
    undo_twice(journey, before)


@pytest.mark.parametrize("step", STOPPED)
def test_a_step_that_fails_is_undone_with_the_rest(planned, step):
    """The error ends the run and not the process: what is under way ends, the rest never starts."""
    journey, before = planned
    assert journey.apply(code=None, fault=f"step.after-call:{step}:error").returncode != 0
    undo_twice(journey, before)


def clear(folder):
    for entry in folder.iterdir():
        shutil.rmtree(entry)


def files_of(world):
    return {path for path, content in world[0].items() if content is not None}


def test_what_strangers_put_there_stays(planned):
    """Beside our files, in our folders, in the folder of unfinished work, and under names that look like ours."""
    journey, before = planned
    journey.apply()
    table = journey.warehouse / "ref/products"
    own = next(path for path in (table / "metadata").iterdir() if path.name.endswith(".metadata.json"))
    marker = f"godwit-{'a' * 12}-{'b' * 16}-{'c' * 16}"
    strangers = [
        table / "stranger.txt",
        table / "data/part-0.parquet",
        own.with_name(own.name.replace("00000-", "00001-")),
        own.with_name(own.name + ".crc"),
        journey.warehouse / "ref/other/file",
        journey.warehouse / ".godwit" / marker / "0",
        journey.warehouse / ".godwit" / "notes.txt",
    ]
    for stranger in strangers:
        stranger.parent.mkdir(parents=True, exist_ok=True)
        stranger.write_bytes(b"mine")
    undo = journey.run("run", "rollback", journey.open_run())
    assert "rolled_back" in undo.stdout
    expected = {str(path.relative_to(journey.warehouse)) for path in strangers}
    assert files_of(journey.world()) == expected
    assert all(path.read_bytes() == b"mine" for path in strangers)
    journey.run("run", "rollback", journey.runs()[0]["run"])
    assert files_of(journey.world()) == expected
    clear(journey.warehouse)
    assert journey.world() == before


def test_a_file_under_the_name_of_one_of_ours_stops_both_ways(planned):
    """Somebody takes a name that the plan chose: nothing of theirs is replaced or removed, and the run says where."""
    journey, before = planned
    journey.apply()
    taken = next((journey.warehouse / "ref/products/metadata").glob("*.metadata.json"))
    journey.run("run", "rollback", journey.open_run())
    journey.apply(code=None, fault="step.after-intent:1:kill")
    taken.parent.mkdir(parents=True)
    taken.write_bytes(b"mine")
    stopped = journey.run("run", "resume", journey.open_run(), code=3)
    assert "somebody else" in stopped.stdout and taken.read_bytes() == b"mine"
    journey.run("run", "rollback", journey.open_run())
    assert files_of(journey.world()) == {str(taken.relative_to(journey.warehouse))}
    clear(journey.warehouse)
    assert journey.world() == before


def test_the_source_is_not_needed(tmp_path):
    """What was made is removed when the source is long gone; only what goes forwards asks for it."""
    with Journey(tmp_path / "work", small_estate(tmp_path / "estate")) as journey:
        journey.assess()
        journey.make_plan()
        before = journey.world()
        journey.apply(code=None, fault="step.after-call:11:kill")
        (tmp_path / "estate").rename(tmp_path / "elsewhere")
        refused = journey.run("run", "resume", journey.open_run(), code=None)
        assert refused.returncode == 1 and "the source cannot be reached" in refused.stderr, refused.stderr
        undo_twice(journey, before)


def test_what_it_has_no_record_of_a_run_neither_takes_up_nor_removes(tmp_path):
    """A run that was killed before it made anything; then another state database's run of the plan made it all."""
    with Journey(tmp_path / "work", small_estate(tmp_path / "estate")) as journey:
        journey.assess()
        journey.make_plan()
        before = journey.world()
        assert journey.apply(code=None, fault="engine.after-run-row:1:kill").returncode < 0
        first = journey.state
        journey.state = str(tmp_path / "another.db")
        journey.apply()
        made, second = journey.world(), journey.state
        journey.state = first
        for command in (["resume"], ["rollback"], ["rollback", "--dry-run"]):
            refused = journey.run("run", *command[:1], journey.open_run(), *command[1:], code=6)
            assert "--take-over" in refused.stderr, refused.stderr
            assert ("--leave-others" in refused.stderr) == (command[0] == "rollback"), refused.stderr
        shown = journey.run("run", "rollback", "--dry-run", "--leave-others", journey.open_run()).stdout
        assert "Nothing is left to undo" in shown, shown
        journey.run("run", "rollback", "--leave-others", "--take-over", journey.open_run(), code=2)
        journey.run("run", "rollback", "--leave-others", journey.open_run())
        assert journey.world() == made
        journey.state = second
        journey.run("run", "rollback", journey.run_id())
        assert journey.world() == before


def test_another_state_database_leaves_the_work_of_the_first_alone(tmp_path):
    with Journey(tmp_path / "work", small_estate(tmp_path / "estate")) as journey:
        journey.assess()
        journey.make_plan()
        before = journey.world()
        journey.apply()
        made, first = journey.world(), journey.state
        journey.state = str(tmp_path / "another.db")
        refused = journey.apply(code=6)
        assert "--take-over" in refused.stderr, refused.stderr
        assert journey.runs() == [] and journey.world() == made
        journey.state = first
        journey.run("run", "rollback", journey.run_id())
        assert journey.world() == before
