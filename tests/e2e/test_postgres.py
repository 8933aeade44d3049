"""The whole journey with its state in PostgreSQL: every command, a kill, a second process, and a rollback."""

import os
import signal
import subprocess
import time

import pytest

from journey import CALL_LIMIT, ROOT, Journey, environment


LEASE = 30
POINTS = ["register.after-call:1", "part.after-ledger:1", "step.after-intent:3", "journal.after-commit:9"]


@pytest.fixture(scope="module")
def server():
    """The one that the environment names, or one of our own."""
    if address := os.environ.get("GODWIT_TEST_POSTGRESQL"):
        yield address
        return
    script = subprocess.Popen([ROOT / "scripts/with-postgres.sh", "sh", "-c", 'echo "$GODWIT_TEST_POSTGRESQL"; read -r end'],
                              stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    yield script.stdout.readline().strip()
    script.stdin.close()
    script.wait(CALL_LIMIT)


@pytest.fixture(scope="module")
def planned(server, tmp_path_factory):
    with Journey(tmp_path_factory.mktemp("postgres"), state=server) as journey:
        journey.assess()
        journey.make_plan("--only", "ref.products", "--only", "raw.customers")
        yield journey, journey.world()


def test_every_command(planned):
    journey, empty = planned
    journey.apply()
    run = journey.open_run()
    assert journey.json("run", "show", run)["outcome"] == "equal"
    assert f"{run}  done" in journey.run("run", "list").stdout
    assert '"migrated":true' in journey.run("certificate", run).stdout
    assert "LAKE-" in journey.run("findings").stdout
    assert "Digest" in journey.run("plan", "show", journey.plan).stdout
    assert "sound" in journey.run("db", "check").stdout
    assert "schema version" in journey.run("db", "migrate").stdout
    assert journey.json("verify", run)["outcome"] == "equal"
    assert "is done" in journey.apply().stdout
    assert "Fix:" in journey.run("db", "backup", journey.folder / "copy", code=None).stderr
    journey.run("run", "rollback", run)
    assert journey.world() == empty


def test_the_run_files_need_a_place(planned):
    """Beside a state file there is one; a server has none."""
    journey, empty = planned
    command = [part for part in journey.command("apply", journey.plan) if part not in ("--run-files", str(journey.folder / "runs"))]
    refused = subprocess.run(command, capture_output=True, text=True, check=False, env=environment())
    assert refused.returncode == 2 and "--run-files" in refused.stderr
    assert journey.open_run() is None and journey.world() == empty


# A lease there lives for half a minute: so long nobody can tell that its owner was killed.
@pytest.mark.skipif(not os.environ.get("GODWIT_TEST_LONG"), reason="long: each waits for a lease to end")
@pytest.mark.parametrize("point", POINTS)
def test_killed_and_resumed(planned, point):
    journey, empty = planned
    assert journey.apply(code=None, fault=f"{point}:kill").returncode == -signal.SIGKILL
    run = journey.open_run()
    end = time.monotonic() + LEASE + CALL_LIMIT / 5
    while (resumed := journey.run("run", "resume", run, code=None)).returncode == 6:
        assert "Fix:" in resumed.stderr and "pid " in resumed.stderr, resumed.stderr
        assert time.monotonic() < end
        time.sleep(1)
    assert resumed.returncode == 0, resumed.stderr
    assert journey.json("run", "show", run)["outcome"] == "equal"
    journey.run("run", "rollback", run)
    assert journey.world() == empty
