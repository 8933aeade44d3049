"""The fault proxy as a process: between the program and its catalogue, with rules that a test sets."""

import json
import os
import pathlib
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROGRAM = pathlib.Path(os.environ.get("GODWIT_BUILD", ROOT / "build/asan")) / "tests/fault_proxy/fault_proxy"


class Proxy:
    def __init__(self, server):
        self.process = subprocess.Popen([PROGRAM, server], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.endpoint = json.loads(self.process.stdout.readline())["endpoint"]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.wait(60)

    def set(self, *rules):
        assert self.ask(json.dumps(rules)) == {"rules": len(rules)}

    def report(self):
        return self.ask("report")

    def ask(self, line):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())
