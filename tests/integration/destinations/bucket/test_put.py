"""What lies in the bucket after a delivery: moto's S3."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from exports_app.domain.errors import DeliveryError
from exports_app.outbound import http
from tests.contracts.other_sides import ID, NAMES
from tests.integration.destinations.bucket.conftest import CONTENT, DIGEST, ToBucket
from tests.s3_server import Store

KEY = "weekly-numbers.csv"


def test_a_large_file_arrives_in_parts(store: Store, to_bucket: ToBucket, tmp_path: Path) -> None:
    large = tmp_path / "large.csv"
    large.write_bytes(bytes(range(256)) * 40_000)  # 10 MB
    there = to_bucket(**store.config)
    receipt = there.channel.send(there.delivery(large))
    assert store.read(KEY) == large.read_bytes()
    found = store.client.head_object(Bucket=store.bucket, Key=KEY)
    assert found["ETag"].endswith('-2"')
    assert found["ContentType"] == "text/csv"
    assert (receipt.location, receipt.size) == (f"s3://{store.bucket}/{KEY}", 10_240_000)


def test_a_stop_leaves_no_parts(
    store: Store, to_bucket: ToBucket, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where every wait asks again, as at a slow store."""
    large = tmp_path / "large.csv"
    large.write_bytes(bytes(10_000_000))
    there = to_bucket(**store.config)
    monkeypatch.setattr(http, "STEP", 0.0001)
    asked = 0

    def stop() -> None:
        nonlocal asked
        asked += 1
        if asked > 280:  # a part takes 2 x 129 blocks: for its signature, and to be sent
            assert store.client.list_multipart_uploads(Bucket=store.bucket)["Uploads"]
            raise DeliveryError("stopped", permanent=False)

    with pytest.raises(DeliveryError, match="stopped"):
        there.channel.send(there.delivery(large, stop))
    assert store.names() == []
    assert "Uploads" not in store.client.list_multipart_uploads(Bucket=store.bucket)


def test_another_file_of_the_name_stays_unless_it_is_to_be_replaced(
    store: Store, to_bucket: ToBucket, file: Path
) -> None:
    store.client.put_object(Bucket=store.bucket, Key=KEY, Body=b"another")
    there = to_bucket(**store.config)
    with pytest.raises(DeliveryError, match="there is another file") as refused:
        there.channel.send(there.delivery(file))
    assert refused.value.permanent
    assert store.read(KEY) == b"another"
    there = to_bucket(**store.config, overwrite=True)
    there.channel.send(there.delivery(file))
    assert store.read(KEY) == CONTENT


def test_the_manifest_says_what_the_file_is(store: Store, to_bucket: ToBucket, file: Path) -> None:
    there = to_bucket(**store.config | {"name": "in/{tenant}/a b+c ü.{format}"}, manifest=True)
    for _ in range(2):  # the second attempt finds the file, and writes the manifest again
        there.channel.send(there.delivery(file))
    key = "in/acme/a b+c ü.csv"
    assert store.names() == [key, f"{key}.manifest.json"]
    assert json.loads(store.read(f"{key}.manifest.json")) == {
        "file": key,
        "size": len(CONTENT),
        "sha256": DIGEST,
        "contentType": "text/csv",
        "records": 1,
        "window": {"start": "2026-03-02", "end": "2026-03-08"},
        "scheduledExport": "Weekly numbers",
        "tenant": "acme",
        "run": ID,
    }
    names = replace(NAMES, window_start=None, window_end=None)
    there = to_bucket(**store.config, manifest=True)
    there.channel.send(replace(there.delivery(file), names=names))
    window = json.loads(store.read(f"{KEY}.manifest.json"))["window"]
    assert window == {"start": None, "end": None}


def test_a_wrong_secret_is_told(store: Store, to_bucket: ToBucket, file: Path) -> None:
    there = to_bucket(**store.config | {"secretKey": "another"})
    with pytest.raises(DeliveryError, match="Check the secret access key"):
        there.channel.send(there.delivery(file))


def test_the_operators_settings_of_amazons_tools_are_not_those_of_tenants(
    store: Store, to_bucket: ToBucket, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from exports_app.channels import _bucket_client

    _bucket_client._session.cache_clear()
    for name, value in {
        "AWS_PROFILE": "absent",
        "AWS_ENDPOINT_URL": "http://127.0.0.1:9",
        "AWS_ENDPOINT_URL_S3": "http://127.0.0.1:9",
        "AWS_SESSION_TOKEN": "of the operator",
        "HTTP_PROXY": "http://127.0.0.1:9",
    }.items():
        monkeypatch.setenv(name, value)
    there = to_bucket(**store.config)
    there.channel.send(there.delivery(file))
    assert store.names() == [KEY]
