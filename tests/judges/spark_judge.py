"""Spark as a judge: testbed/spark/judge.py in a process of its own, one question and one answer a line."""

import json
import os
import pathlib
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[2]
DEPENDENCIES = pathlib.Path(os.environ.get("GODWIT_DEPS", ROOT / ".deps"))
PYTHON = DEPENDENCIES / "spark/bin/python"


class Refused(Exception):
    """What a reader says when it cannot read."""


class SparkJudge:
    def __init__(self):
        self.process = subprocess.Popen([PYTHON, ROOT / "testbed/spark/judge.py"], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, text=True)
        assert json.loads(self.process.stdout.readline())["ready"]

    @staticmethod
    def is_installed():
        return PYTHON.exists()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.wait(timeout=60)

    def ask(self, **request):
        self.process.stdin.write(json.dumps(request) + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        assert line, "Spark ended"
        answer = json.loads(line)
        if not answer["ok"]:
            raise Refused(answer["error"])
        return answer

    def sql(self, statement, endpoint, *table):
        answer = self.ask(op="query", sql=statement, rows=True, source={"catalog": endpoint, "table": table})
        return [tuple(row.values()) for row in answer["rows"]]
