#!/usr/bin/env python3
"""Checks that three lists of finding codes are the same: those in the code, those with a page in
docs/reference/findings, and those that a test triggers."""

import re

from common import files, finish, read

PAGES = "docs/reference/findings"
# A code is an area and a number (LAKE-012), or an outcome of verification (VERIFY-DIFFERENT), and a literal of its own.
CODE = r"(?!SHA-|RFC-|ISO-|UTF-)[A-Z]{3,}-\d{3}|VERIFY-[A-Z]+(?:-[A-Z]+)*"
LITERAL = re.compile(rf'"({CODE})"')
MENTION = re.compile(rf"\b({CODE})\b")


def codes_in_code() -> dict[str, str]:
    codes = {}
    for path in files("src/*.cc", "src/*.h"):
        if not path.stem.endswith(("_test", "_fuzz")):
            for code in LITERAL.findall(read(path)):
                codes.setdefault(code, str(path))
    return codes


def codes_in_tests() -> set[str]:
    tests = files("src/*_test.cc", "tests/*.py", "tests/*.cc", "tests/*.sh")
    return {code for path in tests for code in MENTION.findall(read(path))}


def main() -> None:
    code, tests = codes_in_code(), codes_in_tests()
    pages = {path.stem for path in files(f"{PAGES}/*.md")} - {"README"}
    violations = [f"{code[name]}: {name} has no page {PAGES}/{name}.md" for name in sorted(code.keys() - pages)]
    violations += [f"{PAGES}/{name}.md: no code of this name in src/" for name in sorted(pages - code.keys())]
    violations += [f"{code[name]}: no test triggers {name}" for name in sorted(code.keys() - tests)]
    for path in files(f"{PAGES}/*.md"):
        if path.stem in pages and not read(path).startswith(f"# {path.stem}"):
            violations.append(f"{path}: does not begin with '# {path.stem}'")
    finish(f"findings ({len(code)} codes)", violations)


main()
