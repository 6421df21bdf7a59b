"""What stores answer, and what the history then says."""

import hashlib
import socket
from dataclasses import replace
from ipaddress import ip_network
from pathlib import Path

import pytest

from exports_app.domain.errors import DeliveryError
from exports_app.outbound.errors import Refused
from exports_app.outbound.guard import Guard
from tests.contracts.other_sides import Side
from tests.integration.destinations.bucket.conftest import DIGEST, ToBucket
from tests.integration.destinations.bucket.scripted_store import (
    GONE,
    NO_FILE,
    PUT,
    Answer,
    ScriptedStore,
    error,
    scripted,
)
from tests.unit.outbound.name_server import name_server

OURS: Answer = (200, {"ETag": '"1"', "x-amz-meta-sha256": DIGEST}, b"")
ANOTHER: Answer = (200, {"ETag": '"2"'}, b"")
NOT_ALLOWED: Answer = (403, {}, b"")
DEEP = b"<a>" * 20_000 + b"</a>" * 20_000
TAKEN = error(412, "PreconditionFailed")


@pytest.fixture(autouse=True)
def _retry_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("botocore.endpoint.time.sleep", lambda _: None)


def at(store: ScriptedStore, to_bucket: ToBucket, **values: object) -> Side:
    return to_bucket(endpoint=f"http://127.0.0.1:{store.port}", **values)


def failure(store: ScriptedStore, to_bucket: ToBucket, file: Path) -> DeliveryError:
    there = at(store, to_bucket)
    with pytest.raises(DeliveryError) as raised:
        there.channel.send(there.delivery(file))
    return raised.value


@pytest.mark.parametrize(
    ("answers", "calls"),
    [
        ([NO_FILE, PUT], ["HEAD", "PUT"]),
        ([OURS], ["HEAD"]),  # an earlier attempt, whose answer was lost
        ([NO_FILE, TAKEN, OURS], ["HEAD", "PUT", "HEAD"]),
        ([NOT_ALLOWED, PUT], ["HEAD", "PUT"]),  # a key that may only write
        ([NO_FILE, error(503, "SlowDown"), PUT], ["HEAD", "PUT", "PUT"]),
    ],
)
def test_delivered(
    answers: list[Answer], calls: list[str], to_bucket: ToBucket, file: Path
) -> None:
    with scripted(answers) as store:
        there = at(store, to_bucket)
        there.channel.send(there.delivery(file))
    assert store.calls() == calls
    assert all(r.headers["if-none-match"] == "*" for r in store.seen if r.method == "PUT")


@pytest.mark.parametrize(
    ("answers", "permanent", "text"),
    [
        ([ANOTHER], True, "there is another file"),
        ([NO_FILE, TAKEN, ANOTHER], True, "there is another file"),
        ([NO_FILE, TAKEN, NOT_ALLOWED], True, "there is another file"),
        ([NO_FILE, error(403, "AccessDenied")], True, "AccessDenied: No. Allow the access key"),
        ([NO_FILE, error(403, "SignatureDoesNotMatch")], True, "Check the secret access key"),
        ([NO_FILE, error(404, "NoSuchBucket")], True, "Check the name of the bucket"),
        ([NO_FILE, error(400, "Odd", "x" * 999)], True, "x" * 290),
        ([NO_FILE, error(501, "NotImplemented")], True, "Leave the encryption"),
        ([NO_FILE, error(409, "ConditionalRequestConflict")], False, "Conditional"),
        ([NO_FILE, error(503, "SlowDown")], False, "SlowDown"),
        ([NO_FILE, (200, {}, b"<html>Welcome</html>")], True, "not one of a store that speaks S3"),
        ([NO_FILE, (400, {}, DEEP)], True, "not one of a store that speaks S3"),
        ([NO_FILE, GONE], False, "connection was lost"),
    ],
)
def test_not_delivered(
    answers: list[Answer], permanent: bool, text: str, to_bucket: ToBucket, file: Path
) -> None:
    with scripted(answers) as store:
        error = failure(store, to_bucket, file)
    assert text in error.message
    assert len(error.message) < 500
    assert error.permanent is permanent


def test_another_web_server_is_no_store(to_bucket: ToBucket, tmp_path: Path) -> None:
    large = tmp_path / "large.csv"
    large.write_bytes(bytes(9_000_000))
    with scripted([NO_FILE, (200, {}, b"<html>Welcome</html>")]) as store:
        assert "speaks S3" in failure(store, to_bucket, large).message


@pytest.mark.parametrize("overwrite", [False, True])
def test_a_completion_whose_answer_was_lost(
    overwrite: bool, to_bucket: ToBucket, tmp_path: Path
) -> None:
    """The store no longer knows the upload when it is asked again."""
    large = tmp_path / "large.csv"
    large.write_bytes(bytes(9_000_000))
    upload = b"<R><UploadId>1</UploadId></R>"
    digest = hashlib.sha256(large.read_bytes()).hexdigest()
    there: Answer = (200, {"ETag": '"1"', "x-amz-meta-sha256": digest}, b"")
    done: list[Answer] = [(200, {}, upload), PUT, PUT, (502, {}, b""), error(404, "NoSuchUpload")]
    begin = [] if overwrite else [NO_FILE]
    with scripted([*begin, *done, (204, {}, b""), there]) as store:
        side = at(store, to_bucket, overwrite=overwrite)
        side.channel.send(side.delivery(large))
    assert store.calls()[-5:] == ["PUT", "POST", "POST", "DELETE", "HEAD"]
    with scripted([*begin, *done, (204, {}, b""), NO_FILE]) as store:
        side = at(store, to_bucket, overwrite=overwrite)
        with pytest.raises(DeliveryError, match="NoSuchUpload") as raised:
            side.channel.send(side.delivery(large))
    assert not raised.value.permanent


def test_a_store_that_answers_too_late(
    to_bucket: ToBucket, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("exports_app.channels.bucket.SECONDS", 0.3)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        there = to_bucket(endpoint=f"http://127.0.0.1:{silent.getsockname()[1]}")
        with pytest.raises(DeliveryError, match=r"within 0\.3 seconds") as late:
            there.channel.send(there.delivery(file))
    assert not late.value.permanent


def test_a_stop_while_the_store_is_silent(to_bucket: ToBucket, file: Path) -> None:
    def stop() -> None:
        raise DeliveryError("stopped", permanent=False)

    with socket.create_server(("127.0.0.1", 0)) as silent:
        there = to_bucket(endpoint=f"http://127.0.0.1:{silent.getsockname()[1]}")
        with pytest.raises(DeliveryError, match="stopped"):
            there.channel.send(there.delivery(file, stop))


def test_encryption_and_acl(to_bucket: ToBucket, file: Path) -> None:
    with scripted([PUT]) as store:
        there = at(
            store,
            to_bucket,
            encryption="aws:kms",
            kmsKey="alias/exports",
            acl="bucket-owner-full-control",
            overwrite=True,
            manifest=True,
        )
        there.channel.send(there.delivery(file))
        there.channel.test(there.trial())
    assert store.calls() == ["PUT", "PUT", "PUT", "DELETE"]
    for request in store.seen[:3]:
        assert request.headers["x-amz-server-side-encryption"] == "aws:kms"
        assert request.headers["x-amz-server-side-encryption-aws-kms-key-id"] == "alias/exports"
        assert request.headers["x-amz-acl"] == "bucket-owner-full-control"
        assert "if-none-match" not in request.headers
        assert not [name for name in request.headers if "checksum" in name]


def test_the_test_says_what_it_could_not_remove(to_bucket: ToBucket) -> None:
    with scripted([PUT, error(403, "AccessDenied")]) as store:
        there = at(store, to_bucket, name="in/{schedule}.{format}")
        answer = there.channel.test(there.trial()).answer
    assert "cannot be removed (AccessDenied): remove in/write_probe_" in answer
    assert store.seen[0].path.startswith("/exports/in/write_probe_")


def test_a_name_that_leads_elsewhere_a_moment_later(to_bucket: ToBucket, file: Path) -> None:
    """The system's resolver does not know the name: every connection is the guard's."""
    with scripted([NO_FILE, PUT]) as store, name_server(["127.0.0.1", "10.0.0.1"]) as names:
        there = to_bucket(endpoint=f"http://rebind.example:{store.port}")
        guard = Guard([ip_network("127.0.0.1/32")], names.resolve)
        with pytest.raises(Refused):
            there.channel.send(replace(there.delivery(file), guard=guard))
        assert names.asked == 2
    assert store.calls() == ["HEAD"]


def test_a_redirect_leads_nowhere_else(to_bucket: ToBucket, file: Path) -> None:
    moved = {"Location": "http://10.0.0.1/", "x-amz-bucket-region": "eu-west-1"}
    with scripted([NO_FILE, (307, moved, b""), (301, moved, b"")]) as store:
        assert failure(store, to_bucket, file).permanent
    assert {request.headers["host"] for request in store.seen} == {f"127.0.0.1:{store.port}"}


@pytest.mark.parametrize("endpoint", ["https://169.254.169.254", "http://127.0.0.1:9", None])
def test_an_address_that_is_not_allowed(
    endpoint: str | None, to_bucket: ToBucket, file: Path
) -> None:
    there = to_bucket(endpoint=endpoint)
    with name_server(["10.0.0.1"]) as names:
        guard = Guard([], names.resolve)
        with pytest.raises(Refused):
            there.channel.send(replace(there.delivery(file), guard=guard))
        with pytest.raises(Refused):
            there.channel.test(replace(there.trial(), guard=guard))
