#!/usr/bin/env python3
"""Executes the commands in the documentation and compares what they print; checks that links lead somewhere.

    docs.py GODWIT [FILE...]            (GODWIT: the built program; without files: all documents)
    docs.py --write GODWIT FILE...      puts what the commands print into the documents

A fenced block marked `console` is executed. Its lines that begin with `$ ` are commands (`> ` continues one), what
follows is what they print. All blocks of a document run in one shell, in an empty folder in which `examples` is the
project's folder of that name and `godwit` is on the PATH. A command must succeed unless it ends with `# exit N`.

In the expected text a line `...` stands for any lines and `...` within a line for any text. Digests, ids, times,
durations and paths of temporary folders are never the same twice; both sides are compared without them.
"""

import os
import pathlib
import re
import signal
import subprocess
import sys
import tempfile

from common import PROJECT, files, finish, read

BLOCK = re.compile(r"^```console\n(.*?)^```", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\[[^\]]*\]\(([^)#\s]+)(?:#[^)]*)?\)")
CASE = re.compile(r"`([A-Z]\w+\.[A-Za-z]\w+)`")
TEST = re.compile(r"^TEST(?:_F|_P)?\((\w+), (\w+)\)", re.MULTILINE)
EXIT = re.compile(r"#\s*exit (\d+)\s*$")
SECONDS = 300

VOLATILE = [
    (re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?Z?"), "TIME"),
    (re.compile(r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b"), "UUID"),
    (re.compile(r"\b(?=[a-z2-7]*\d)[a-z2-7]{12,}\b|\b[0-9a-f]{12,}\b"), "ID"),
    (re.compile(r"\b\d+(\.\d+)? ?(ms|s|min)\b"), "DURATION"),
    (re.compile(r"/tmp/[\w./-]+"), "FOLDER"),
]


def stable(text: str) -> str:
    for pattern, name in VOLATILE:
        text = pattern.sub(name, text)
    return re.sub(r"[ \t]+", " ", text).strip()


def parse(document: str) -> list[tuple[str, list[str]]]:
    """The commands of a document, each with the lines that it is said to print."""
    commands: list[tuple[str, list[str]]] = []
    for block in BLOCK.findall(document):
        printed: list[str] = []
        for line in block.splitlines():
            if line.startswith("$ "):
                printed = []
                commands.append((line[2:], printed))
            elif line.startswith("> ") and commands and not printed:
                commands[-1] = (commands[-1][0] + "\n" + line[2:], printed)
            else:
                printed.append(line)
    return commands


def run(commands: list[tuple[str, list[str]]], godwit: pathlib.Path) -> list[tuple[int, str]]:
    """Exit code and output of each command; fewer than were given if the time is up."""
    with tempfile.TemporaryDirectory(prefix="godwit-docs.") as folder:
        outside = pathlib.Path(folder)
        world = outside / "world"
        world.mkdir()
        (world / "examples").symlink_to(PROJECT / "examples")
        script = "".join(
            f"{{ {command}\n}} > {outside}/{number}.out 2>&1 < /dev/null; echo $? > {outside}/{number}.code\n"
            for number, (command, _) in enumerate(commands)
        )
        environment = {
            "PATH": f"{godwit.parent}:{os.environ['PATH']}", "HOME": str(world), "LC_ALL": "C.UTF-8", "TERM": "dumb",
        }
        shell = subprocess.Popen(["bash", "-c", script], cwd=world, env=environment, start_new_session=True)
        try:
            shell.wait(timeout=SECONDS)
        except subprocess.TimeoutExpired:
            pass
        finally:
            try:
                os.killpg(shell.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
            shell.wait()
        results = []
        for number in range(len(commands)):
            code = outside / f"{number}.code"
            if not code.exists():
                break
            results.append((int(code.read_text()), (outside / f"{number}.out").read_text(errors="replace")))
        return results


def matches(expected: list[str], printed: str) -> bool:
    pattern = ""
    for line in expected:
        if line.strip() == "...":
            pattern += r"(?:.*\n)*"
        else:
            pattern += ".*".join(re.escape(stable(part)) for part in line.split("...")) + r"\s*\n"
    lines = [stable(line) for line in printed.splitlines()]
    return re.fullmatch(pattern, "".join(line + "\n" for line in lines)) is not None


def write(path: pathlib.Path, godwit: pathlib.Path) -> None:
    """Keeps the commands of each block and puts what they print today below them."""
    document = read(path)
    printed = iter(run(parse(document), godwit))

    def block(match: re.Match) -> str:
        lines = []
        for command, _ in parse(match.group()):
            lines.append("$ " + command.replace("\n", "\n> "))
            lines += next(printed)[1].rstrip("\n").splitlines()
        return "```console\n" + "\n".join(lines) + "\n```"

    (PROJECT / path).write_text(BLOCK.sub(block, document), encoding="utf-8")


def check_commands(path: pathlib.Path, godwit: pathlib.Path) -> tuple[int, list[str]]:
    commands = parse(read(path))
    if not commands:
        return 0, []
    results = run(commands, godwit)
    if len(results) < len(commands):
        return len(commands), [f"{path}: `{commands[len(results)][0]}` did not end within {SECONDS} s"]
    violations = []
    for (command, expected), (code, printed) in zip(commands, results):
        wanted = int(match.group(1)) if (match := EXIT.search(command)) else 0
        if code != wanted:
            violations.append(f"{path}: `{command}` ended with {code}, not {wanted}; it printed:\n{printed}")
        elif not matches(expected, printed):
            violations.append(f"{path}: `{command}` printed something else:\n{printed}")
    return len(commands), violations


def check_links(path: pathlib.Path) -> list[str]:
    links = [link for link in LINK.findall(read(path)) if "://" not in link and not link.startswith("mailto:")]
    return [f"{path}: the link {link} leads nowhere" for link in links if not (PROJECT / path.parent / link).exists()]


def check_cases(path: pathlib.Path) -> list[str]:
    """The assurance case names tests: each must exist."""
    tests = {".".join(case) for source in files("src/*_test.cc", "tests/*_test.cc") for case in TEST.findall(read(source))}
    return [f"{path}: there is no test {case}" for case in CASE.findall(read(path)) if case not in tests]


def main() -> None:
    if sys.argv[1] == "--write":
        for name in sys.argv[3:]:
            write(pathlib.Path(name), pathlib.Path(sys.argv[2]).resolve())
        return
    godwit = pathlib.Path(sys.argv[1]).resolve()
    chosen = [pathlib.Path(name) for name in sys.argv[2:]] or files("*.md", "docs/*.md", "examples/*.md")
    count, violations = 0, []
    for path in chosen:
        executed, wrong = check_commands(path, godwit)
        count += executed
        violations += wrong + check_links(path)
    violations += check_cases(pathlib.Path("SECURITY.md"))
    finish(f"documents ({len(chosen)}, {count} commands)", violations)


main()
