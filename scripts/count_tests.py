#!/usr/bin/env python3
"""Counts test cases in the XML reports of GoogleTest, ctest and pytest.

    count_tests.py FOLDER      prints: passed failed skipped

Every *.xml below the folder is read. A program of ctest.xml that wrote a report of its own counts by its cases; one
that failed without naming a failed case (it crashed, or was stopped for its time) counts as one failed.
"""

import pathlib
import sys
import xml.etree.ElementTree as xml


def outcome(case: xml.Element) -> str:
    if case.find("failure") is not None or case.find("error") is not None:
        return "failed"
    if case.find("skipped") is not None or case.get("result") == "skipped":
        return "skipped"
    return "skipped" if case.get("status") in ("disabled", "notrun") else "passed"


def outcomes(path: pathlib.Path) -> list[str]:
    try:
        return [outcome(case) for case in xml.parse(path).iter("testcase")]
    except xml.ParseError:
        return ["failed"]


def main() -> None:
    folder = pathlib.Path(sys.argv[1])
    reports = {path: outcomes(path) for path in folder.rglob("*.xml") if path.name != "ctest.xml"}
    counted = [word for words in reports.values() for word in words]
    of_program = {path.stem.removesuffix("_test"): words for path, words in reports.items()}
    for path in folder.rglob("ctest.xml"):
        for case in xml.parse(path).iter("testcase"):
            word = outcome(case)
            own = of_program.get(case.get("name", ""))
            if own is None or (word == "failed" and "failed" not in own):
                counted.append(word)
    print(*(counted.count(word) for word in ("passed", "failed", "skipped")))


main()
