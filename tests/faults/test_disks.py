"""Disks that are full, files that are unreadable, gone or changed: a clear error, nothing lost, nothing twice."""

import os
import shutil
import subprocess

import pytest

from estate import Estate
from journey import EXAMPLE, Journey

ROWS = b"".join(b"%d,row %d\n" % (number, number) for number in range(2000))


class Disk:
    """A file system of its own in memory, whose size can be changed."""

    def __init__(self, folder, size):
        folder.mkdir(parents=True)
        self.folder = folder
        if self.mount("-t", "tmpfs", "-o", f"size={size}", "tmpfs") != 0:
            pytest.skip("mounting a file system is not permitted here")

    def mount(self, *arguments):
        return subprocess.run(["mount", *arguments, self.folder], capture_output=True, check=False).returncode

    def resize(self, size):
        assert self.mount("-o", f"remount,size={size}") == 0

    def fill(self, left):
        """Leaves so many bytes free."""
        state = os.statvfs(self.folder)
        free = state.f_bavail * state.f_frsize
        (self.folder / "ballast").write_bytes(b"\0" * max(0, free - left))

    def empty(self):
        (self.folder / "ballast").unlink()

    def unmount(self):
        subprocess.run(["umount", "-l", self.folder], check=True)


@pytest.fixture
def disk(tmp_path):
    made = []

    def make(name, size="16m"):
        made.append(Disk(tmp_path / name, size))
        return made[-1]

    yield make
    for one in made:
        one.unmount()


def check_full(result):
    text = result.stdout + result.stderr
    assert result.returncode in (1, 3), text
    assert "No space left" in text or "is full" in text, text


def test_a_full_warehouse(tmp_path, disk):
    disk = disk("work/warehouse")
    with Journey(tmp_path / "work") as journey:
        journey.assess()
        journey.make_plan("--only", "ref.products", "--only", "raw.customers")
        before = journey.world()
        journey.apply()
        expected = journey.world()
        journey.run("run", "rollback", journey.open_run())
        for left in (0, 16384):
            disk.fill(left)
            check_full(journey.apply(code=None))
            run = journey.open_run()
            disk.empty()
            journey.run("run", "resume", run)
            assert journey.world() == expected, left
            journey.run("run", "rollback", run)
            assert journey.world() == before, left
        disk.fill(8192)
        check_full(journey.apply(code=None))
        journey.run("run", "rollback", journey.open_run())
        disk.empty()
        assert journey.world() == before


def test_a_full_disk_of_the_state(tmp_path, disk):
    disk = disk("state")
    with Journey(tmp_path / "work", state=str(tmp_path / "state/state.db")) as journey:
        journey.assess()
        journey.make_plan("--only", "ref.products")
        before = journey.world()
        journey.apply()
        expected = journey.world()
        journey.run("run", "rollback", journey.open_run())
        for left in (0, 131072):
            disk.fill(left)
            full = journey.apply(code=None)
            disk.empty()
            journey.run("db", "check")
            if full.returncode != 0:
                check_full(full)
                run = journey.open_run()
                journey.run("run", "resume", run) if run else journey.apply()
            assert journey.world() == expected, left
            run = journey.open_run()
            disk.fill(left)
            undone = journey.run("run", "rollback", run, code=None)
            disk.empty()
            if undone.returncode != 0:
                journey.run("run", "rollback", run)
            assert journey.world() == before, left
        disk.fill(0)
        check_full(journey.run("assess", "lakehouse", *journey.source, code=None))
        disk.empty()
        journey.run("db", "check")


@pytest.fixture
def two(tmp_path):
    estate = Estate(tmp_path / "estate")
    estate.table("db", "bad", "bad", {"part-0": ROWS, "part-1": ROWS})
    estate.table("db", "good", "good", {"part-0": ROWS})
    with Journey(tmp_path / "work", estate.write()) as journey:
        yield estate, journey


def as_folder(file):
    file.unlink()
    file.mkdir()


def as_pipe(file):
    file.unlink()
    os.mkfifo(file)


def as_link_outside(file):
    file.unlink()
    file.symlink_to("/etc/passwd")


def as_link_to_itself(file):
    file.unlink()
    file.symlink_to(file)


CHANGES = {
    "gone": lambda file: file.unlink(),
    "folder": as_folder,
    "pipe": as_pipe,
    "link outside": as_link_outside,
    "link to itself": as_link_to_itself,
    "shorter": lambda file: file.write_bytes(ROWS[:100]),
    "same size": lambda file: file.write_bytes(ROWS[:-2] + b"x\n"),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_file_that_changed_after_the_plan(two, change):
    """Its table is stale and left alone; the other one moves."""
    estate, journey = two
    journey.assess()
    journey.make_plan()
    CHANGES[change](estate.data / "bad/part-1")
    stopped = journey.apply(code=3)
    assert "stale" in stopped.stdout, stopped.stdout
    run = journey.open_run()
    assert not (journey.warehouse / "db/bad").exists()
    assert journey.json("query", "--catalog", journey.endpoint, "SELECT count(*) AS n FROM db.good") == {"n": "2000"}
    journey.run("run", "rollback", run)
    assert journey.world()[0] == {}


@pytest.mark.parametrize("change", ["folder", "pipe", "link outside", "link to itself"])
def test_what_is_no_file_is_never_read(two, change):
    """Seen by the assessment: reported, or not data; it neither hangs nor leads out of the mapped folder."""
    estate, journey = two
    CHANGES[change](estate.data / "bad/part-1")
    journey.assess()
    planned = journey.make_plan(code=None)
    assert planned.returncode in (0, 5), planned.stderr
    if planned.returncode == 0:
        applied = journey.apply(code=None)
        assert applied.returncode in (0, 3), applied.stderr
    assert not any(b"root:" in content for content in journey.world()[0].values() if content)


def test_a_source_that_changes_while_the_run_stands_is_not_proved(tmp_path):
    shutil.copytree(EXAMPLE / "data", tmp_path / "data")
    maps = [part for bucket in ("acme-lake", "acme-raw") for part in ("--map", f"s3://{bucket}={tmp_path}/data/{bucket}")]
    with Journey(tmp_path / "work", ["--export", EXAMPLE / "export", *maps]) as journey:
        journey.assess()
        journey.make_plan("--only", "ref.products")
        journey.apply(code=None, fault="step.after-result:2:kill")
        changed = next(path for path in (tmp_path / "data/acme-lake/ref/products").rglob("*.parquet"))
        os.utime(changed, (1, 1))
        run = journey.open_run()
        result = journey.run("run", "resume", run, code=None)
        assert result.returncode in (11, 3), result.stdout
        assert "drift" in result.stdout and "Migrated" not in result.stdout
        journey.run("run", "rollback", run)


def test_a_warehouse_that_may_not_be_written(tmp_path):
    """Without the right to write, as another user: said by the assessment, or when it is tried."""
    if os.geteuid() != 0 or not shutil.which("setpriv"):
        pytest.skip("only root can become somebody else")
    with Journey(tmp_path) as journey:
        journey.assess()
        journey.make_plan("--only", "ref.products")
        nobody = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
        refused = subprocess.run([*nobody, *journey.command("run", "list")], capture_output=True, text=True, check=False)
        assert refused.returncode in (1, 7) and refused.stderr.startswith("Error") and "Fix:" in refused.stderr
