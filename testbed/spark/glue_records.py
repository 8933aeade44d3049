"""Glue's records for tables and partitions, as Athena, crawlers and Hive write them."""

PARQUET = (
    "org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat",
    "org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat",
    "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe",
)
TEXT = ("org.apache.hadoop.mapred.TextInputFormat", "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat")
LAZY = TEXT + ("org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe",)
OPEN_CSV = TEXT + ("org.apache.hadoop.hive.serde2.OpenCSVSerde",)
JSON = TEXT + ("org.openx.data.jsonserde.JsonSerDe",)
HUDI = ("org.apache.hudi.hadoop.HoodieParquetInputFormat",) + PARQUET[1:]


def columns(schema):
    """Glue's columns from a schema in DDL; needs a running Spark session, whose parser it uses."""
    from pyspark.sql.types import _parse_datatype_string

    return [
        {"Name": field.name, "Type": field.dataType.simpleString()} for field in _parse_datatype_string(schema).fields
    ]


def descriptor(described, location, formats, serde_parameters):
    return {
        "Columns": described,
        "Location": location,
        "InputFormat": formats[0],
        "OutputFormat": formats[1],
        "Compressed": False,
        "NumberOfBuckets": -1,
        "SerdeInfo": {"SerializationLibrary": formats[2], "Parameters": serde_parameters},
        "BucketColumns": [],
        "SortColumns": [],
        "Parameters": {},
        "StoredAsSubDirectories": False,
    }
