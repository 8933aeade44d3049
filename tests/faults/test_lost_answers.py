"""Answers of the catalogue are lost on the way: the world ends as it would have undisturbed, nothing is made twice."""

import pytest

CREATE_NAMESPACE = {"method": "POST", "path": "/v1/namespaces"}
REGISTER = {"method": "POST", "path": "/v1/namespaces/*/register"}
DROP_TABLE = {"method": "DELETE", "path": "/v1/namespaces/*/tables/*"}
DROP_NAMESPACE = {"method": "DELETE", "path": "/v1/namespaces/r??"}  # raw or ref; `*` would match tables too
FAULTS = {
    "dropped": {"fault": "drop-after"},
    "reset": {"fault": "reset-after"},
    "reset before it arrives": {"fault": "reset-before"},
    "cut": {"fault": "cut-after", "bytes": 10},
    "cut at once": {"fault": "cut-after", "bytes": 0},
    "500": {"fault": "status-after", "status": 500},
    "502": {"fault": "status-after", "status": 502},
    "503": {"fault": "status-after", "status": 503},
    "504": {"fault": "status-after", "status": 504},
    "502 before it arrives": {"fault": "status-before", "status": 502},
    "404 of a stranger": {"fault": "status-after", "status": 404},
}
MOST_RESUMES = 4


def each(fault, *calls):
    return [call | fault for call in calls]


def finish(journey, *command):
    """Runs the command, then resumes where it says that something is unknown; how often that was."""
    result = journey.run(*command, code=None)
    for resumes in range(MOST_RESUMES):
        if result.returncode == 0:
            return resumes
        assert result.returncode == 10, f"{result.returncode}\n{result.stdout}\n{result.stderr}"
        assert "godwit run resume" in result.stdout
        result = journey.run("run", "resume", journey.runs()[0]["run"], code=None)
    pytest.fail(f"the run does not end: {result.stdout}\n{result.stderr}")


@pytest.mark.parametrize("name", FAULTS)
def test_a_lost_answer_is_looked_up(behind_proxy, name):
    """Each mutating call loses its answer once, forwards and backwards."""
    journey, proxy, expected, empty = behind_proxy
    proxy.set(*each(FAULTS[name], CREATE_NAMESPACE, REGISTER))
    finish(journey, "apply", journey.plan)
    assert proxy.report()["faults"] == 2, "\n".join(proxy.report()["log"])
    assert journey.world() == expected
    proxy.set(*each(FAULTS[name], DROP_TABLE, DROP_NAMESPACE))
    finish(journey, "run", "rollback", journey.open_run())
    assert proxy.report()["faults"] == 2, "\n".join(proxy.report()["log"])
    assert journey.world() == empty


def test_calls_that_never_arrive_leave_it_open(behind_proxy):
    """Tried again a few times and no more; the run says so, and goes on once the way is free."""
    journey, proxy, expected, empty = behind_proxy
    proxy.set(CREATE_NAMESPACE | {"fault": "status-before", "status": 502, "times": 0})
    stopped = journey.run("apply", journey.plan, code=10)
    assert "unknown" in stopped.stdout and "godwit run resume" in stopped.stdout
    assert proxy.report()["faults"] <= 2 * 8, "two namespaces, a handful of calls each"
    run = journey.open_run()
    proxy.set()
    journey.run("run", "resume", run)
    assert journey.world() == expected
    proxy.set(DROP_TABLE | {"fault": "status-before", "status": 502, "times": 0})
    stopped = journey.run("run", "rollback", run, code=None)
    assert stopped.returncode == 10, stopped.stdout
    proxy.set()
    journey.run("run", "resume", run)
    assert journey.world() == empty


def test_a_catalogue_that_does_not_answer_refuses_before_anything_is_recorded(behind_proxy):
    journey, proxy, expected, empty = behind_proxy
    proxy.set({"fault": "status-before", "status": 503, "times": 0})
    before = len(journey.runs())
    refused = journey.run("apply", journey.plan, code=1)
    assert "catalog" in refused.stderr and "Fix:" in refused.stderr
    assert len(journey.runs()) == before
    proxy.set()
    assert journey.world() == empty
