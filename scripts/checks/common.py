"""What the checks share: where the project is, which files are its own, how a violation is reported."""

import pathlib
import subprocess
import sys

PROJECT = pathlib.Path(__file__).resolve().parents[2]


def files(*patterns: str) -> list[pathlib.Path]:
    """Files that git knows or would take up, matching any of the patterns, relative to the project."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "--", *patterns]
    listed = subprocess.run(command, cwd=PROJECT, check=True, capture_output=True, text=True).stdout
    return sorted({pathlib.Path(line) for line in listed.splitlines() if (PROJECT / line).is_file()})


def read(path: pathlib.Path) -> str:
    return (PROJECT / path).read_text(encoding="utf-8")


def finish(checked: str, violations: list[str]) -> None:
    """Prints the violations, or what was checked, and ends the program."""
    for violation in violations:
        print(violation)
    print(f"{checked}: {len(violations)} violations" if violations else f"{checked}: all right")
    sys.exit(1 if violations else 0)
