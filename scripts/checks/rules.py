#!/usr/bin/env python3
"""Checks rules that neither the compiler nor clang-tidy knows: calls that have one home, sizes, paths of one machine."""

import pathlib
import re

from common import files, finish, read

MAX_FILE_LINES = 500

# (what, folders below src/ that may, why)
BANNED = [
    (r"\bco_(await|yield|return)\b", (), "coroutines double-free on GCC 12"),
    (r"(?<![\w.>:])(std::)?system\s*\(", (), "no shell: base/subprocess.h starts programs by argv"),
    (r"\b(popen|execlp|execvp|vfork)\s*\(", ("base",), "no shell: base/subprocess.h starts programs by argv"),
    (r"(?<![\w.>])(std::|::)?(secure_)?getenv\s*\(", ("base",), "the environment is injected: base/environment.h"),
    (r"(?<![\w.>])(std::|::)?(time|gettimeofday|clock_gettime)\s*\(", ("base",), "time is injected: base/clock.h"),
    (r"_clock::now\s*\(", ("base",), "time is injected: base/clock.h"),
    (r"(?<![\w.>])(std::|::)?s?rand\s*\(|\brandom_device\b|\bmt19937", ("base",), "chance is injected: base/random.h"),
    (r"\bthis_thread::sleep_|(?<![\w.>])u?sleep\s*\(", ("base",), "waiting is injected: base/clock.h"),
    (r"(?<![\w.>])::(socket|connect|bind|listen|accept4?)\s*\(", ("base", "net"), "sockets live in net"),
    (r"\busing namespace std\s*;", (), "names are written out"),
    (r"\b(TODO|FIXME|XXX|HACK)\b", (), "what is not done is not in the code"),
]
MACHINE_PATHS = re.compile(r"(?<![\w.$}\"'])/(work|root|home/\w+)/")
COMMENT = re.compile(r"//[^\n]*|/\*.*?\*/", re.DOTALL)
# what stands before the brace of a block; before that of an initialiser stands a type, a name, or another brace
BLOCK = re.compile(r"([);\]]|\{\s*\n\s*|\}\s*\n\s*|\b(else|do|const|mutable|override|noexcept)|->[\w:<>*& ]+|case [\w: ]+:)\s*$")
STRING = re.compile(r'"(?:[^"\\\n]|\\.)*"')


def blank(match: re.Match) -> str:
    return re.sub(r"[^\n]", " ", match.group())


def folder_of(path: pathlib.Path) -> str:
    return path.parts[1] if path.parts[0] == "src" else path.parts[0]


def check_bans(path: pathlib.Path, text: str) -> list[str]:
    code = COMMENT.sub(blank, STRING.sub(blank, text))
    violations = []
    for pattern, homes, why in BANNED:
        searched = text if "TODO" in pattern else code
        if folder_of(path) in homes:
            continue
        for match in re.finditer(pattern, searched):
            line = searched.count("\n", 0, match.start()) + 1
            violations.append(f"{path}:{line}: `{match.group().strip()}`: {why}")
    return violations


def encloser(code: str, position: int) -> tuple[int, str]:
    """Where the bracket around a position opens, and what stands between; (-1, "") where a statement begins first."""
    depth = 0
    for i in range(position - 1, -1, -1):
        if code[i] in ")}]":
            depth += 1
        elif code[i] in "([{" and depth > 0:
            depth -= 1
        elif code[i] in "([{":
            return i, code[i + 1 : position]
        elif code[i] == ";" and depth == 0:
            break
    return -1, ""


def leaks_on_failure(code: str, position: int) -> bool:
    """Whether a TRY stands behind the first element of a braced initialiser, or below `new`."""
    if re.search(r"\bnew\b[^;]*$", code[code.rfind(";", 0, position) + 1 : position]):
        return True
    while True:
        opened, between = encloser(code, position)
        if opened < 0:
            return False
        if code[opened] == "{" and BLOCK.search(code[:opened]):
            return False
        if code[opened] == "{" and "," in between:
            return True
        position = opened


def check_try(path: pathlib.Path, text: str) -> list[str]:
    code = COMMENT.sub(blank, STRING.sub(lambda match: '"' + " " * (len(match.group()) - 2) + '"', text))
    return [
        f"{path}:{code.count(chr(10), 0, match.start()) + 1}: TRY in a braced initialiser or below new: "
        "GCC 12 leaks what was made before it; name the value first"
        for match in re.finditer(r"\bTRY\(", code)
        if leaks_on_failure(code, match.start())
    ]


def check_size(path: pathlib.Path, text: str) -> list[str]:
    lines = text.count("\n")
    return [f"{path}: {lines} lines; {MAX_FILE_LINES} are allowed"] if lines > MAX_FILE_LINES else []


def check_source(path: pathlib.Path) -> list[str]:
    text = read(path)
    violations = check_bans(path, text) + check_try(path, text) + check_size(path, text)
    if path.suffix == ".h" and not text.startswith("#pragma once\n"):
        violations.append(f"{path}: does not begin with #pragma once")
    return violations


def check_machine_paths(path: pathlib.Path) -> list[str]:
    try:
        text = read(path)
    except UnicodeDecodeError:
        return []
    return [f"{path}: names a folder of one machine: {match.group()}" for match in MACHINE_PATHS.finditer(text)]


def main() -> None:
    violations = []
    for path in files("src/*.h", "src/*.cc", "tests/*.h", "tests/*.cc", "bench/*.h", "bench/*.cc"):
        violations += check_source(path)
    for path in files("src", "tests", "scripts", "cmake", "bench", "examples", "testbed", "docs", "*.md", "*.json", "Makefile"):
        violations += check_machine_paths(path)
    finish("rules", violations)


main()
