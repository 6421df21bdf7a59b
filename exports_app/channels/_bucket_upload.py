"""Files into a bucket: in one request, or in parts; never over another file unless told so."""

import json
import os
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Any, BinaryIO

from botocore.exceptions import BotoCoreError, ClientError
from botocore.parsers import ResponseParserError

from exports_app import log
from exports_app.channels._bucket_client import Section
from exports_app.channels._bucket_errors import GONE, NOT_S3, code_of, status_of
from exports_app.domain.errors import DeliveryError, ExportsError
from exports_app.services.core.extension_points import FileDelivery

PART = 8 * 1024 * 1024
"""Bytes of a part, and of the largest file that goes in one request. Stores take parts of 5 MiB
and more."""
MOST_PARTS = 10_000
"""Of a file. Source: the limits of Amazon S3."""
DIGEST = "sha256"
"""The metadata that says which content a file in the bucket has."""
_FORBIDDEN, _MISSING, _TAKEN = 403, 404, 412

_log = log.get(__name__)


@dataclass(frozen=True)
class Upload:
    """client: stops when the run does. cleaner: another one, that does not. where: bucket and key.
    options: of the file in the bucket."""

    client: Any
    cleaner: AbstractContextManager[Any]
    where: dict[str, str]
    delivery: FileDelivery
    options: dict[str, Any]

    def put(self) -> None:
        """Raises DeliveryError where another file has this name, unless files are replaced."""
        overwrite = self.delivery.config.overwrite
        if not overwrite and self._is_there():
            return
        try:
            with _opened(self.delivery) as file:
                self._send(file)
        except ClientError as e:
            # An attempt whose answer was lost, or another one in between
            if code_of(e) == GONE:
                if not self._is_there():
                    raise
            elif overwrite or status_of(e) != _TAKEN:
                raise
            elif not self._is_there():
                raise _taken(self.where["Key"]) from e

    def _is_there(self) -> bool:
        """Whether an earlier attempt has put the file there. Raises DeliveryError where it is
        another one, unless files are replaced. A key that may not read cannot tell: then the store
        decides when the file is put."""
        try:
            found = self.client.head_object(**self.where)
        except ClientError as e:
            if status_of(e) in {_MISSING, _FORBIDDEN}:
                return False
            raise
        if found.get("Metadata", {}).get(DIGEST) == self.delivery.sha256:
            return True
        if self.delivery.config.overwrite:
            return False
        raise _taken(self.where["Key"])

    def _send(self, file: BinaryIO) -> None:
        size, delivery = os.fstat(file.fileno()).st_size, self.delivery
        options = {
            **self.options,
            "ContentType": delivery.report.mime,
            "Metadata": {DIGEST: delivery.sha256, "run": delivery.names.run},
        }
        once = condition(delivery.config)
        if size <= PART:
            body = Section(file, 0, size, delivery.check)
            checked(self.client.put_object(Body=body, **self.where, **options, **once))
            return
        answer = self.client.create_multipart_upload(**self.where, **options)
        if not answer.get("UploadId"):
            raise DeliveryError(NOT_S3)
        upload = {**self.where, "UploadId": answer["UploadId"]}
        try:
            done = {"MultipartUpload": {"Parts": self._send_parts(file, size, upload)}}
            delivery.check()
            checked(self.client.complete_multipart_upload(**upload, **done, **once))
        except BaseException:
            self._abort(upload)
            raise

    def _send_parts(
        self, file: BinaryIO, size: int, upload: dict[str, str]
    ) -> list[dict[str, Any]]:
        parts = []
        step = max(PART, -(-size // MOST_PARTS))
        for number, start in enumerate(range(0, size, step), start=1):
            body = Section(file, start, min(step, size - start), self.delivery.check)
            answer = checked(self.client.upload_part(PartNumber=number, Body=body, **upload))
            parts.append({"PartNumber": number, "ETag": answer["ETag"]})
        return parts

    def _abort(self, upload: dict[str, str]) -> None:
        """The parts take room in the bucket until then."""
        try:
            with self.cleaner as client:
                client.abort_multipart_upload(**upload)
        except (ClientError, BotoCoreError, ResponseParserError, ExportsError) as e:
            # What went wrong before is what is reported
            reason = type(e).__name__
            _log.info("an upload cannot be aborted", bucket=upload["Bucket"], reason=reason)


def condition(config: Any) -> dict[str, str]:
    """For the request after which a file has its name."""
    return {} if config.overwrite else {"IfNoneMatch": "*"}


def manifest(delivery: FileDelivery, name: str) -> bytes:
    """What there is to know about the file, for programs that wait for it."""
    names, report = delivery.names, delivery.report
    days = {"start": names.window_start, "end": names.window_end}
    content = {
        "file": name,
        "size": report.file_size,
        "sha256": delivery.sha256,
        "contentType": report.mime,
        "records": report.record_count,
        "window": {key: day.isoformat() if day else None for key, day in days.items()},
        "scheduledExport": report.export_name,
        "tenant": names.tenant,
        "run": names.run,
    }
    return json.dumps(content, indent=2, ensure_ascii=False).encode() + b"\n"


def _taken(key: str) -> DeliveryError:
    return DeliveryError(
        f"there is another file {key} already: put {{run}} or {{tick:%Y-%m-%d_%H%M}} into the file"
        " name, or have it replaced"
    )


@contextmanager
def _opened(delivery: FileDelivery) -> Iterator[BinaryIO]:
    try:
        with delivery.report.file_path.open("rb") as file:
            yield file
    except OSError as e:
        raise DeliveryError(
            f"the file {delivery.report.file_name} cannot be read: {e.strerror}", permanent=False
        ) from e


def checked(answer: dict[str, Any]) -> dict[str, Any]:
    """Any web server may answer 200; a store names what it has got. Raises DeliveryError."""
    if not answer.get("ETag"):
        raise DeliveryError(NOT_S3)
    return answer
