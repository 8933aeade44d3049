"""Lets Spark read a table that Glue describes, with Hive's own SerDes, from a local copy of its bucket."""

import shutil
from pathlib import Path

NULL_PARTITION = "__HIVE_DEFAULT_PARTITION__"

# SerDes see the table's own parameters as well; the others would only confuse Spark.
SERDE_LOOKS_AT = ("serialization.null.format", "serialization.encoding", "timestamp.formats")


def create(session, name, table, partitions, locate):
    """Makes the external table `name` from Glue's Table and Partition records, and gives its rows.

    `locate` turns a location into a local folder.
    """
    descriptor = table["StorageDescriptor"]
    headers = int(table.get("Parameters", {}).get("skip.header.line.count", 0))
    session.sql(f"DROP TABLE IF EXISTS {name}")
    session.sql(definition(name, table, folder_for(session, locate(descriptor["Location"]), headers)))
    for partition in partitions:
        folder = folder_for(session, locate(partition["StorageDescriptor"]["Location"]), headers)
        add_partition(session, name, table, partition, folder)
    return with_nulls(session.table(name), table.get("PartitionKeys", []))


def with_nulls(frame, keys):
    """Beside a SerDe Spark shows the null partition of a text column as the word that stands for it; Athena shows null."""
    from pyspark.sql.functions import col, lit, when

    for key in keys:
        if key["Type"] == "string":
            frame = frame.withColumn(key["Name"], when(col(key["Name"]) != lit(NULL_PARTITION), col(key["Name"])))
    return frame


def add_partition(session, name, table, partition, folder):
    values = ", ".join(partition_value(key, value) for key, value in zip(table["PartitionKeys"], partition["Values"]))
    session.sql(f"ALTER TABLE {name} ADD PARTITION ({values}) LOCATION {local(folder)}")
    own, common = (record["StorageDescriptor"]["SerdeInfo"] for record in (partition, table))
    if own["SerializationLibrary"] != common["SerializationLibrary"]:
        raise ValueError(f"partition ({values}) has a SerDe of its own, which Spark cannot be told")
    if own.get("Parameters", {}) != common.get("Parameters", {}):
        session.sql(f"ALTER TABLE {name} PARTITION ({values}) SET SERDEPROPERTIES ({properties(own['Parameters'])})")


def definition(name, table, folder):
    descriptor = table["StorageDescriptor"]
    serde = descriptor["SerdeInfo"]
    keys = table.get("PartitionKeys", [])
    lines = [f"CREATE EXTERNAL TABLE {name} ({columns(descriptor['Columns'])})"]
    if keys:
        lines.append(f"PARTITIONED BY ({columns(keys)})")
    lines.append(f"ROW FORMAT SERDE {literal(serde['SerializationLibrary'])}")
    if serde.get("Parameters"):
        lines.append(f"WITH SERDEPROPERTIES ({properties(serde['Parameters'])})")
    lines.append(
        f"STORED AS INPUTFORMAT {literal(descriptor['InputFormat'])} OUTPUTFORMAT {literal(descriptor['OutputFormat'])}"
    )
    lines.append(f"LOCATION {local(folder)}")
    kept = {key: value for key, value in table.get("Parameters", {}).items() if key in SERDE_LOOKS_AT}
    if kept:
        lines.append(f"TBLPROPERTIES ({properties(kept)})")
    return "\n".join(lines)


def columns(described):
    return ", ".join(f"`{column['Name']}` {column['Type']}" for column in described)


def properties(pairs):
    return ", ".join(f"{literal(key)} = {literal(value)}" for key, value in pairs.items())


def partition_value(key, value):
    null = value == NULL_PARTITION
    return f"`{key['Name']}` = {'NULL' if null else literal(value)}"


def literal(text):
    """A string literal of Spark SQL; everything that is not plain goes in as a code point."""
    plain = all(character.isprintable() and character not in "'\\" for character in text)
    return "'" + (text if plain else "".join(f"\\u{ord(character):04x}" for character in text)) + "'"


def local(folder):
    # Hadoop takes a path as it stands: percent signs in folder names must not be encoded once more.
    return literal(f"file://{folder}")


def folder_for(session, folder, headers):
    """Spark does not know skip.header.line.count: it is given a copy of the files without those lines."""
    if not headers:
        return folder
    copy = session.scratch / "without-headers" / str(folder).lstrip("/")
    shutil.rmtree(copy, ignore_errors=True)
    copy.mkdir(parents=True)
    for file in sorted(Path(folder).iterdir()):
        if file.is_file():
            (copy / file.name).write_bytes(b"".join(file.read_bytes().splitlines(keepends=True)[headers:]))
    return copy


def locate_below(root):
    """Maps s3://bucket/key to root/bucket/key."""

    def locate(location):
        scheme, _, path = location.partition("://")
        if scheme == "file":
            return Path(path)
        return Path(root) / path.rstrip("/")

    return locate
