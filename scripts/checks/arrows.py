#!/usr/bin/env python3
"""Checks src/arrows.txt: which folder of src/ may include and link which.

A line `folder: others` holds for the folder and what lies below it, unless a line names the subfolder itself. Another
folder is allowed by its own name or by that of a folder above it; a sibling (lanes/x for lanes/y, formats/x for
formats/y) only by its full name. `*` allows everything. A unit test (x_test.cc) may also use
what tests/ offers.
"""

import pathlib
import re

from common import PROJECT, files, finish, read

INCLUDE = re.compile(r'^\s*#\s*include\s+"([^"]+)"', re.MULTILINE)
LIBRARY = re.compile(r"godwit_library\(([^)]*)\)")


def read_arrows() -> dict[str, set[str]]:
    arrows = {}
    for line in read(pathlib.Path("src/arrows.txt")).splitlines():
        if line.strip() and not line.startswith("#"):
            folder, _, others = line.partition(":")
            arrows[folder.strip()] = set(others.split())
    return arrows


def ancestors(folder: str) -> list[str]:
    parts = folder.split("/")
    return ["/".join(parts[:count]) for count in range(len(parts), 0, -1)]


def allowed(arrows: dict[str, set[str]], folder: str, other: str) -> bool:
    if folder == other:
        return True
    rule = next((arrows[name] for name in ancestors(folder) if name in arrows), None)
    if rule is None:
        return False
    if "*" in rule or other in rule:
        return True
    siblings = "/" in folder and folder.split("/")[0] == other.split("/")[0]
    return not siblings and any(name in rule for name in ancestors(other))


def check_includes(arrows: dict[str, set[str]]) -> list[str]:
    violations = []
    for path in files("src/*.h", "src/*.cc"):
        folder = path.parent.relative_to("src").as_posix()
        for included in INCLUDE.findall(read(path)):
            if path.name.endswith("_test.cc") and (PROJECT / "tests" / included).is_file():
                continue
            if not (PROJECT / "src" / included).is_file():
                violations.append(f'{path}: "{included}" is no file of src/')
                continue
            other = pathlib.PurePosixPath(included).parent.as_posix()
            if not allowed(arrows, folder, other):
                violations.append(f'{path}: {folder} may not include "{included}"')
    return violations


def check_links(arrows: dict[str, set[str]]) -> list[str]:
    violations = []
    for path in files("src/*CMakeLists.txt"):
        for arguments in LIBRARY.findall(read(path)):
            words = arguments.split()
            folder, uses = words[0], False
            for word in words[1:]:
                if word.isupper():
                    uses = word == "USES"
                elif uses and not allowed(arrows, folder, word):
                    violations.append(f"{path}: {folder} may not use {word}")
    return violations


def main() -> None:
    arrows = read_arrows()
    finish("arrows", check_includes(arrows) + check_links(arrows))


main()
