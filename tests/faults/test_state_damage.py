"""Damage to the state database, as the commands see it: what they print is as before, or they report the damage."""

import concurrent.futures
import copy
import json
import os
import pathlib
import random
import shutil

import pytest

from journey import Journey

LONG = bool(os.environ.get("GODWIT_TEST_LONG"))
FLIPS = 4000 if LONG else 100
CUTS = 4  # of the log, in the short form
SEED = 20260101
PAGE = 4096
LOG_HEADER, FRAME = 32, 24 + PAGE
LATE = "step.after-result:3:kill"
COMMANDS = [["run", "show"], ["run", "list"], ["findings"], ["certificate"], ["db", "check"]]


@pytest.fixture(scope="module")
def estate(tmp_path_factory):
    journey = Journey(tmp_path_factory.mktemp("state"))
    journey.start_catalogue()
    journey.assess()
    journey.make_plan("--only", "ref.products")
    journey.run("db", "backup", journey.folder / "before.db")
    yield journey
    journey.stop_catalogue()


def test_a_log_that_ends_early_opens_at_an_earlier_commit(estate, tmp_path):
    """The process is killed, its log is cut off: what the look-ups find keeps the next one from making things twice."""
    empty = estate.world()
    estate.apply()
    expected = estate.world()
    estate.run("run", "rollback", estate.run_id())
    state = pathlib.Path(estate.state)
    log = pathlib.Path(f"{state}-wal")

    def start_over():
        for file in state.parent.glob(f"{state.name}*"):
            shutil.rmtree(file) if file.is_dir() else file.unlink()
        shutil.copy(estate.folder / "before.db", state)

    def killed():
        start_over()
        assert estate.apply(code=None, fault=LATE).returncode < 0
        return (log.stat().st_size - LOG_HEADER) // FRAME

    frames = killed()
    assert frames > 20
    estate.run("run", "rollback", estate.open_run())
    cuts = [LOG_HEADER + frame * FRAME + odd for frame in range(frames) for odd in (0, FRAME // 2)]
    for cut in cuts if LONG else sorted(random.Random(SEED).sample(cuts, CUTS)):
        killed()
        os.truncate(log, cut)
        run = estate.open_run()
        # What was made after that commit is taken up by a word only, and so is a run that is forgotten itself.
        resumed = ["run", "resume", run] if run else ["apply", estate.plan]
        if estate.run(*resumed, code=None).returncode != 0:
            estate.run(*resumed, "--take-over")
        assert estate.world() == expected, f"cut at {cut}"
        estate.run("run", "rollback", estate.run_id())
        assert estate.world() == empty, f"cut at {cut}"


@pytest.fixture(scope="module")
def moved(estate):
    """The state of a run that is done, its log written back, and what each command says of it."""
    estate.apply()
    run = estate.run_id()
    estate.run("db", "check")
    state = pathlib.Path(estate.state)
    commands = [[*command, run] if command[-1] in ("show", "certificate") else command for command in COMMANDS]
    assert not pathlib.Path(f"{state}-wal").exists(), "the last process has written the log back"
    yield estate, state.read_bytes(), [(command, estate.run("-o", "json", *command)) for command in commands]
    estate.run("run", "rollback", run)


def with_state(journey, state):
    other = copy.copy(journey)
    other.state = str(state)
    return other


def is_error(text):
    try:
        return all(json.loads(text)[field] for field in ("kind", "what", "where"))
    except ValueError:
        return False


def look(journey, state, expected, command):
    """None where the command says the same or reports damage, else what is wrong."""
    result = with_state(journey, state).run("-o", "json", *command, code=None)
    if result.returncode == expected.returncode and result.stdout == expected.stdout:
        return None
    if result.returncode == 1 and is_error(result.stderr):
        return None
    return f"{command}: {result.returncode}\n{result.stdout}\n{result.stderr}"


def damaged(journey, tmp_path, name, content, commands):
    """Each of the commands, on a copy of its own: a command may write the log back."""
    for number, (command, expected) in enumerate(commands):
        state = tmp_path / f"{name}-{number}.db"
        state.write_bytes(content)
        wrong = look(journey, state, expected, command)
        for left in tmp_path.glob(f"{state.name}*"):
            shutil.rmtree(left) if left.is_dir() else left.unlink()
        if wrong:
            return f"{name}: {wrong}"
    return None


def all_of(jobs):
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        problems = [problem for problem in pool.map(lambda job: job(), jobs) if problem]
    assert not problems, problems[0]


def test_a_flipped_bit_is_reported_or_does_not_matter(moved, tmp_path):
    """Each position is read by one of the commands in turn, and by the check of everything."""
    journey, state, commands = moved
    chance = random.Random(SEED)
    positions = sorted(chance.sample(range(len(state) * 8), FLIPS))
    print("seed", SEED, "of", len(state), "bytes")

    def flip(number, position):
        content = bytearray(state)
        content[position // 8] ^= 1 << position % 8
        chosen = [commands[number % len(commands)]]
        return lambda: damaged(journey, tmp_path, f"bit-{position}", content, chosen)

    all_of([flip(number, position) for number, position in enumerate(positions)])


def test_a_main_file_that_ends_early_is_reported(moved, tmp_path):
    journey, state, commands = moved
    borders = range(PAGE, len(state), PAGE) if LONG else [PAGE, len(state) // PAGE // 2 * PAGE, len(state) - PAGE]
    for border in borders:
        for place in (border, border - 1):
            file = tmp_path / f"cut-{place}.db"
            file.write_bytes(state[:place])
            result = with_state(journey, file).run("db", "check", code=1)
            assert "Error" in result.stderr and "Fix:" in result.stderr, place
            assert not damaged(journey, tmp_path, f"cut-{place}", state[:place], commands)
