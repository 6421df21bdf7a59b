"""What may be entered for a bucket."""

from typing import Any

import pytest

from exports_app.channels.bucket import Bucket
from exports_app.domain.errors import Invalid
from exports_app.services.destinations import configs

GIVEN = {"bucket": "exports", "keyId": "AKIA", "secretKey": "a secret"}


@pytest.mark.parametrize(
    ("values", "field", "detail"),
    [
        ({"bucket": "Exports"}, "bucket", "lower-case letters"),
        ({"bucket": "a/../b"}, "bucket", "lower-case letters"),
        ({"endpoint": "minio.example.com"}, "endpoint", "such as https://minio.example.com"),
        ({"endpoint": "https://ann:x@minio.example.com"}, "endpoint", "user name"),
        ({"endpoint": "https://minio.example.com/exports"}, "endpoint", "leave out what follows"),
        ({"endpoint": "http://mini_o:9000"}, "endpoint", "without underscores"),
        ({"keyId": "AKIA…"}, "keyId", "ASCII"),
        ({"secretKey": "a secret…"}, "secretKey", "copy the key again"),
        ({"region": "x.example.com/"}, "region", "eu-central-1"),
        ({"kmsKey": "alias/exports"}, "kmsKey", "choose the encryption aws:kms"),
        ({"acl": "public-read"}, "acl", "must be one of default, private"),
        ({"name": "../x"}, "name", "more than dots"),
        ({"secretKey": ""}, "secretKey", "must not be empty"),
    ],
)
def test_a_wrong_value_is_told_at_its_field(
    values: dict[str, Any], field: str, detail: str
) -> None:
    with pytest.raises(Invalid) as refused:
        configs.checked(Bucket(), GIVEN | values)
    (error,) = refused.value.errors
    assert error.pointer == f"/config/{field}"
    assert detail in error.detail


def test_empty_values_are_those_that_are_left_out() -> None:
    found = configs.checked(Bucket(), GIVEN | {"endpoint": "", "kmsKey": ""})
    assert found == configs.checked(Bucket(), GIVEN)
    assert found.shown["endpoint"] is None
    assert found.secrets == {"secretKey": "a secret"}


def test_another_store_does_not_get_a_kept_secret() -> None:
    shown = {"bucket": "exports", "keyId": "AKIA", "endpoint": "https://evil.example.com"}
    with pytest.raises(Invalid, match="secretKey"):
        configs.checked(Bucket(), shown, {"secretKey": "a secret"}, GIVEN | {"endpoint": None})
