"""SIGKILL at every named fault point and at random moments: the resumed run ends in the same world, byte for byte."""

import concurrent.futures
import os
import random
import signal
import subprocess
import time

import pytest

from estate import small_estate
from journey import GODWIT, Journey, environment

LONG = bool(os.environ.get("GODWIT_TEST_LONG"))
CAMPAIGNS = 2 if LONG else 1  # side by side
RANDOM_KILLS = 500 if LONG else 40  # in each of them
MOST_RESUMES = 8


def fault_points():
    names = subprocess.run([GODWIT, "fault-points"], capture_output=True, text=True, check=True).stdout.split()
    # Those of other processes and of rollback are passed elsewhere.
    return [name for name in names if name.split(".")[0] in ("journal", "engine", "step", "part", "copy", "relocate", "describe",
                                                             "convert", "namespace", "register")
            and not name.endswith(("drop", "removal"))]


def plan_in(folder):
    """One warehouse path for all worlds: paths stand in the metadata, so only equal paths give equal bytes."""
    # The demo estate takes long: it is killed in the long form.
    journey = Journey(folder, None if LONG else small_estate(folder / "estate"))
    journey.start_catalogue()
    journey.assess()
    journey.make_plan()
    journey.apply()
    expected = journey.world()
    journey.run("run", "rollback", journey.run_id())
    return journey, expected, journey.world()


@pytest.fixture(scope="module")
def planned(tmp_path_factory):
    journey, expected, empty = plan_in(tmp_path_factory.mktemp("crash"))
    yield journey, expected, empty
    journey.stop_catalogue()


def finish(journey):
    """Resumes until the run is done, or begins where the process died before its run did."""
    for _ in range(MOST_RESUMES):
        run = journey.open_run()
        result = journey.run("run", "resume", run, code=None) if run else journey.apply(code=None)
        if result.returncode == 0:
            return
    pytest.fail(f"the run does not end: {result.returncode}\n{result.stdout}\n{result.stderr}")


def undo(journey, empty):
    journey.run("run", "rollback", journey.run_id())
    assert journey.world() == empty


@pytest.mark.parametrize("point", fault_points())
def test_killed_at(planned, point):
    journey, expected, empty = planned
    killed = journey.apply(code=None, fault=f"{point}:1:kill")
    assert killed.returncode == -signal.SIGKILL, f"the point was not passed: {killed.stderr}"
    assert not list(journey.temporary.iterdir()), "a killed process leaves no temporary files"
    finish(journey)
    assert journey.world() == expected
    undo(journey, empty)


@pytest.mark.parametrize("point", ["rollback.after-intent", "rollback.after-call", "part.after-removal",
                                   "part.before-ledger-removal", "register.after-drop", "namespace.after-drop"])
def test_killed_while_rolling_back_at(planned, point):
    journey, expected, empty = planned
    journey.apply()
    assert journey.world() == expected
    run = journey.run_id()
    assert journey.run("run", "rollback", run, code=None, fault=f"{point}:2:kill").returncode == -signal.SIGKILL
    journey.run("run", "resume", run)
    assert journey.world() == empty


def test_killed_at_random_moments(tmp_path_factory):
    """Forwards and backwards. The moments are drawn from a seed; what the process does then is up to the machine."""
    seed = int(os.environ.get("GODWIT_TEST_SEED", "1"))
    print("GODWIT_TEST_SEED", seed)
    with concurrent.futures.ThreadPoolExecutor(CAMPAIGNS) as pool:
        campaigns = [pool.submit(kill_at_random_moments, tmp_path_factory.mktemp("campaign"), random.Random(seed + number))
                     for number in range(CAMPAIGNS)]
        for campaign in campaigns:
            assert campaign.result() >= RANDOM_KILLS


def kill_at_random_moments(folder, chance):
    journey, expected, empty = plan_in(folder)
    began = time.monotonic()
    journey.apply()
    duration = time.monotonic() - began
    undo(journey, empty)
    kills = 0
    while kills < RANDOM_KILLS:
        for _ in range(MOST_RESUMES):
            run = journey.open_run()
            kills += killed_within(journey, chance.uniform(0, duration), *["run", "resume", run] if run else ["apply", journey.plan])
        finish(journey)
        assert journey.world() == expected, f"after {kills} kills"
        run = journey.open_run()
        kills += killed_within(journey, chance.uniform(0, duration / 2), "run", "rollback", run)
        undo(journey, empty)
    journey.stop_catalogue()
    return kills


def killed_within(journey, seconds, *command):
    """1 if the command was killed, 0 if it ended before."""
    process = subprocess.Popen(journey.command(*command), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment())
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        process.kill()
    return 1 if process.wait() == -signal.SIGKILL else 0


def test_two_processes_apply_one_plan(planned):
    journey, expected, empty = planned
    both = [subprocess.Popen(journey.command("apply", journey.plan), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                             env=environment()) for _ in range(2)]
    codes = []
    for process in both:
        process.communicate(timeout=300)
        codes.append(process.returncode)
    assert sorted(codes) in ([0, 0], [0, 6]), codes
    assert journey.world() == expected
    undo(journey, empty)
