#!/usr/bin/env python3
"""Writes row_digest.json: golden vectors of the row digest, encoding version 1.

Computes the encoding, the MD5 of each row and the sums from the written definition alone (docs/explanation and the
header src/rows/row_digest.h), with nothing but the standard library: an auditor can start from this file. Each vector
holds a comparison schema, the columns as Arrow type and JSON values, and what the digest has to be.

    python3 tests/golden/row_digest.py > tests/golden/row_digest.json
"""

import datetime
import decimal
import hashlib
import json
import struct

NULL, VALUE, FOREIGN = b"\x00", b"\x01", b"\x02"
decimal.getcontext().prec = 100


def string(data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + data


def integer(value: int) -> bytes:
    return value.to_bytes(16, "big", signed=True)


def decimal_value(text: str, scale: int) -> bytes:
    return struct.pack(">i", scale) + integer(int(decimal.Decimal(text).scaleb(scale)))


def double(value: float) -> bytes:
    if value != value:
        return bytes.fromhex("7ff8000000000000")
    return struct.pack(">d", value + 0.0 if value else 0.0)


def moment(text: str, zone: int) -> bytes:
    whole, _, fraction = text.partition(".")
    epoch = datetime.datetime(1970, 1, 1)
    seconds = datetime.datetime.fromisoformat(whole) - epoch
    nanoseconds = int((fraction + "000000000")[:9])
    return struct.pack(">qIB", seconds.days * 86400 + seconds.seconds, nanoseconds, zone)


def day_time(text: str) -> bytes:
    whole, _, fraction = text.partition(".")
    hours, minutes, seconds = (int(part) for part in whole.split(":"))
    return struct.pack(">qIB", hours * 3600 + minutes * 60 + seconds, int((fraction + "000000000")[:9]), 0)


def date(text: str) -> bytes:
    return struct.pack(">i", (datetime.date.fromisoformat(text) - datetime.date(1970, 1, 1)).days)


def cell(encode):
    return lambda value: NULL if value is None else VALUE + encode(value)


def foreign(kind: str, text: str) -> bytes:
    return FOREIGN + string(kind.encode()) + string(text.encode())


def vector(name, columns, rows, grouping=(), side="target"):
    """columns: (name, comparison type, Arrow type, values as Arrow's JSON reader takes them, encoded cells)."""
    encoded = [b"".join(column[4][i] for column in columns) for i in range(rows)]
    digests = [hashlib.md5(row).hexdigest() for row in encoded]
    return {
        "name": name,
        "side": side,
        "schema": {
            "version": 1,
            "columns": [
                {"name": c[0], "source": [c[0]], "type": c[1], **(c[5] if len(c) > 5 else {})} for c in columns
            ],
            "grouping": list(grouping),
            "identifiers": [],
        },
        "columns": [{"name": c[0], "arrow": c[2], "values": c[3]} for c in columns],
        "rows": [row.hex() for row in encoded],
        "md5": digests,
        "high": str(sum(int(d[:16], 16) for d in digests) % 2**64),
        "low": str(sum(int(d[16:], 16) for d in digests) % 2**64),
        "nulls": [sum(1 for value in c[4] if value == NULL) for c in columns],
        "unrepresentable": [sum(1 for value in c[4] if value[:1] == FOREIGN) for c in columns],
    }


def column(name, kind, arrow, values, encode, extra=None):
    cells = [cell(encode)(value) for value in values]
    return (name, kind, arrow, values, cells) + ((extra,) if extra else ())


def scalars():
    text = ["", "a", "Grüße, 世界", None]
    binary = ["", "\x00\x01", "zz", None]
    return vector(
        "scalars",
        [
            column("b", "boolean", "bool", [True, False, None, True], lambda v: b"\x01" if v else b"\x00"),
            column("i8", "integer", "int8", [-128, 127, None, 0], integer),
            column("i32", "integer", "int32", [-1, 2**31 - 1, None, 7], integer),
            column("i64", "integer", "int64", [-(2**63), 2**63 - 1, None, 42], integer),
            column("u64", "integer", "uint64", [0, 2**64 - 1, None, 1], integer),
            column("f32", "float", "float", [1.5, -0.25, None, 0.5], double),
            column("f64", "float", "double", [0.1, -0.0, None, 1e308], double),
            column("s", "string", "utf8", text, lambda v: string(v.encode())),
            column("bin", "binary", "binary", binary, lambda v: string(v.encode())),
            column("fix", "fixed", "fixed3", ["abc", "xyz", None, "000"], lambda v: string(v.encode())),
        ],
        4,
    )


def decimals():
    money = ["0.00", "-12.34", "99999999.99", None]
    wide = ["1.000", "-99999999999999999999999999999999999.999", "0.000", None]
    return vector(
        "decimals",
        [
            column("money", "decimal(10,2)", "decimal(10,2)", money, lambda v: decimal_value(v, 2)),
            column("widened", "decimal(12,3)", "decimal(10,2)", money, lambda v: decimal_value(v, 3), {"change": "widened"}),
            column("wide", "decimal(38,3)", "decimal(38,3)", wide, lambda v: decimal_value(v, 3)),
            column("long", "decimal(20,1)", "int64", [1, -2, None, 4], lambda v: decimal_value(str(v), 1)),
            column("text", "decimal(45,4)", "decimal(38,3)", wide, lambda v: string(f"{decimal.Decimal(v):.4f}".encode())),
        ],
        4,
    )


def times():
    local = ["2024-02-29 23:59:59.999999", "1969-12-31 23:59:59.000001", None, "0001-01-01 00:00:00"]
    days = ["1970-01-01", "2024-02-29", None, "1582-10-14"]
    shifted = ["2024-02-29 21:59:59.999999", "1969-12-31 21:59:59.000001", None, "0000-00-00"]
    seconds = ["2024-02-29 23:59:59", "1969-12-31 23:59:58", None, "1970-01-01 00:00:00"]
    zoned = column("assumed", "instant", "timestamp[us]", local[:3] + ["1970-01-01 02:00:00"], lambda v: b"")
    shifted[3] = "1970-01-01 00:00:00"
    zoned = zoned[:4] + ([cell(lambda v: moment(v, 1))(v) for v in shifted], {"change": "zone-assumed", "detail": "+02:00"})
    return vector(
        "times",
        [
            column("d", "date", "date32", days, date),
            column("t", "time", "time64[us]", ["00:00:00", "23:59:59.999999", None, "12:34:56.7"], day_time),
            column("ts", "timestamp", "timestamp[us]", local, lambda v: moment(v, 0)),
            column("tz", "instant", "timestamp[us, UTC]", local, lambda v: moment(v, 1)),
            column("s", "timestamp", "timestamp[s]", seconds, lambda v: moment(v, 0)),
            column("ns", "timestamp", "timestamp[ns]", [v and v + ".123456789" for v in seconds], lambda v: moment(v, 0)),
            zoned,
        ],
        4,
        side="source",
    )


def nested():
    numbers = [[1, None, 3], [], None]
    people = [{"name": "x", "age": 1}, {"name": None, "age": None}, None]
    maps = [[["b", 2], ["a", 1]], [], None]

    def list_of(values):
        return struct.pack(">I", len(values)) + b"".join(cell(integer)(v) for v in values)

    def person(value):
        return cell(lambda v: string(v.encode()))(value["name"]) + cell(integer)(value["age"])

    def map_of(entries):
        encoded = sorted((VALUE + string(k.encode()), cell(integer)(v)) for k, v in entries)
        return struct.pack(">I", len(encoded)) + b"".join(k + v for k, v in encoded)

    return vector(
        "nested",
        [
            column("l", {"kind": "list", "children": [{"name": "element", "type": "integer"}]}, "list<int32>", numbers, list_of),
            column(
                "s",
                {"kind": "struct", "children": [{"name": "name", "type": "string"}, {"name": "age", "type": "integer"}]},
                "struct<age:int32,name:utf8>",
                people,
                person,
            ),
            column(
                "m",
                {"kind": "map", "children": [{"name": "key", "type": "string"}, {"name": "value", "type": "integer"}]},
                "map<utf8,int32>",
                maps,
                map_of,
            ),
            column("j", "json-normalised", "utf8", ['{"b":1, "a":[true]}', "[]", None], lambda v: string(json.dumps(json.loads(v), sort_keys=True, separators=(",", ":")).encode())),
            column("raw", "json", "utf8", ['{"b":1, "a":2}', "[]", None], lambda v: string(v.encode())),
        ],
        3,
    )


def unrepresentable():
    scaled = ["1.25", "1.20", None]
    cells = [foreign("decimal128(5, 2)", "1.25"), VALUE + decimal_value("1.2", 1), NULL]
    return vector(
        "not representable",
        [
            ("scale", "decimal(5,1)", "decimal(5,2)", scaled, cells),
            ("kind", "integer", "utf8", ["7", "x", None], [foreign("string", "7"), foreign("string", "x"), NULL]),
            ("zone", "instant", "timestamp[s]", ["1970-01-01 00:00:00", None, None],
             [foreign("timestamp[s]", "1970-01-01 00:00:00"), NULL, NULL]),
        ],
        3,
    )


print(json.dumps([scalars(), decimals(), times(), nested(), unrepresentable()], indent=1))
