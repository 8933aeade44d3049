"""Writes the metadata of an Iceberg v2 table with many data files: format and file header by PyIceberg, entries by fastavro.

The data files themselves do not exist: nothing that rewrites paths opens them. Every append added one manifest of 8,000
files with the metrics of all ten columns; all snapshots are kept. PyIceberg writes each entry into an Avro block of its own,
which no other writer does, so it writes one entry only and fastavro all of them under the same header.
"""

import datetime
import multiprocessing
import struct
import uuid

import fastavro
from pyiceberg.io.pyarrow import PyArrowFileIO
from pyiceberg.manifest import (
    DataFile,
    DataFileContent,
    FileFormat,
    ManifestEntry,
    ManifestEntryStatus,
    ManifestFile,
    write_manifest,
    write_manifest_list,
)
from pyiceberg.partitioning import PartitionField, PartitionSpec
from pyiceberg.schema import Schema
from pyiceberg.table.metadata import TableMetadataV2
from pyiceberg.table.refs import SnapshotRef
from pyiceberg.table.snapshots import Operation, Snapshot, SnapshotLogEntry, Summary
from pyiceberg.table.sorting import UNSORTED_SORT_ORDER
from pyiceberg.transforms import IdentityTransform
from pyiceberg.typedef import Record
from pyiceberg.types import DateType, DoubleType, LongType, NestedField, StringType

MANIFEST_FILES = 8_000
ROWS = 50_000
BYTES = 32 << 20
STARTED_MS = 1_767_225_600_000
FIRST_DAY = 19_000
FILES_A_DAY = 1_000

NAMES = ("day", "id", "customer", "amount", "score", "status", "country", "product", "reference", "note")
TYPES = (DateType(), LongType(), LongType(), DoubleType(), DoubleType(), *[StringType()] * 5)
SCHEMA = Schema(*[NestedField(number, name, kind, required=False)
                  for number, (name, kind) in enumerate(zip(NAMES, TYPES), start=1)])
SPEC = PartitionSpec(PartitionField(source_id=1, field_id=1000, transform=IdentityTransform(), name="day"))


def make_table(folder, files):
    """Gives the location of the metadata file of a table in this folder; it is made once."""
    location = f"file://{folder}/table"
    file = folder / "table/metadata/00000-00000000-0000-0000-0000-000000000000.metadata.json"
    if file.exists():
        return f"{location}/metadata/{file.name}"
    file.parent.mkdir(parents=True, exist_ok=True)
    io = PyArrowFileIO()
    header = header_of_pyiceberg(io, location)
    firsts = range(0, files, MANIFEST_FILES)
    with multiprocessing.Pool() as pool:
        manifests = pool.starmap(manifest, [(location, header, number, first, min(first + MANIFEST_FILES, files))
                                            for number, first in enumerate(firsts, start=1)], chunksize=1)
    snapshots = [snapshot(io, location, number, manifests[:number]) for number in range(1, len(manifests) + 1)]
    metadata = TableMetadataV2(
        location=location, table_uuid=uuid.UUID(int=files), last_updated_ms=STARTED_MS + len(snapshots),
        last_column_id=len(NAMES), schemas=[SCHEMA], current_schema_id=0, partition_specs=[SPEC], default_spec_id=0,
        last_partition_id=1000, sort_orders=[UNSORTED_SORT_ORDER], default_sort_order_id=0, snapshots=snapshots,
        current_snapshot_id=snapshots[-1].snapshot_id, last_sequence_number=len(snapshots),
        snapshot_log=[SnapshotLogEntry(snapshot_id=one.snapshot_id, timestamp_ms=one.timestamp_ms) for one in snapshots],
        refs={"main": SnapshotRef(snapshot_id=snapshots[-1].snapshot_id, snapshot_ref_type="branch")})
    file.write_text(metadata.model_dump_json())
    return f"{location}/metadata/{file.name}"


def header_of_pyiceberg(io, location):
    """Schema and file metadata of a manifest as PyIceberg writes them."""
    output = io.new_output(f"{location}/metadata/header.avro")
    with write_manifest(2, SPEC, SCHEMA, output, 1, "deflate") as writer:
        file = DataFile.from_args(content=DataFileContent.DATA, file_path="x", file_format=FileFormat.PARQUET,
                                  partition=Record(FIRST_DAY), record_count=1, file_size_in_bytes=1, column_sizes={1: 1},
                                  value_counts={}, null_value_counts={}, nan_value_counts={}, lower_bounds={}, upper_bounds={})
        file.spec_id = 0
        writer.add_entry(ManifestEntry.from_args(status=ManifestEntryStatus.ADDED, snapshot_id=1, data_file=file))
    with io.new_input(output.location).open() as stream:
        reader = fastavro.reader(stream)
        header = reader.writer_schema, {name: text for name, text in reader.metadata.items() if not name.startswith("avro.")}
    io.delete(output.location)
    return header


def manifest(location, header, number, first, last):
    schema, metadata = header
    path = f"{location}/metadata/manifest-{number:05}-m0.avro"
    with open(path.removeprefix("file://"), "wb") as file:
        fastavro.writer(file, schema, (entry(location, number, one) for one in range(first, last)), codec="deflate",
                        metadata=metadata)
        length = file.tell()
    return ManifestFile.from_args(
        manifest_path=path, manifest_length=length, partition_spec_id=0, content=0, sequence_number=number,
        min_sequence_number=number, added_snapshot_id=number, added_files_count=last - first, existing_files_count=0,
        deleted_files_count=0, added_rows_count=(last - first) * ROWS, existing_rows_count=0, deleted_rows_count=0,
        partitions=None, key_metadata=None)


def entry(location, snapshot_id, number):
    day = FIRST_DAY + number // FILES_A_DAY
    date = datetime.date(1970, 1, 1) + datetime.timedelta(day)
    name = f"{number % FILES_A_DAY:05}-{number:07}-{uuid.UUID(int=number * 0x9E3779B97F4A7C15)}-00001.parquet"
    return {
        "status": 1, "snapshot_id": snapshot_id, "sequence_number": None, "file_sequence_number": None,
        "data_file": {
            "content": 0, "file_path": f"{location}/data/day={date}/{name}", "file_format": "PARQUET",
            "partition": {"day": day}, "record_count": ROWS, "file_size_in_bytes": BYTES + number,
            "column_sizes": counts(lambda column: 4096 * column + number),
            "value_counts": counts(lambda column: ROWS), "null_value_counts": counts(lambda column: 0),
            "nan_value_counts": None, "lower_bounds": bounds(day, number, 0), "upper_bounds": bounds(day, number, 1),
            "key_metadata": None, "split_offsets": [4], "equality_ids": None, "sort_order_id": 0,
        },
    }


def counts(value):
    return [{"key": column, "value": value(column)} for column in range(1, len(NAMES) + 1)]


def bounds(day, number, upper):
    values = [struct.pack("<i", day), struct.pack("<q", number * ROWS + upper * (ROWS - 1)), struct.pack("<q", number + upper),
              struct.pack("<d", 0.5 + upper), struct.pack("<d", number / 7 + upper)]
    values += [f"{name}-{number * 31 + upper:08}"[:16].encode() for name in NAMES[5:]]
    return [{"key": column, "value": value} for column, value in enumerate(values, start=1)]


def snapshot(io, location, number, manifests):
    path = f"{location}/metadata/snap-{number:05}-1.avro"
    with write_manifest_list(2, io.new_output(path), number, number - 1 or None, number, "deflate") as writer:
        writer.add_manifests(manifests)
    totals = {"total-data-files": str(sum(one.added_files_count for one in manifests)),
              "total-records": str(sum(one.added_rows_count for one in manifests))}
    return Snapshot(snapshot_id=number, parent_snapshot_id=number - 1 or None, sequence_number=number,
                    timestamp_ms=STARTED_MS + number, manifest_list=path, schema_id=0,
                    summary=Summary(Operation.APPEND, **totals))
