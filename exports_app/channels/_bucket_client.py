"""botocore's S3 client, whose requests go through the guard."""

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any, BinaryIO

import httpx
from botocore.awsrequest import AWSResponse
from botocore.config import Config
from botocore.session import Session

from exports_app.outbound import http
from exports_app.outbound.guard import Guard
from exports_app.services.core.extension_points.destinations import BLOCK

_making = threading.Lock()
"""botocore makes one client at a time."""


@contextmanager
def connected(
    guard: Guard,
    *,
    endpoint: str | None,
    region: str,
    key_id: str,
    secret_key: str,
    seconds: float,
    attempts: int,
    check: Callable[[], None],
) -> Iterator[Any]:
    """A client of S3, for use by one thread. endpoint: None: Amazon's. seconds: for each request.
    check: see `outbound.http.client`. Its methods raise what `outbound` raises, beside botocore's
    own errors."""
    config = Config(
        signature_version="s3v4",
        retries={"mode": "standard", "total_max_attempts": attempts},
        s3={"addressing_style": "path" if endpoint else "auto"},
        # Not each store that speaks S3 knows the newer checksums. The body's SHA-256 is signed
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
        ignore_configured_endpoint_urls=True,
    )
    with _making:
        client = _session().create_client(
            "s3",
            endpoint_url=endpoint,
            region_name=region,
            config=config,
            aws_access_key_id=key_id,
            aws_secret_access_key=secret_key,
        )
    try:
        with http.client(guard, seconds=seconds, check=check) as connection:
            # botocore sends by itself only what no handler of this event has answered
            client.meta.events.register_first("before-send.s3", _sender(connection))
            yield client
    finally:
        client.close()


@cache
def _session() -> Session:
    """Without the operator's profile and files, which are for the operator's own buckets."""
    nothing = (None, None, None, None)
    no_file = (None, None, os.devnull, None)
    return Session(
        session_vars={"profile": nothing, "config_file": no_file, "credentials_file": no_file}
    )


def _sender(connection: httpx.Client) -> Callable[..., AWSResponse]:
    def send(request: Any, **_: Any) -> AWSResponse:
        # The body is sent at once: nobody waits for "100 Continue". The header is not signed
        headers = [(name, v) for name, v in request.headers.items() if name.lower() != "expect"]
        body = request.body
        answer = connection.request(
            request.method,
            request.url,
            headers=headers,
            content=iter(body) if isinstance(body, Section) else body,
        )
        return AWSResponse(request.url, answer.status_code, answer.headers, _Raw(answer.content))

    return send


class _Raw:
    """A body as botocore reads it."""

    def __init__(self, content: bytes) -> None:
        self._content = content

    def stream(self) -> Iterator[bytes]:
        yield self._content


class Section:
    """A part of a file, read in blocks. check: called before each of them."""

    def __init__(self, file: BinaryIO, start: int, size: int, check: Callable[[], None]) -> None:
        self._file = file
        self._start = start
        self._size = size
        self._check = check
        self._at = 0

    def read(self, most: int = BLOCK) -> bytes:
        """At most a block, whatever `most` is: what is read is not kept in memory."""
        self._check()
        self._file.seek(self._start + self._at)
        block = self._file.read(min(most, BLOCK, self._size - self._at))
        self._at += len(block)
        return block

    def __iter__(self) -> Iterator[bytes]:
        while block := self.read():
            yield block

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        self._at = {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self._size}[whence] + offset
        return self._at

    def tell(self) -> int:
        return self._at
