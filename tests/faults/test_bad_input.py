"""Wrong command lines, damaged plans and garbage exports: what, why, how to go on and where; and nothing has changed."""

import concurrent.futures
import json
import os
import random
import re
import shutil
import subprocess

import pytest

from estate import Estate
from journey import EXAMPLE, GODWIT, Journey, environment

LONG = bool(os.environ.get("GODWIT_TEST_LONG"))
FLIPS = 2000 if LONG else 6
GARBAGE = 400 if LONG else 6
SEED = 20260102
KNOWN_CODES = (0, 1, 2, 3, 5, 6, 7, 8, 9, 10, 11)
NO_FOLDER = "/nonexistent/folder"


@pytest.fixture(scope="module")
def moved(tmp_path_factory):
    with Journey(tmp_path_factory.mktemp("bad")) as journey:
        journey.assess()
        journey.make_plan("--only", "ref.products")
        journey.apply()
        yield journey


def check_block(result, codes, *words):
    """The error says what, why or where, and how to go on; nothing else is printed."""
    assert result.returncode in codes, f"{result.returncode}\n{result.stdout}\n{result.stderr}"
    assert re.match(r"Error[^\n]*: \S", result.stderr), result.stderr
    assert "  Fix:   " in result.stderr and ("  Why:   " in result.stderr or "  Where: " in result.stderr), result.stderr
    assert "a defect" not in result.stderr
    for word in words:
        assert word in result.stderr, f"{word}: {result.stderr}"


# Each with the exit codes that may follow and words of the error; RUN, CATALOGUE, FOLDER and PLAN stand for real ones.
WRONG = [
    ("--nonsense", [2], "--nonsense"),
    ("nonsense", [2], "nonsense"),
    ("-o xml run list", [2], "xml"),
    ("--progress loud run list", [2], "loud"),
    ("--api-workers 0 run list", [2], "--api-workers"),
    ("--cpu-workers many run list", [2], "--cpu-workers"),
    ("run list extra", [2], "extra"),
    ("run show", [2], "RUN is required"),
    ("run show zzz", [2], "no run zzz"),
    ("run resume zzz", [2], "no run zzz"),
    ("run rollback zzz", [2], "no run zzz"),
    ("verify zzz", [2], "no run zzz"),
    ("certificate zzz", [2], "no run zzz"),
    ("run resume RUN --nonsense", [2], "--nonsense"),
    ("run resolve RUN abc", [2], "--look"),
    ("run resolve RUN abc --look --undo", [2], "--look"),
    ("run resolve RUN abc --look", [2], "no such step"),
    ("run accept RUN abc", [2], "--reason"),
    ("run accept RUN abc --reason x", [2], "no such step"),
    ("run accept RUN abc --reason x --most -1", [2], "--most"),
    (f"certificate RUN --out {NO_FOLDER}/c", [1], NO_FOLDER),
    ("findings --assessment zzz", [1], "no such assessment"),
    ("findings --lane zzz", [2], "zzz"),
    ("findings --severity loud", [2], "loud"),
    ("plan", [2], None),
    ("plan create --lane zzz", [2], "zzz"),
    ("plan create --only no.table --out FOLDER/p", [2], "no.table"),
    (f"plan create --out {NO_FOLDER}/p", [1], NO_FOLDER),
    ("plan create --out FOLDER", [1], "FOLDER"),
    ("plan show", [2], "FILE is required"),
    ("plan show /dev/zero", [1], "/dev/zero"),
    ("plan show FOLDER", [1], "folder"),
    (f"apply {NO_FOLDER}", [1], NO_FOLDER),
    ("apply PLAN --digest 00", [9], "00"),
    ("assess lakehouse", [2], "nothing to assess"),
    ("assess lakehouse --export FOLDER --metadata FOLDER", [2], "one source"),
    (f"assess lakehouse --export {NO_FOLDER}", [2], NO_FOLDER),
    ("assess lakehouse --export FOLDER", [2], "--account"),
    ("assess lakehouse --export FOLDER --map nonsense", [2], "PREFIX=FOLDER"),
    (f"assess lakehouse --export FOLDER --map s3://a={NO_FOLDER}", [2], NO_FOLDER),
    (f"assess lakehouse --metadata {NO_FOLDER}", [2], "/nonexistent"),
    ("assess lakehouse --metadata PLAN", [1, 2], "plan.jsonl"),
    ("assess lakehouse --catalog CATALOGUE", [2], "warehouse"),
    ("query --catalog CATALOGUE SELEC", [2], "SELEC"),
    ("query --catalog CATALOGUE DROP", [2], "end of input"),
    ("query --catalog nonsense SELECT", [2], "nonsense"),
    ("query --catalog http://127.0.0.1:1 SELECT", [1], "127.0.0.1"),
    (f"catalog dump --database {NO_FOLDER}", [1], NO_FOLDER),
    ("catalog dump --database PLAN", [1], "no database"),
    (f"catalog serve --warehouse {NO_FOLDER} --database FOLDER/c", [2], NO_FOLDER),
    ("catalog serve --warehouse FOLDER --database FOLDER/c", [2], "inside of the warehouse"),
    ("catalog serve --warehouse FOLDER --database FOLDER/c --port 99999", [2], "--port"),
    ("catalog serve --warehouse FOLDER/reports --database FOLDER/c --address 0.0.0.0", [2], "loopback"),
    ("db backup PLAN", [1], "exists"),
    (f"db backup {NO_FOLDER}/b", [1], NO_FOLDER),
    ("lanes list zzz", [2], "zzz"),
]


@pytest.mark.parametrize("line,codes,word", WRONG, ids=[one[0] for one in WRONG])
def test_wrong_command_lines(moved, line, codes, word):
    names = {"RUN": moved.open_run(), "CATALOGUE": moved.endpoint, "FOLDER": str(moved.folder), "PLAN": str(moved.plan)}
    fill = lambda text: re.sub("RUN(?! is)|CATALOGUE|FOLDER(?!=)|PLAN", lambda found: names[found[0]], text)
    result = moved.run(*[fill(part) for part in line.split(" ")], code=None)
    if word is None:
        assert result.returncode in codes and "Usage: godwit plan" in result.stdout
    else:
        check_block(result, codes, word if "=FOLDER" in word or "RUN is" in word else fill(word))


@pytest.mark.parametrize("state,codes", [(f"{NO_FOLDER}/state.db", [1, 2]), ("FOLDER", [2]), ("/dev/null", [2]), ("PLAN", [1]),
                                         ("postgresql://127.0.0.1:1/x", [1]), ("mysql://x", [2])])
def test_a_state_database_that_is_none(moved, state, codes):
    place = state.replace("FOLDER", str(moved.folder)).replace("PLAN", str(moved.plan))
    before = moved.plan.read_bytes()
    result = subprocess.run([GODWIT, "--state", place, "run", "list"], capture_output=True, text=True, check=False,
                            env=environment())
    check_block(result, codes)
    assert moved.plan.read_bytes() == before


def test_every_command_has_a_help(moved):
    for command in ("assess lakehouse", "findings", "plan create", "plan show", "apply", "run list", "run show", "run resume",
                    "run rollback", "run resolve", "run accept", "verify", "certificate", "query", "catalog serve",
                    "catalog dump", "db check", "db backup", "db migrate", "lanes list"):
        shown = moved.run(*command.split(), "--help").stdout
        assert f"Usage: godwit {command}" in shown, command


@pytest.fixture
def fresh(tmp_path):
    with Journey(tmp_path) as journey:
        journey.assess()
        journey.make_plan("--only", "ref.products")
        yield journey


def damaged_plans(whole):
    chance = random.Random(SEED)
    lines = whole.splitlines(keepends=True)
    for count in range(len(lines)):
        yield f"first {count} lines", b"".join(lines[:count])
        yield f"without line {count}", b"".join(lines[:count] + lines[count + 1:])
    yield "twice", whole + whole
    yield "cut in a line", whole[:len(whole) // 2]
    yield "swapped", b"".join([lines[0], lines[2], lines[1], *lines[3:]])
    for position in sorted(chance.sample(range(len(whole) * 8), FLIPS)):
        content = bytearray(whole)
        content[position // 8] ^= 1 << position % 8
        yield f"bit {position}", bytes(content)


def test_a_damaged_plan_is_refused(fresh):
    whole = fresh.plan.read_bytes()
    stated = fresh.plan.with_name(f"{fresh.plan.name}.sha256").read_text()
    digest = json.loads(fresh.run("-o", "json", "plan", "create", "--out", fresh.folder / "again", "--only", "ref.products").stdout)["digest"]
    assert (fresh.folder / "again").read_bytes() == whole, "same assessments, same bytes"
    before = fresh.world()

    def refused(number, name, content):
        plan = fresh.folder / f"damaged-{number}.jsonl"
        plan.write_bytes(content)
        plan.with_name(f"{plan.name}.sha256").write_text(stated)
        check_block(fresh.run("apply", plan, code=None), (1, 9), str(plan))
        for command in (["plan", "show", plan], ["apply", plan, "--digest", digest]):
            result = fresh.run(*command, code=None)
            assert result.returncode in (1, 9), f"{name}: {result.stdout}"

    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        for work in [pool.submit(refused, number, *damage) for number, damage in enumerate(damaged_plans(whole))]:
            work.result()
    assert fresh.world() == before and fresh.runs() == []
    fresh.apply()


def test_a_plan_needs_its_digest(fresh):
    """Without the side file and in another state database only the digest that was printed confirms it."""
    digest = (fresh.folder / "plan.jsonl.sha256").read_text().split()[0]
    (fresh.folder / "plan.jsonl.sha256").unlink()
    fresh.state = str(fresh.folder / "other.db")
    check_block(fresh.apply(code=9), (9,), "--digest")
    check_block(fresh.run("apply", fresh.plan, "--digest", digest[:-1] + "x", code=9), (9,), digest)
    (fresh.folder / "plan.jsonl.sha256").write_text("nonsense\n")
    check_block(fresh.apply(code=None), (1, 9), "plan.jsonl.sha256")
    (fresh.folder / "plan.jsonl.sha256").unlink()
    fresh.run("apply", fresh.plan, "--digest", digest)


def garbage(whole):
    """What a file of the export may hold instead."""
    chance = random.Random(SEED)
    yield from (b"", b"[", b"{}", b"[]", b"null", b"0" * 100, b"\xff\xfe{}", b"\0" * 1000, b"[" * 100_000, b'{"TableList": 7}',
                b'{"TableList": [7, null, {}, []]}', b'{"TableList": {"Name": "x"}}', b'{"a": "\\ud800"}', b"PAR1" * 100)
    yield whole[:len(whole) // 2]
    yield re.sub(rb'"Type": "[a-z]+"', b'"Type": "array<array<array<"', whole)
    yield re.sub(rb'"Name": "[a-z]+"', b'"Name": 7', whole)
    yield whole.replace(b"s3://", b"gopher://")
    yield whole.replace(b"s3://estate/", b"s3://estate/../../")
    yield re.sub(rb'"Parameters": {', b'"Parameters": {"skip.header.line.count": "99999999999999999999", "totalSize": "-1", ', whole)
    for _ in range(GARBAGE):
        content = bytearray(whole)
        for _ in range(chance.randrange(1, 9)):
            content[chance.randrange(len(content))] = chance.randrange(256)
        yield bytes(content)


def test_garbage_in_the_export_is_reported(tmp_path):
    estate = Estate(tmp_path / "estate")
    estate.table("db", "bad", "bad", {"part-0": b"1,a\n"})
    source = estate.write()
    tables = tmp_path / "estate/export/tables.json"
    whole = tables.read_bytes()
    outcomes = set()
    with Journey(tmp_path / "work", source) as journey:
        for number, content in enumerate(garbage(whole)):
            tables.write_bytes(content)
            journey.plan = tmp_path / f"plan-{number}.jsonl"
            assessed = journey.run("assess", "lakehouse", *source, "--warehouse", journey.warehouse, "--catalog", journey.endpoint,
                                   code=None)
            outcomes.add(assessed.returncode)
            if assessed.returncode != 0:
                check_block(assessed, KNOWN_CODES)
                continue
            planned = journey.make_plan(code=None)
            outcomes.add(planned.returncode)
            if planned.returncode != 0:
                check_block(planned, (5,))
        assert journey.world()[0] == {}
    assert outcomes <= {0, 2, 5} and 5 in outcomes, outcomes


def test_garbage_in_an_iceberg_table_is_reported(tmp_path):
    shutil.copytree(EXAMPLE / "data", tmp_path / "data")
    maps = [part for bucket in ("acme-lake", "acme-raw") for part in ("--map", f"s3://{bucket}={tmp_path}/data/{bucket}")]
    metadata = sorted((tmp_path / "data/acme-lake/sales/orders/metadata").iterdir())
    chance = random.Random(SEED)
    with Journey(tmp_path / "work", ["--export", EXAMPLE / "export", *maps]) as journey:
        for file in chance.sample(metadata, len(metadata) if LONG else 2):
            whole = file.read_bytes()
            for content in (b"", whole[:len(whole) // 2], bytes(chance.randrange(256) for _ in range(2000))):
                file.write_bytes(content)
                assessed = journey.run("assess", "lakehouse", *journey.source, "--warehouse", journey.warehouse, "--catalog",
                                       journey.endpoint, code=None)
                assert assessed.returncode == 0, assessed.stderr
                assert journey.make_plan("--only", "sales.orders", code=None).returncode in (0, 5)
            file.write_bytes(whole)
