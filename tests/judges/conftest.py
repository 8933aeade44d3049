"""What the suites of the judges share: one Spark at a time, one estate of all fixtures that was moved once."""

import pathlib
import sys

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/e2e"))

import fixture_estate  # noqa: E402
from spark_judge import SparkJudge  # noqa: E402


@pytest.fixture(scope="session")
def spark(tmp_path_factory):
    if not SparkJudge.is_installed():
        pytest.skip("Spark is not installed: scripts/setup-judges.sh spark")
    with SparkJudge() as judge:
        for bucket, folder in fixture_estate.buckets().items():
            judge.ask(op="mount", bucket=bucket, folder=str(folder))
        yield judge


@pytest.fixture(scope="session")
def moved(tmp_path_factory):
    """All fixtures in one estate, assessed, planned, applied and verified."""
    with fixture_estate.moved(tmp_path_factory.mktemp("estate")) as journey:
        yield journey
