"""S3 and Glue on loopback (moto), for the programs that make example data. Nothing in it reaches AWS."""

import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

ACCOUNT = "123456789012"
REGION = "eu-west-1"
KEYS = {"AWS_ACCESS_KEY_ID": "example", "AWS_SECRET_ACCESS_KEY": "example", "AWS_DEFAULT_REGION": REGION}


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class LocalAws:
    """A context: the server runs inside it and forgets everything at the end."""

    def __enter__(self):
        self.endpoint = f"http://127.0.0.1:{free_port()}"
        os.environ.update(KEYS)
        self.server = subprocess.Popen(
            [Path(sys.executable).parent / "moto_server", "-H", "127.0.0.1", "-p", self.endpoint.rsplit(":", 1)[1]],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        self._wait()
        self.s3 = self._client("s3")
        self.glue = self._client("glue")
        return self

    def __exit__(self, *_):
        self.server.terminate()
        self.server.wait(timeout=20)

    def _wait(self):
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            try:
                urllib.request.urlopen(self.endpoint + "/moto-api/", timeout=2)
                return
            except OSError:
                time.sleep(0.1)
        raise TimeoutError("moto did not start within a minute")

    def _client(self, service):
        import boto3

        return boto3.client(service, endpoint_url=self.endpoint, region_name=REGION)

    def spark_settings(self, catalog, warehouse):
        """Makes `catalog` Iceberg's GlueCatalog on this server."""
        name = f"spark.sql.catalog.{catalog}"
        return {
            name: "org.apache.iceberg.spark.SparkCatalog",
            f"{name}.catalog-impl": "org.apache.iceberg.aws.glue.GlueCatalog",
            f"{name}.io-impl": "org.apache.iceberg.aws.s3.S3FileIO",
            f"{name}.glue.endpoint": self.endpoint,
            f"{name}.glue.id": ACCOUNT,
            f"{name}.s3.endpoint": self.endpoint,
            f"{name}.s3.path-style-access": "true",
            f"{name}.client.region": REGION,
            f"{name}.warehouse": warehouse,
        }

    def create_bucket(self, bucket):
        self.s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION})

    def cli(self, *arguments, timestamps="iso8601"):
        """What the AWS command line prints. Version 2 writes times as ISO 8601, version 1 as they come (`none`)."""
        with tempfile.NamedTemporaryFile("w", suffix=".ini") as config:
            config.write(f"[default]\nregion = {REGION}\noutput = json\ncli_timestamp_format = {timestamps}\n")
            config.flush()
            return subprocess.run(
                [sys.executable, "-m", "awscli", "--endpoint-url", self.endpoint, *arguments],
                env={**os.environ, "AWS_CONFIG_FILE": config.name, "TZ": "UTC"},
                check=True,
                capture_output=True,
                text=True,
            ).stdout

    def keys(self, bucket, prefix=""):
        for page in self.s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
            yield from (item["Key"] for item in page.get("Contents", []))

    def upload(self, folder, bucket, prefix, wanted=lambda name: True):
        for path in sorted(Path(folder).rglob("*")):
            if path.is_file() and wanted(path.name):
                self.s3.upload_file(str(path), bucket, f"{prefix}/{path.relative_to(folder)}")

    def download(self, bucket, folder, prefix=""):
        """Writes the bucket's objects to folder/<key>; leaves out keys that end in a slash (folder markers)."""
        for key in self.keys(bucket, prefix):
            if key.endswith("/"):
                continue
            path = Path(folder) / key
            path.parent.mkdir(parents=True, exist_ok=True)
            self.s3.download_file(bucket, key, str(path))
