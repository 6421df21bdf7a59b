"""A bucket: Amazon S3, Cloudflare R2, MinIO, Google Cloud Storage, and others that speak S3."""

import re
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import Any, Literal

from pydantic import Field, SecretStr, ValidationInfo, field_validator

from exports_app.domain import name_templates
from exports_app.outbound.errors import Refused
from exports_app.outbound.guard import split
from exports_app.services.core.extension_points import (
    CHANNELS,
    FileDelivery,
    Receipt,
    Stage,
    Trial,
    TrialResult,
)
from exports_app.services.core.extension_points.channel_config import ChannelConfig, NameTemplate

SECONDS = 120
"""For a request, which carries at most a part of the file."""
SHORT_SECONDS = 12
"""For each of the two requests of a test, and to abort an upload."""
_BUCKET = re.compile(r"[a-z0-9][a-z0-9._-]{1,220}[a-z0-9]")
_ACCESS_KEY = re.compile(r"[!-~]([ -~]*[!-~])?")
_REGION = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


class BucketConfig(ChannelConfig):
    bucket: str = Field(title="Bucket", description="The bucket's name.", max_length=222)
    endpoint: str | None = Field(
        None,
        title="Address",
        description="The store's address, such as https://minio.example.com. Empty: Amazon S3.",
        max_length=300,
    )
    region: str = Field(
        "us-east-1",
        title="Region",
        description="The bucket's region. Cloudflare R2 and Google Cloud Storage: auto.",
        max_length=40,
    )
    key_id: str = Field(title="Access key ID", min_length=1, max_length=200)
    secret_key: SecretStr = Field(title="Secret access key", min_length=1, max_length=1_000)
    name: NameTemplate = Field(
        "{schedule}/{schedule}_{tick:%Y-%m-%d_%H%M}.{format}",
        title="File name",
        description="The key in the bucket, with / between folders.",
    )
    overwrite: bool = Field(
        False,
        title="Replace a file of the same name",
        description="Otherwise the delivery fails where there is another file of this name.",
    )
    manifest: bool = Field(
        False,
        title="Write a manifest",
        description="A second file, .manifest.json, after the first: size, checksum, window, rows.",
    )
    encryption: Literal["default", "AES256", "aws:kms"] = Field(
        "default", title="Encryption", description="default: as the bucket is set up."
    )
    kms_key: str | None = Field(
        None,
        title="KMS key",
        description="ID or ARN, for aws:kms. Empty: the account's own key.",
        max_length=500,
    )
    acl: Literal["default", "private", "bucket-owner-read", "bucket-owner-full-control"] = Field(
        "default",
        title="ACL",
        description="For buckets of other accounts. default: none is sent.",
    )
    secrets_go_to = ("endpoint",)
    urls = ("endpoint",)

    @field_validator("bucket")
    @classmethod
    def _is_a_bucket(cls, value: str) -> str:
        if not _BUCKET.fullmatch(value) or ".." in value:
            raise ValueError("use 3 to 222 lower-case letters, digits, hyphens and dots")
        return value

    @field_validator("endpoint")
    @classmethod
    def _is_an_address(cls, value: str | None) -> str | None:
        if not value:
            return None
        value = value.rstrip("/")
        if not value.startswith(("https://", "http://")):
            raise ValueError("use an address such as https://minio.example.com")
        try:
            parts = split(value)
        except Refused as e:
            raise ValueError(e.message) from None
        if parts.path or parts.query or parts.fragment:
            raise ValueError("leave out what follows the host: the bucket has a field of its own")
        if "_" in str(parts.hostname):
            raise ValueError("use a host name without underscores")
        return value

    @field_validator("region")
    @classmethod
    def _is_a_region(cls, value: str) -> str:
        if not _REGION.fullmatch(value):
            raise ValueError("use a region such as eu-central-1, or auto")
        return value

    @field_validator("key_id", "secret_key")
    @classmethod
    def _is_a_key(cls, value: str | SecretStr) -> str | SecretStr:
        text = value.get_secret_value() if isinstance(value, SecretStr) else value
        if not _ACCESS_KEY.fullmatch(text):
            raise ValueError("use ASCII characters, without spaces at the ends: copy the key again")
        return value

    @field_validator("kms_key")
    @classmethod
    def _has_a_use(cls, value: str | None, info: ValidationInfo) -> str | None:
        if value and info.data.get("encryption") != "aws:kms":
            raise ValueError("choose the encryption aws:kms, or leave the key out")
        return value or None

    def options(self) -> dict[str, Any]:
        """Of each file that is put into the bucket."""
        chosen: dict[str, Any] = {}
        if self.encryption != "default":
            chosen["ServerSideEncryption"] = self.encryption
        if self.kms_key:
            chosen["SSEKMSKeyId"] = self.kms_key
        if self.acl != "default":
            chosen["ACL"] = self.acl
        return chosen


@CHANNELS.decorate
class Bucket:
    key, label, icon = "bucket", "Bucket", "cylinder"
    description = "Puts the file into a bucket: Amazon S3, Cloudflare R2, MinIO, Google Cloud."
    stage = Stage.STORE
    most_bytes: int | None = None
    Config = BucketConfig

    def unconfigured(self) -> str | None:
        return None

    def describe(self, config: BucketConfig) -> str:
        store = f" at {split(config.endpoint).hostname}" if config.endpoint else ""
        return f"{config.bucket}{store}, {config.name}"

    def send(self, delivery: FileDelivery) -> Receipt:
        from exports_app.channels._bucket_errors import reporting
        from exports_app.channels._bucket_upload import Upload, checked, manifest

        config = delivery.config
        name = name_templates.rendered(config.name, delivery.names)
        where, options = {"Bucket": config.bucket, "Key": name}, config.options()
        with reporting(config.bucket), _client(delivery, SECONDS, attempts=3) as client:
            cleaner = _client(replace(delivery, check=lambda: None), SHORT_SECONDS, attempts=1)
            Upload(client, cleaner, dict(where), delivery, options).put()
            if config.manifest:
                delivery.check()
                where["Key"] = f"{name}.manifest.json"
                body = {"Body": manifest(delivery, name), "ContentType": "application/json"}
                checked(client.put_object(**where, **body, **options))
        return Receipt(f"s3://{config.bucket}/{name}", delivery.report.file_size)

    def test(self, trial: Trial) -> TrialResult:
        from botocore.exceptions import ClientError

        from exports_app.channels._bucket_errors import code_of, reporting
        from exports_app.channels._bucket_upload import checked, condition

        config = trial.config
        example = name_templates.rendered(config.name, trial.names)
        folder, slash, _ = example.rpartition("/")
        where = {"Bucket": config.bucket, "Key": f"{folder}{slash}write_probe_{trial.id}"}
        with reporting(config.bucket), _client(trial, SHORT_SECONDS, attempts=1) as client:
            wanted = config.options() | condition(config)
            checked(client.put_object(Body=b"test\n", **where, **wanted))
            try:
                client.delete_object(**where)
            except ClientError as e:  # a key that may only write is a good one
                return TrialResult(
                    f"A file was written. It cannot be removed ({code_of(e)}): remove"
                    f" {where['Key']}. For example, a run writes {example}."
                )
        return TrialResult(f"A file was written and removed. For example, a run writes {example}.")


def _client(
    given: FileDelivery | Trial, seconds: float, *, attempts: int
) -> AbstractContextManager[Any]:
    # Only here: botocore takes long to import
    from exports_app.channels._bucket_client import connected

    config: BucketConfig = given.config
    return connected(
        given.guard,
        endpoint=config.endpoint,
        region=config.region,
        key_id=config.key_id,
        secret_key=config.secret_key.get_secret_value(),
        seconds=seconds,
        attempts=attempts,
        check=given.check,
    )
