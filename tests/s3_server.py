"""An S3 server for tests that watch the memory or the connections of this process: moto's, in a
process of its own. It checks signatures."""

import atexit
import subprocess
import sys
import uuid
from functools import cache
from typing import Any

import boto3
from botocore.exceptions import ClientError

_PROGRAM = """
import json, sys
from moto import settings
from moto.iam.models import iam_backends
from moto.server import ThreadedMotoServer
iam = iam_backends["123456789012"]["aws"]
iam.create_user("us-east-1", "tests")
all_of_s3 = [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]
policy = json.dumps({"Version": "2012-10-17", "Statement": all_of_s3})
iam.put_user_policy("tests", "all", policy)
key = iam.create_access_key("tests")
key.access_key_id, key.secret_access_key = sys.argv[1:]
settings.INITIAL_NO_AUTH_ACTION_COUNT = 0  # checks every signature
server = ThreadedMotoServer(ip_address="127.0.0.1", port=0)
server.start()
print("port", server.get_host_and_port()[1], flush=True)
sys.stdin.read()  # until the tests end
server.stop()
"""
KEY_ID = "known"
SECRET_KEY = "a secret of the tests"
REGION = "us-east-1"


@cache
def port() -> int:
    """Of the server, which ends with this process."""
    process = subprocess.Popen(
        [sys.executable, "-c", _PROGRAM, KEY_ID, SECRET_KEY],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    atexit.register(process.communicate)  # closes its input
    assert process.stdout is not None
    for line in process.stdout:
        if line.startswith("port "):
            return int(line.split()[1])
    raise AssertionError("the S3 server did not start")


class Store:
    """A bucket of its own, and who may use it."""

    def __init__(self) -> None:
        self.bucket = f"exports-{uuid.uuid4().hex[:12]}"
        self.client: Any = boto3.client(
            "s3",
            endpoint_url=f"http://127.0.0.1:{port()}",
            region_name=REGION,
            aws_access_key_id=KEY_ID,
            aws_secret_access_key=SECRET_KEY,
        )
        self.client.create_bucket(Bucket=self.bucket)
        self.config: dict[str, Any] = {
            "bucket": self.bucket,
            "endpoint": f"http://127.0.0.1:{port()}",
            "region": REGION,
            "keyId": KEY_ID,
            "secretKey": SECRET_KEY,
            "name": "{schedule}.{format}",
        }

    def names(self) -> list[str]:
        try:
            found = self.client.list_objects_v2(Bucket=self.bucket).get("Contents", [])
        except ClientError:  # the bucket has been removed
            return []
        return [item["Key"] for item in found]

    def read(self, key: str) -> bytes:
        content: bytes = self.client.get_object(Bucket=self.bucket, Key=key)["Body"].read()
        return content

    def remove_bucket(self) -> None:
        for key in self.names():
            self.client.delete_object(Bucket=self.bucket, Key=key)
        self.client.delete_bucket(Bucket=self.bucket)

    def close(self) -> None:
        self.client.close()
