"""One Spark session: two cores, one gigabyte, loopback only, all scratch files in a folder of its own."""

import os
import shutil
import tempfile
import time
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
DEPENDENCIES = Path(os.environ.get("GODWIT_DEPS", PROJECT / ".deps"))
ICEBERG_JAR = "iceberg-spark-runtime-3.5_2.12-1.10.0.jar"
ICEBERG_EXTENSION = "org.apache.iceberg.spark.extensions.IcebergSparkSessionExtensions"

QUIET_LOG = """rootLogger.level = error
rootLogger.appenderRef.stderr.ref = console
appender.console.type = Console
appender.console.name = console
appender.console.target = SYSTEM_ERR
appender.console.layout.type = PatternLayout
appender.console.layout.pattern = %p %c{1}: %m%n%ex{short}
"""


def start(name, jars=(ICEBERG_JAR,), extensions=(ICEBERG_EXTENSION,), settings=None, java_options=""):
    """Starts the session. Its scratch folder is `session.scratch`; `stop` removes it."""
    # Spark turns timestamps into Python's with the process's zone; one zone everywhere keeps values as they are stored.
    os.environ["TZ"] = "UTC"
    time.tzset()
    os.environ["SPARK_LOCAL_IP"] = "127.0.0.1"
    # Tables name their owner; what is checked in must not name the person who made it.
    os.environ["SPARK_USER"] = "example"
    from pyspark.sql import SparkSession

    scratch = Path(tempfile.mkdtemp(prefix="spark-"))
    (scratch / "log4j2.properties").write_text(QUIET_LOG)
    options = [
        f"-Dderby.system.home={scratch}",
        f"-Dlog4j2.configurationFile={scratch}/log4j2.properties",
        "-Duser.timezone=UTC",
        java_options,
    ]
    builder = SparkSession.builder.master("local[2]").appName(name)
    for key, value in {
        "spark.jars": ",".join(str(DEPENDENCIES / "jars" / jar) for jar in jars),
        "spark.sql.extensions": ",".join(extensions),
        "spark.driver.memory": "1g",
        "spark.driver.host": "127.0.0.1",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.driver.extraJavaOptions": " ".join(options),
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.local.dir": str(scratch / "local"),
        "spark.sql.warehouse.dir": f"file://{scratch}/warehouse",
        "spark.sql.session.timeZone": "UTC",
        "spark.sql.shuffle.partitions": "2",
        # Hive's own SerDes need Hive's catalogue; an in-memory one leaves nothing behind.
        "spark.sql.catalogImplementation": "hive",
        "spark.hadoop.javax.jdo.option.ConnectionURL": "jdbc:derby:memory:metastore;create=true",
        "spark.hadoop.hive.stats.autogather": "false",
        **(settings or {}),
    }.items():
        builder = builder.config(key, value)
    session = builder.getOrCreate()
    session.scratch = scratch
    return session


def stop(session):
    session.stop()
    shutil.rmtree(session.scratch, ignore_errors=True)
