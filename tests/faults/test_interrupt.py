"""Ctrl-C once: what is under way ends, and the run says how to go on and how to undo. Twice: it leaves at once."""

import os
import signal
import subprocess
import time

import pytest

from journey import CALL_LIMIT, environment

REGISTER = {"method": "POST", "path": "/v1/namespaces/*/register"}


def begun(journey, proxy, *command):
    """The command, in a call that takes its time."""
    process = subprocess.Popen(journey.command(*command), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                               env=environment())
    end = time.monotonic() + CALL_LIMIT
    while proxy.report()["faults"] == 0:
        assert process.poll() is None and time.monotonic() < end, process.communicate()
        time.sleep(0.01)
    return process


def end_of(process):
    out, err = process.communicate(timeout=CALL_LIMIT)
    return process.returncode, out, err


def check_interrupted(journey, process):
    code, out, err = end_of(process)
    assert code == 130, out + err
    run = journey.open_run()
    assert f"godwit run resume {run}" in out and f"godwit run rollback {run}" in out
    assert journey.json("run", "show", run, code=None)["state"] == "stopped"
    return run


@pytest.mark.parametrize("kind", [signal.SIGINT, signal.SIGTERM])
def test_once(behind_proxy, kind):
    journey, proxy, expected, empty = behind_proxy
    proxy.set(REGISTER | {"fault": "delay", "time-ms": 1000})
    process = begun(journey, proxy, "apply", journey.plan)
    process.send_signal(kind)
    run = check_interrupted(journey, process)
    journey.run("run", "resume", run)
    assert journey.world() == expected
    journey.run("run", "rollback", run)
    assert journey.world() == empty


def test_twice(behind_proxy):
    journey, proxy, expected, empty = behind_proxy
    proxy.set(REGISTER | {"fault": "hang-after"})
    process = begun(journey, proxy, "apply", journey.plan)
    began = time.monotonic()
    process.send_signal(signal.SIGINT)
    time.sleep(0.2)
    process.send_signal(signal.SIGINT)
    assert end_of(process)[0] == 130
    assert time.monotonic() - began < 4, "it did not wait for the answer"
    proxy.set()
    run = journey.open_run()
    journey.run("run", "resume", run)
    assert journey.world() == expected
    journey.run("run", "rollback", run)
    assert journey.world() == empty


def test_an_interrupted_rollback_goes_on(behind_proxy):
    journey, proxy, expected, empty = behind_proxy
    proxy.set()
    journey.apply()
    run = journey.open_run()
    proxy.set({"method": "DELETE", "path": "/v1/*", "fault": "delay", "time-ms": 1000})
    process = begun(journey, proxy, "run", "rollback", run)
    process.send_signal(signal.SIGINT)
    code, out, err = end_of(process)
    assert code == 130, out + err
    assert f"godwit run resume {run}" in out
    journey.run("run", "resume", run)
    assert journey.world() == empty


def test_output_that_nobody_reads_ends_nothing(behind_proxy):
    """`godwit apply | head -1`: the reader leaves, the run goes on to its end."""
    journey, proxy, expected, empty = behind_proxy
    proxy.set()
    reader, writer = os.pipe()
    os.close(reader)
    process = subprocess.Popen(journey.command("apply", journey.plan), stdout=writer, stderr=subprocess.PIPE, text=True,
                               env=environment())
    os.close(writer)
    process.communicate(timeout=CALL_LIMIT)
    assert process.returncode >= 0, "a signal ended it"
    assert journey.json("run", "show", journey.open_run())["state"] == "done"
    assert journey.world() == expected
    journey.run("run", "rollback", journey.open_run())
    assert journey.world() == empty
