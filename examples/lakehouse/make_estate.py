"""Makes the example estate: a small lakehouse of the fictitious company Acme as it would come out of AWS.

Spark, Iceberg's GlueCatalog and Hudi write to S3 and Glue on loopback (moto). The export is what the AWS command line
prints about it; data/ is a copy of the buckets. Rows depend on a fixed seed; file names, snapshot ids and times differ
in every run.
"""

import base64
import datetime
import json
import random
import shutil
import sys
import tempfile
from decimal import Decimal
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[1] / "testbed" / "spark"))

import hive_tables  # noqa: E402
import rows  # noqa: E402
import session  # noqa: E402
from glue_records import HUDI, JSON, LAZY, OPEN_CSV, PARQUET, columns, descriptor  # noqa: E402
from local_aws import ACCOUNT, REGION, LocalAws  # noqa: E402

SEED = 20240501
LAKE, RAW = "acme-lake", "acme-raw"
DATABASES = {
    "sales": ("Orders, and what customers do in the shop", f"s3://{LAKE}/sales"),
    "ref": ("Reference data", f"s3://{LAKE}/ref"),
    "raw": ("Landing zone: files as partners deliver them", f"s3://{RAW}"),
}
NAMES = [
    "Ada Lovelace",
    "Zoë Müller",
    "Łukasz Żak",
    "李雷",
    "Ægir Þórsson",
    "Siobhán O'Neil",
    "Мария Иванова",
    "نور",
    "Tern 🐦",
    "José",
]
STREETS = ["High Street 1", "Rue de l'Été 7", "Königsallee 30", "大通り 5", "Calle Mayor 12"]
CITIES = ["London", "Paris", "Köln", "札幌", "Madrid"]
UTC = datetime.timezone.utc


def main():
    for folder in ("data", "export"):
        shutil.rmtree(HERE / folder, ignore_errors=True)
    with LocalAws() as aws, tempfile.TemporaryDirectory() as scratch:
        spark = start_spark(aws)
        try:
            create_databases(aws)
            estate = Estate(aws, spark, Path(scratch), random.Random(SEED))
            for make in (
                make_orders,
                make_events,
                make_products,
                make_customers,
                make_visits,
                make_shipments,
                make_what_is_only_reported,
            ):
                make(estate)
            for bucket in (LAKE, RAW):
                aws.download(bucket, HERE / "data" / bucket)
            write_export(aws)
            write_expected(estate)
        finally:
            session.stop(spark)


class Estate:
    def __init__(self, aws, spark, scratch, chance):
        self.aws, self.spark, self.scratch, self.chance = aws, spark, scratch, chance

    def put(self, bucket, key, content):
        self.aws.s3.put_object(Bucket=bucket, Key=key, Body=content if isinstance(content, bytes) else content.encode())

    def create_table(self, database, name, **fields):
        self.aws.glue.create_table(
            DatabaseName=database, TableInput={"Name": name, "Owner": "hadoop", "Retention": 0, **fields}
        )


def start_spark(aws):
    return session.start(
        "make-estate",
        jars=(session.ICEBERG_JAR, "iceberg-aws-bundle-1.10.0.jar", "hudi-spark3.5-bundle_2.12-1.0.2.jar"),
        extensions=(session.ICEBERG_EXTENSION, "org.apache.spark.sql.hudi.HoodieSparkSessionExtension"),
        settings={
            **aws.spark_settings("glue", f"s3://{LAKE}"),
            "spark.serializer": "org.apache.spark.serializer.KryoSerializer",
            "spark.kryo.registrator": "org.apache.spark.HoodieSparkKryoRegistrar",
            # Spark's default, INT96, is what old writers left behind; the fixtures have that case.
            "spark.sql.parquet.outputTimestampType": "TIMESTAMP_MICROS",
        },
    )


def create_databases(aws):
    for bucket in (LAKE, RAW):
        aws.create_bucket(bucket)
    for name, (description, location) in DATABASES.items():
        aws.glue.create_database(DatabaseInput={"Name": name, "Description": description, "LocationUri": location})


# sales.orders: Iceberg, merge on read, with a history.


def make_orders(estate):
    spark = estate.spark
    spark.sql(f"""
        CREATE TABLE glue.sales.orders (
            order_id INT NOT NULL, customer STRING, ts TIMESTAMP, amount DECIMAL(9, 2), note STRING,
            items ARRAY<STRUCT<sku: STRING, quantity: INT, price: DECIMAL(9, 2)>>,
            address STRUCT<street: STRING, city: STRING>, tags MAP<STRING, STRING>, legacy_code STRING)
        USING iceberg PARTITIONED BY (days(ts)) LOCATION 's3://{LAKE}/sales/orders'
        TBLPROPERTIES ('format-version' = '2', 'write.delete.granularity' = 'partition', 'write.delete.mode' = 'merge-on-read',
                       'write.update.mode' = 'merge-on-read', 'write.merge.mode' = 'merge-on-read')""")
    first = (
        "order_id INT, customer STRING, ts TIMESTAMP, amount DECIMAL(9, 2), note STRING, "
        "items ARRAY<STRUCT<sku: STRING, quantity: INT, price: DECIMAL(9, 2)>>, "
        "address STRUCT<street: STRING, city: STRING>, tags MAP<STRING, STRING>, legacy_code STRING"
    )
    append_orders(
        estate,
        first,
        range(1, 801),
        lambda row: {**row, "note": row.pop("comment"), "legacy_code": f"L{row['order_id']:05d}"},
    )
    append_orders(estate, first, range(801, 1201), lambda row: {**row, "note": row.pop("comment"), "legacy_code": None})
    spark.sql("DELETE FROM glue.sales.orders WHERE order_id % 97 = 0")
    spark.sql("ALTER TABLE glue.sales.orders CREATE TAG `end-of-april` RETAIN 3650 DAYS")
    evolve_orders(spark)
    later = (
        "order_id BIGINT, customer STRING, ts TIMESTAMP, amount DECIMAL(12, 2), comment STRING, "
        "items ARRAY<STRUCT<sku: STRING, quantity: INT, price: DECIMAL(9, 2)>>, "
        "address STRUCT<street: STRING, city: STRING, country: STRING>, tags MAP<STRING, STRING>, channel STRING"
    )
    append_orders(estate, later, range(3_000_000_001, 3_000_000_801), lambda row: with_country(estate, row))
    spark.sql(
        "UPDATE glue.sales.orders SET comment = 'price corrected', amount = amount + 0.01 WHERE order_id % 61 = 0"
    )
    merge_orders(spark)
    spark.sql("ALTER TABLE glue.sales.orders CREATE BRANCH audit RETAIN 3650 DAYS")
    spark.sql("DELETE FROM glue.sales.orders.branch_audit WHERE customer = '李雷'")


def append_orders(estate, schema, numbers, shape):
    frame = estate.spark.createDataFrame([shape(order(estate.chance, number)) for number in numbers], schema)
    frame.writeTo("glue.sales.orders").append()


def order(chance, number):
    cents = chance.randrange(1, 5_000_000)
    return {
        "order_id": number,
        "customer": None if number % 53 == 0 else chance.choice(NAMES),
        "ts": datetime.datetime(2024, 4, 26, tzinfo=UTC)
        + datetime.timedelta(microseconds=chance.randrange(5 * 86_400_000_000)),
        "amount": Decimal(cents) / 100,
        "comment": chance.choice([None, "", "gift wrap", "leave at door", "línea 1\nlínea 2"]),
        "items": [item(chance) for _ in range(chance.randrange(4))],
        "address": {"street": chance.choice(STREETS), "city": chance.choice(CITIES)},
        "tags": chance.choice([None, {}, {"gift": "yes"}, {"gift": "no", "größe": "XL"}]),
    }


def item(chance):
    return {
        "sku": f"SKU-{chance.randrange(60):03d}",
        "quantity": chance.randrange(1, 9),
        "price": Decimal(chance.randrange(100, 99_999)) / 100,
    }


def with_country(estate, row):
    row["address"]["country"] = estate.chance.choice(["GB", "FR", "DE", None])
    return {**row, "channel": estate.chance.choice(["web", "shop", None])}


def evolve_orders(spark):
    for change in (
        "ALTER COLUMN order_id TYPE BIGINT",
        "ALTER COLUMN amount TYPE DECIMAL(12, 2)",
        "RENAME COLUMN note TO comment",
        "DROP COLUMN legacy_code",
        "ADD COLUMN channel STRING COMMENT 'where it was bought'",
        "ADD COLUMN address.country STRING",
    ):
        spark.sql(f"ALTER TABLE glue.sales.orders {change}")


def merge_orders(spark):
    spark.sql("""
        MERGE INTO glue.sales.orders AS t
        USING (SELECT id AS order_id, TIMESTAMP '2024-04-30 23:59:59.999999' AS ts FROM range(1190, 1211)) AS s
        ON t.order_id = s.order_id
        WHEN MATCHED AND s.order_id % 2 = 0 THEN DELETE
        WHEN MATCHED THEN UPDATE SET comment = 'merged', channel = 'web'
        WHEN NOT MATCHED THEN INSERT (order_id, customer, ts, amount, comment, items, address, tags, channel)
            VALUES (s.order_id, 'late order', s.ts, 1234567890.12, NULL, NULL, NULL, NULL, 'shop')""")


# The Parquet tables.


def make_events(estate):
    chance = estate.chance
    days = [datetime.date(2024, 4, day) for day in range(26, 31)] + [None]
    events = [
        (
            number,
            chance.choice(["view", "click", "basket", "buy"]),
            None if number % 41 == 0 else chance.randrange(500),
            chance.choice([0.0, -1.5, chance.random()]),
            Decimal(chance.randrange(10_000_000)) / 100,
            datetime.datetime(2024, 4, 26, tzinfo=UTC)
            + datetime.timedelta(microseconds=chance.randrange(5 * 86_400_000_000)),
            chance.random() < 0.5,
            {"page": f"/p/{chance.randrange(40)}", "referrer": chance.choice([None, "mail", "suche ü"])},
            chance.choice([None, [], ["new"], ["new", None]]),
            chance.choice([None, {"x": chance.randrange(9)}]),
            chance.choice(days),
        )
        for number in range(1, 3001)
    ]
    schema = (
        "event_id BIGINT, kind STRING, user_id INT, score DOUBLE, amount DECIMAL(9, 2), occurred TIMESTAMP, mobile BOOLEAN, "
        "payload STRUCT<page: STRING, referrer: STRING>, labels ARRAY<STRING>, attributes MAP<STRING, INT>, dt DATE"
    )
    folder = estate.scratch / "events"
    estate.spark.createDataFrame(events, schema).repartition(1).write.partitionBy("dt").parquet(str(folder))
    upload(estate, folder, "sales/events")
    described = columns(schema)
    location = f"s3://{LAKE}/sales/events"
    estate.create_table(
        "sales",
        "events",
        TableType="EXTERNAL_TABLE",
        PartitionKeys=described[-1:],
        StorageDescriptor=descriptor(described[:-1], location, PARQUET, {"serialization.format": "1"}),
        Parameters={"EXTERNAL": "TRUE", "classification": "parquet", "parquet.compression": "SNAPPY"},
    )
    register(
        estate,
        "sales",
        "events",
        [
            (
                [str(day) if day else "__HIVE_DEFAULT_PARTITION__"],
                f"{location}/dt={day or '__HIVE_DEFAULT_PARTITION__'}",
            )
            for day in days
        ],
    )


def make_products(estate):
    chance = estate.chance
    products = [
        (
            f"SKU-{number:03d}",
            f"Produkt № {number}",
            Decimal(chance.randrange(100, 99_999)) / 100,
            bytes([number, 255]),
            chance.choice([None, 0.5, 12.25]),
        )
        for number in range(60)
    ]
    schema = "sku STRING, name STRING, price DECIMAL(9, 2), picture BINARY, weight FLOAT"
    folder = estate.scratch / "products"
    estate.spark.createDataFrame(products, schema).repartition(1).write.parquet(str(folder))
    upload(estate, folder, "ref/products")
    estate.create_table(
        "ref",
        "products",
        TableType="EXTERNAL_TABLE",
        PartitionKeys=[],
        StorageDescriptor=descriptor(
            columns(schema), f"s3://{LAKE}/ref/products/", PARQUET, {"serialization.format": "1"}
        ),
        Parameters={"EXTERNAL": "TRUE", "classification": "parquet"},
    )


# The text tables.


def make_customers(estate):
    """Comma-separated, as a crawler finds it: a header, escapes, nulls, and cells that are not what their column says."""
    chance = estate.chance
    header = "customer_id,name,email,since,credit,score,active,last_seen,remark\n"
    lines = [customer(chance, number) for number in range(1, 401)]
    lines[6] = "seven,Not A Number,x@example.com,2020-01-01,1.00,1.0,true,2024-01-01 00:00:00,id does not parse\n"
    lines[19] = "20,Bad Date,x@example.com,01.02.2020,1.00,1.0,true,yesterday,neither does since nor last_seen\n"
    lines[29] = "30,Bad Numbers,x@example.com,2020-01-01,12.3.4,1\\,5,perhaps,2024-01-01 00:00:00,three more\n"
    lines[39] = "40,Short Row,x@example.com\n"
    lines[49] = "50,Long Row,x@example.com,2020-01-01,1.00,1.0,true,2024-01-01 00:00:00,remark,surplus,more\n"
    estate.put(RAW, "customers/part-0001.csv", header + "".join(lines[:250]))
    estate.put(RAW, "customers/part-0002.csv", header + "".join(lines[250:]))
    schema = (
        "customer_id BIGINT, name STRING, email STRING, since DATE, credit DECIMAL(10, 2), score DOUBLE, active BOOLEAN, "
        "last_seen TIMESTAMP, remark STRING"
    )
    parameters = {
        "CrawlerSchemaDeserializerVersion": "1.0",
        "CrawlerSchemaSerializerVersion": "1.0",
        "UPDATED_BY_CRAWLER": "acme-raw",
        "areColumnsQuoted": "false",
        "averageRecordSize": "92",
        "classification": "csv",
        "columnsOrdered": "true",
        "compressionType": "none",
        "delimiter": ",",
        "objectCount": "2",
        "recordCount": "400",
        "sizeKey": "36800",
        "skip.header.line.count": "1",
        "typeOfData": "file",
    }
    estate.create_table(
        "raw",
        "customers",
        TableType="EXTERNAL_TABLE",
        PartitionKeys=[],
        Parameters=parameters,
        StorageDescriptor=descriptor(
            columns(schema),
            f"s3://{RAW}/customers/",
            LAZY,
            {"escape.delim": "\\", "field.delim": ",", "serialization.format": ","},
        ),
    )


def customer(chance, number):
    cells = [
        str(number),
        chance.choice(NAMES),
        f"user{number}@example.com" if number % 11 else "\\N",
        f"20{chance.randrange(10, 24)}-{chance.randrange(1, 13):02d}-{chance.randrange(1, 29):02d}",
        f"{chance.randrange(-10_000, 1_000_000) / 100:.2f}",
        chance.choice(["0.5", "1e3", "-2", "\\N"]),
        chance.choice(["true", "false", "TRUE", "\\N"]),
        f"2024-04-{chance.randrange(1, 31):02d} {chance.randrange(24):02d}:00:00{chance.choice(['', '.5', '.123456'])}",
        chance.choice(["", "regular", "prefers post\\, not mail", "path C:\\\\data", "\\N"]),
    ]
    return ",".join(cells) + "\n"


def make_visits(estate):
    """Tab-separated, partitioned, without a header."""
    chance = estate.chance
    schema = "visit_id BIGINT, visitor STRING, seconds INT, ratio FLOAT, day DATE, shop STRING"
    described = columns(schema)
    location = f"s3://{RAW}/visits"
    visitors = NAMES + ["\\N", ""]
    partitions = [(day, shop) for day in ("2024-04-29", "2024-04-30") for shop in ("north", "köln süd")]
    for number, (day, shop) in enumerate(partitions):
        lines = [
            f"{number * 1000 + visit}\t{chance.choice(visitors)}\t{chance.randrange(3600)}\t{chance.random():.4f}\n"
            for visit in range(150)
        ]
        estate.put(RAW, f"visits/day={day}/shop={shop}/visits.tsv", "".join(lines))
    estate.create_table(
        "raw",
        "visits",
        TableType="EXTERNAL_TABLE",
        PartitionKeys=described[-2:],
        StorageDescriptor=descriptor(
            described[:-2], location, LAZY, {"field.delim": "\t", "serialization.format": "\t"}
        ),
        Parameters={"EXTERNAL": "TRUE", "classification": "csv", "delimiter": "\t"},
    )
    register(estate, "raw", "visits", [([day, shop], f"{location}/day={day}/shop={shop}") for day, shop in partitions])


# sales.shipments: Hudi, copy on write, table version 6 as current AWS services read it.


def make_shipments(estate):
    chance = estate.chance
    schema = "shipment_id BIGINT, order_id BIGINT, carrier STRING, weight DOUBLE, updated BIGINT, country STRING"
    shipments = [
        (
            number,
            chance.randrange(1, 1201),
            chance.choice(["Nordpost", "Ünal Kargo"]),
            chance.randrange(1, 400) / 8,
            1,
            chance.choice(["DE", "FR"]),
        )
        for number in range(1, 201)
    ]
    folder = estate.scratch / "shipments"
    options = {
        "hoodie.table.name": "shipments",
        "hoodie.database.name": "sales",
        "hoodie.datasource.write.table.type": "COPY_ON_WRITE",
        "hoodie.datasource.write.recordkey.field": "shipment_id",
        "hoodie.datasource.write.precombine.field": "updated",
        "hoodie.datasource.write.partitionpath.field": "country",
        "hoodie.datasource.write.hive_style_partitioning": "true",
        "hoodie.metadata.enable": "false",
        "hoodie.embed.timeline.server": "false",
        "hoodie.write.table.version": "6",
        "hoodie.write.auto.upgrade": "false",
        "hoodie.upsert.shuffle.parallelism": "1",
        "hoodie.insert.shuffle.parallelism": "1",
        "hoodie.bloom.index.filter.type": "SIMPLE",
        "hoodie.index.bloom.num_entries": "1000",
        "hoodie.bloom.num_entries": "1000",
    }
    corrected = [(*row[:2], "Nordpost Express", row[3], 2, row[5]) for row in shipments[:20]]
    for data, mode in ((shipments, "overwrite"), (corrected, "append")):
        frame = estate.spark.createDataFrame(data, schema)
        frame.write.format("hudi").options(**options).mode(mode).save(str(folder))
    upload(estate, folder, "sales/shipments")
    location = f"s3://{LAKE}/sales/shipments"
    described = columns(
        "_hoodie_commit_time STRING, _hoodie_commit_seqno STRING, _hoodie_record_key STRING, "
        "_hoodie_partition_path STRING, _hoodie_file_name STRING, " + schema
    )
    estate.create_table(
        "sales",
        "shipments",
        TableType="EXTERNAL_TABLE",
        PartitionKeys=described[-1:],
        StorageDescriptor=descriptor(
            described[:-1],
            location,
            HUDI,
            {"hoodie.query.as.ro.table": "false", "path": location, "serialization.format": "1"},
        ),
        Parameters={
            "EXTERNAL": "TRUE",
            "last_commit_time_sync": last_hudi_commit(folder),
            "spark.sql.sources.provider": "hudi",
            "spark.sql.sources.schema.numPartCols": "1",
            "spark.sql.sources.schema.partCol.0": "country",
        },
    )
    register(estate, "sales", "shipments", [([country], f"{location}/country={country}") for country in ("DE", "FR")])


def last_hudi_commit(folder):
    return sorted(path.stem for path in (folder / ".hoodie").glob("*.commit"))[-1]


# What is part of a real estate but not moved as a table.


def make_what_is_only_reported(estate):
    make_view(estate)
    estate.create_table(
        "ref", "countries", TargetTable={"CatalogId": "210987654321", "DatabaseName": "geo", "Name": "countries"}
    )
    make_clicks(estate)
    estate.put(RAW, "suppliers/suppliers.csv", '"1","Acme, Inc.","say ""hi"""\n"2","Bêta GmbH",""\n')
    text_table(
        estate,
        "suppliers",
        "supplier_id STRING, name STRING, remark STRING",
        OPEN_CSV,
        {"escapeChar": "\\", "quoteChar": '"', "separatorChar": ","},
        {"classification": "csv"},
    )
    estate.put(
        RAW,
        "sensors/2024.json",
        "".join(json.dumps({"sensor": f"s{number}", "reading": {"c": number / 2}}) + "\n" for number in range(20)),
    )
    text_table(
        estate,
        "sensors",
        "sensor STRING, reading STRUCT<c: DOUBLE>",
        JSON,
        {"paths": "reading,sensor"},
        {"classification": "json"},
    )


def make_view(estate):
    sql = "SELECT kind, count(*) AS events, sum(amount) AS amount FROM awsdatacatalog.sales.events WHERE dt >= DATE '2024-04-28' GROUP BY kind"
    described = [("kind", "varchar"), ("events", "bigint"), ("amount", "decimal(38,2)")]
    view = {
        "originalSql": sql,
        "catalog": "awsdatacatalog",
        "schema": "sales",
        "columns": [{"name": name, "type": kind} for name, kind in described],
    }
    encoded = base64.b64encode(json.dumps(view, separators=(",", ":")).encode()).decode()
    estate.create_table(
        "sales",
        "events_by_kind",
        TableType="VIRTUAL_VIEW",
        PartitionKeys=[],
        StorageDescriptor={
            "Columns": [
                {"Name": "kind", "Type": "string"},
                {"Name": "events", "Type": "bigint"},
                {"Name": "amount", "Type": "decimal(38,2)"},
            ],
            "Location": "",
            "SerdeInfo": {},
            "NumberOfBuckets": 0,
            "Compressed": False,
        },
        ViewOriginalText=f"/* Presto View: {encoded} */",
        ViewExpandedText="/* Presto View */",
        Parameters={"presto_view": "true", "comment": "Presto View"},
    )


def make_clicks(estate):
    """Partition projection: folders that no partition record names."""
    for day in (29, 30):
        estate.put(
            RAW, f"clicks/2024/04/{day}/clicks.tsv", "".join(f"{number}\t/page/{number % 7}\n" for number in range(50))
        )
    estate.create_table(
        "raw",
        "clicks",
        TableType="EXTERNAL_TABLE",
        PartitionKeys=[{"Name": "day", "Type": "string"}],
        StorageDescriptor=descriptor(
            columns("click_id BIGINT, page STRING"),
            f"s3://{RAW}/clicks/",
            LAZY,
            {"field.delim": "\t", "serialization.format": "\t"},
        ),
        Parameters={
            "EXTERNAL": "TRUE",
            "projection.enabled": "true",
            "projection.day.type": "date",
            "projection.day.format": "yyyy/MM/dd",
            "projection.day.range": "2024/04/01,NOW",
            "projection.day.interval": "1",
            "projection.day.interval.unit": "DAYS",
            "storage.location.template": f"s3://{RAW}/clicks/${{day}}/",
        },
    )


def text_table(estate, name, schema, formats, serde_parameters, parameters):
    estate.create_table(
        "raw",
        name,
        TableType="EXTERNAL_TABLE",
        PartitionKeys=[],
        Parameters={"EXTERNAL": "TRUE", **parameters},
        StorageDescriptor=descriptor(columns(schema), f"s3://{RAW}/{name}/", formats, serde_parameters),
    )


# What Glue wants to know.


def register(estate, database, table, partitions):
    described = estate.aws.glue.get_table(DatabaseName=database, Name=table)["Table"]["StorageDescriptor"]
    inputs = [
        {"Values": values, "StorageDescriptor": {**described, "Location": location}, "Parameters": {}}
        for values, location in partitions
    ]
    estate.aws.glue.batch_create_partition(DatabaseName=database, TableName=table, PartitionInputList=inputs)


def upload(estate, folder, prefix):
    # Checksum files belong to local disks only; Spark leaves none on S3.
    estate.aws.upload(folder, LAKE, prefix, wanted=lambda name: not name.endswith(".crc"))


# The export: the words of the AWS command line.


def write_export(aws):
    export = HERE / "export"
    export.mkdir()
    (export / "godwit-export.json").write_text(json.dumps({"account": ACCOUNT, "region": REGION}, indent=2) + "\n")
    write_pages(aws, "databases", "get-databases")
    write_pages(aws, "tables-sales", "get-tables", "--database-name", "sales", page=3)
    # Version 1 of the command line prints times as numbers; both occur.
    write_pages(aws, "tables-ref", "get-tables", "--database-name", "ref", timestamps="none")
    write_pages(aws, "tables-raw", "get-tables", "--database-name", "raw")
    write_pages(
        aws, "partitions-sales-events", "get-partitions", "--database-name", "sales", "--table-name", "events", page=4
    )
    for database, table in (("sales", "shipments"), ("raw", "visits")):
        write_pages(
            aws, f"partitions-{database}-{table}", "get-partitions", "--database-name", database, "--table-name", table
        )


def write_pages(aws, name, *command, page=None, timestamps="iso8601"):
    """One file, or with `page` as many as the answer needs, each but the last with the token that leads to the next."""
    token, number = None, 0
    while number == 0 or token:
        number += 1
        limits = (["--max-items", str(page)] if page else []) + (["--starting-token", token] if token else [])
        answer = json.loads(aws.cli("glue", *command, *limits, timestamps=timestamps))
        token = answer.get("NextToken")
        file = HERE / "export" / (f"{name}-{number}.json" if page else f"{name}.json")
        file.write_text(json.dumps(as_glue_answers(answer), indent=4) + "\n")


def as_glue_answers(answer):
    """Adds the members that Glue always sends and moto leaves out."""
    for database in answer.get("DatabaseList", []):
        everyone = {"Principal": {"DataLakePrincipalIdentifier": "IAM_ALLOWED_PRINCIPALS"}, "Permissions": ["ALL"]}
        database.setdefault("CreateTableDefaultPermissions", [everyone])
    for table in answer.get("TableList", []):
        if "TargetTable" not in table:
            table.setdefault("Retention", 0)
            table.setdefault("PartitionKeys", [])
        table["CreatedBy"] = f"arn:aws:iam::{ACCOUNT}:user/data-platform"
        table["IsRegisteredWithLakeFormation"] = False
        table["IsMultiDialectView"] = False
    for partition in answer.get("Partitions", []):
        partition.setdefault("CatalogId", ACCOUNT)
    return answer


# What Spark reads in the source: the answer that a moved table has to give as well.


def write_expected(estate):
    spark, locate = estate.spark, hive_tables.locate_below(HERE / "data")
    references = {
        name: rows.digest(spark.table(f"glue.sales.orders.`{kind}_{name}`"))
        for kind, name in (("branch", "audit"), ("tag", "end-of-april"))
    }
    snapshots = spark.sql("SELECT * FROM glue.sales.orders.snapshots").count()
    tables = {
        "sales.orders": {
            "kind": "iceberg",
            "snapshots": snapshots,
            "references": references,
            **summary(spark.table("glue.sales.orders")),
        }
    }
    for kind, database, name in (
        ("parquet", "sales", "events"),
        ("parquet", "ref", "products"),
        ("csv", "raw", "customers"),
        ("csv", "raw", "visits"),
    ):
        table = estate.aws.glue.get_table(DatabaseName=database, Name=name)["Table"]
        partitions = estate.aws.glue.get_partitions(DatabaseName=database, TableName=name)["Partitions"]
        frame = hive_tables.create(spark, f"{database}_{name}", table, partitions, locate)
        tables[f"{database}.{name}"] = {"kind": kind, **summary(frame)}
    shipments = spark.read.format("hudi").load(str(HERE / "data" / LAKE / "sales/shipments"))
    plain = shipments.drop(*(column for column in shipments.columns if column.startswith("_hoodie")))
    tables["sales.shipments"] = {"kind": "hudi", **summary(plain)}
    (HERE / "expected.json").write_text(
        json.dumps({"reader": f"Spark {spark.version}", "tables": tables}, indent=2, ensure_ascii=False) + "\n"
    )


def summary(frame):
    return {"rows": frame.count(), "columns": rows.profile(frame), "digest": rows.digest(frame)}


if __name__ == "__main__":
    main()
