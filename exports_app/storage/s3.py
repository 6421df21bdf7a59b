"""Finished files in a bucket that all machines share; copies of those used lately are on this
machine."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from exports_app.domain.errors import StoreAway
from exports_app.services.core.disk import writing
from exports_app.services.core.interfaces import Usage
from exports_app.storage.cache import Cache
from exports_app.storage.local import IDENTITY, Drafts

CONNECT_SECONDS = 5
READ_SECONDS = 60
PING_SECONDS = 3
MISSING = frozenset({"404", "NoSuchKey", "NotFound"})
"""Error codes of a file that is not there."""
TAKEN = frozenset({"PreconditionFailed", "ConditionalRequestConflict", "412", "409"})
"""Error codes of a file that is there, or that another process writes just now."""


@dataclass(frozen=True)
class Account:
    """Who we are at the store; what is None here, boto3 looks for where Amazon's tools do."""

    key_id: str | None = None
    secret_key: str | None = field(default=None, repr=False)
    session_token: str | None = field(default=None, repr=False)
    region: str | None = None


class S3Files:
    """Implements FileStore."""

    def __init__(
        self,
        bucket: str,
        prefix: str,
        endpoint: str | None,
        folder: Path,
        cache_bytes: int,
        account: Account | None = None,
    ) -> None:
        self._bucket = bucket
        self._prefix = f"{prefix.strip('/')}/" if prefix.strip("/") else ""
        self._endpoint = endpoint
        self._account = account or Account()
        self._drafts = Drafts(folder / "drafts", alone=False)
        self._cache = Cache(folder / "cache", cache_bytes)

    @cached_property
    def _client(self) -> Any:
        return self._connect(connect_timeout=CONNECT_SECONDS, read_timeout=READ_SECONDS, attempts=3)

    @cached_property
    def _quick(self) -> Any:
        """With short timeouts, to ask whether the store answers."""
        return self._connect(connect_timeout=PING_SECONDS, read_timeout=PING_SECONDS, attempts=1)

    def _connect(self, *, attempts: int, **timeouts: float) -> Any:
        config = Config(
            retries={"mode": "standard", "total_max_attempts": attempts},
            s3={"addressing_style": "path"} if self._endpoint else {},
            **timeouts,
        )
        return boto3.client(
            "s3",
            endpoint_url=self._endpoint,
            config=config,
            aws_access_key_id=self._account.key_id,
            aws_secret_access_key=self._account.secret_key,
            aws_session_token=self._account.session_token,
            region_name=self._account.region,
        )

    def prepare(self) -> None:
        self._drafts.prepare()
        self._cache.prepare()
        self.ping()

    def ping(self) -> None:
        with _reached():
            self._quick.head_bucket(Bucket=self._bucket)

    def check_writable(self) -> None:
        probe = {"Bucket": self._bucket, "Key": f"{self._prefix}write_probe.{uuid.uuid4().hex}"}
        with _reached():
            self._quick.put_object(Body=b"", **probe)
            self._quick.delete_object(**probe)

    def identity(self) -> str:
        with _reached():
            try:
                found = self._quick.get_object(Bucket=self._bucket, Key=self._prefix + IDENTITY)
                text: str = found["Body"].read(1_000).decode()
            except ClientError as e:
                if _code(e) in MISSING:
                    return ""
                raise
            return text.strip()

    def identify(self, new: str) -> str:
        with _reached():
            try:
                self._client.put_object(
                    Bucket=self._bucket,
                    Key=self._prefix + IDENTITY,
                    Body=new.encode(),
                    IfNoneMatch="*",
                )
            except ClientError as e:
                if _code(e) not in TAKEN:
                    raise
        return self.identity()

    @contextmanager
    def draft(self) -> Iterator[Path]:
        with self._drafts.new() as path:
            yield path

    def keep(self, draft: Path, key: str) -> None:
        with _reached():
            self._client.upload_file(str(draft), self._bucket, self._name(key))
        self._cache.take(draft, key)

    def has(self, key: str) -> bool:
        if self._cache.find(key):
            return True
        with _reached():
            return self._exists(key)

    def _exists(self, key: str) -> bool:
        try:
            self._client.head_object(Bucket=self._bucket, Key=self._name(key))
        except ClientError as e:
            if _code(e) in MISSING:
                return False
            raise
        return True

    def find(self, key: str) -> Path | None:
        if copy := self._cache.find(key):
            return copy
        with self._drafts.new() as path, writing(), _reached():
            try:
                self._client.download_file(self._bucket, self._name(key), str(path))
            except ClientError as e:
                if _code(e) in MISSING:
                    return None
                raise
            return self._cache.take(path, key)

    def remove(self, key: str) -> None:
        with _reached():
            self._client.delete_object(Bucket=self._bucket, Key=self._name(key))
        self._cache.remove(key)

    def older_than(self, instant: datetime) -> Iterator[str]:
        return (
            item["Key"].removeprefix(self._prefix)
            for item in self._all()
            if item["LastModified"] < instant
        )

    def copies(self) -> Iterator[str]:
        return self._cache.keys()

    def forget(self, key: str) -> None:
        self._cache.remove(key)

    def usage(self) -> Usage:
        sizes = [item["Size"] for item in self._all()]
        return Usage(len(sizes), sum(sizes), None)

    def _all(self) -> Iterator[dict[str, Any]]:
        with _reached():
            for page in self._client.get_paginator("list_objects_v2").paginate(
                Bucket=self._bucket, Prefix=self._prefix
            ):
                yield from (
                    item
                    for item in page.get("Contents", [])
                    if item["Key"] != self._prefix + IDENTITY
                )

    def _name(self, key: str) -> str:
        return self._prefix + _safe(key)


def _safe(key: str) -> str:
    if key.startswith("/") or ".." in key.split("/"):
        raise ValueError("a file key that leaves the store")
    return key


def _code(error: ClientError) -> str:
    return str(error.response.get("Error", {}).get("Code", ""))


@contextmanager
def _reached() -> Iterator[None]:
    """Turns errors of boto3 into StoreAway."""
    try:
        yield
    except ClientError as e:
        raise StoreAway(
            f"the file store refused: {_code(e)}. Check FILES_URL and its credentials"
        ) from e
    except BotoCoreError as e:
        raise StoreAway(
            f"the file store cannot be reached ({type(e).__name__}): check FILES_URL and "
            "S3_ENDPOINT_URL"
        ) from e
    except boto3.exceptions.Boto3Error as e:
        raise StoreAway(
            f"a file could not be brought to the file store ({type(e).__name__})"
        ) from e
