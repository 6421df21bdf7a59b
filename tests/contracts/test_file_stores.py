"""Every place for finished files: what is kept is found whole, wherever it lies."""

import os
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import boto3
import pytest
from moto.server import ThreadedMotoServer

from exports_app.domain.errors import StoreAway
from exports_app.services.core.interfaces import FileStore
from exports_app.storage import cache as cache_module
from exports_app.storage.local import LocalFiles
from exports_app.storage.s3 import S3Files

KEY = "tenant/run/token.csv"
Machine = Callable[[str], FileStore]
"""The store as a machine of that name sees it."""


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    held = {
        "AWS_ACCESS_KEY_ID": "known",
        "AWS_SECRET_ACCESS_KEY": "a secret of the tests",
        "AWS_DEFAULT_REGION": "us-east-1",
    }
    for name, value in (held | {"AWS_EC2_METADATA_DISABLED": "true"}).items():
        monkeypatch.setenv(name, value)


@pytest.fixture
def bucket(endpoint: str, credentials: None) -> Iterator[str]:
    client = boto3.client("s3", endpoint_url=endpoint)
    client.create_bucket(Bucket="exports")
    yield "exports"
    for found in client.list_objects_v2(Bucket="exports").get("Contents", []):
        client.delete_object(Bucket="exports", Key=found["Key"])
    client.delete_bucket(Bucket="exports")


@pytest.fixture(params=["folder", "s3"])
def machine(request: pytest.FixtureRequest, tmp_path: Path) -> Machine:
    if request.param == "folder":
        shared = tmp_path / "shared"
        shared.mkdir()
        return lambda _: LocalFiles(shared, alone=False)
    endpoint, name = request.getfixturevalue("endpoint"), request.getfixturevalue("bucket")
    return lambda who: S3Files(name, "some/prefix", endpoint, tmp_path / who, 10**6)


@pytest.fixture
def store(machine: Machine) -> FileStore:
    made = machine("here")
    made.prepare()
    return made


def keep(store: FileStore, content: bytes = b"a file", key: str = KEY) -> None:
    with store.draft() as path:
        path.write_bytes(content)
        store.keep(path, key)


def read(store: FileStore, key: str = KEY) -> bytes | None:
    path = store.find(key)
    return None if path is None else path.read_bytes()


def test_what_is_kept_is_found_here_and_on_every_other_machine(
    store: FileStore, machine: Machine
) -> None:
    keep(store)
    there = machine("there")
    there.prepare()
    for one in (store, there):
        assert one.has(KEY)
        assert read(one) == b"a file"


def test_what_was_never_kept_is_not_found(store: FileStore) -> None:
    assert not store.has(KEY)
    assert read(store) is None


def test_what_is_removed_is_gone_and_removing_it_again_is_no_error(
    store: FileStore, machine: Machine
) -> None:
    keep(store)
    store.remove(KEY)
    store.remove(KEY)
    assert not store.has(KEY)
    assert read(machine("there")) is None


def test_a_store_has_one_id_whoever_gives_it_first(machine: Machine) -> None:
    one, other = machine("one"), machine("other")
    one.prepare()
    other.prepare()
    assert one.identity() == ""
    assert one.identify("first") == "first"
    assert other.identify("second") == "first"
    assert other.identity() == "first"
    assert one.usage().count == 0
    assert list(one.older_than(datetime.now(UTC) + timedelta(days=1))) == []


def test_a_draft_that_is_not_kept_leaves_nothing(store: FileStore) -> None:
    with store.draft() as path:
        path.write_bytes(b"half a fi")
    assert not path.exists()
    assert store.usage().count == 0


def test_files_are_listed_by_age_and_counted(store: FileStore) -> None:
    keep(store, b"12345")
    keep(store, b"123", "tenant/other/token.xml")
    assert set(store.older_than(datetime.now(UTC) + timedelta(minutes=1))) == {
        KEY,
        "tenant/other/token.xml",
    }
    assert list(store.older_than(datetime.now(UTC) - timedelta(minutes=1))) == []
    usage = store.usage()
    assert (usage.count, usage.bytes) == (2, 8)


@pytest.mark.parametrize("key", ["../outside", "a/../../outside", "/outside"])
def test_no_key_leaves_the_store(store: FileStore, key: str) -> None:
    with pytest.raises(ValueError, match="leaves the store"):
        store.find(key)


def test_another_machines_draft_survives_a_start_unless_it_is_old(tmp_path: Path) -> None:
    shared = LocalFiles(tmp_path, alone=False)
    shared.prepare()
    with shared.draft() as mine, shared.draft() as old:
        mine.write_bytes(b"in the making")
        old.write_bytes(b"left behind")
        os.utime(old, (0, 0))
        LocalFiles(tmp_path, alone=False).prepare()
        assert mine.exists()
        assert not old.exists()


class TestABucket:
    @pytest.fixture
    def here(self, bucket: str, endpoint: str, tmp_path: Path) -> S3Files:
        made = S3Files(bucket, "", endpoint, tmp_path, 10)
        made.prepare()
        return made

    def test_keeps_on_this_machine_what_was_used_last(
        self, here: S3Files, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(cache_module, "IN_USE_SECONDS", -60)
        for name in ("a", "b", "c"):
            keep(here, b"12345", name)
            os.utime(tmp_path / "cache" / name, (ord(name), ord(name)))
        keep(here, b"12345", "d")
        assert sorted(p.name for p in (tmp_path / "cache").iterdir()) == ["c", "d"]
        assert read(here, "a") == b"12345"  # from the bucket again

    def test_tells_of_its_copies_and_forgets_them(self, here: S3Files) -> None:
        keep(here)
        assert list(here.copies()) == [KEY]
        here.forget(KEY)
        assert list(here.copies()) == []
        assert read(here) == b"a file"

    def test_leaves_what_somebody_may_be_about_to_open(self, here: S3Files, tmp_path: Path) -> None:
        for name in ("a", "b", "c"):
            keep(here, b"12345", name)
        assert len(list((tmp_path / "cache").iterdir())) == 3

    def test_is_away_where_this_machine_cannot_write(self, here: S3Files, tmp_path: Path) -> None:
        keep(here)
        here.forget(KEY)
        drafts = tmp_path / "drafts"
        drafts.rmdir()
        drafts.symlink_to("/proc/self/fdinfo")  # where not even root can write
        with pytest.raises(StoreAway, match="disk may be full"):
            here.find(KEY)

    def test_that_is_not_there_says_which_setting_to_look_at(
        self, endpoint: str, credentials: None, tmp_path: Path
    ) -> None:
        with pytest.raises(StoreAway, match="Check FILES_URL") as told:
            S3Files("nowhere", "", endpoint, tmp_path, 10).prepare()
        assert not told.value.permanent

    def test_that_cannot_be_reached_is_away_for_now_and_tells_no_secret(
        self, bucket: str, endpoint: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
        gone = S3Files(bucket, "", "http://127.0.0.1:9", tmp_path, 10)
        with pytest.raises(StoreAway, match="cannot be reached") as told:
            gone.find(KEY)
        with gone.draft() as path:
            path.write_bytes(b"x")
            with pytest.raises(StoreAway):
                gone.keep(path, KEY)
        assert "a secret of the tests" not in str(told.value)
