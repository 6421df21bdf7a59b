"""What stores that speak S3 refuse, in words."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from botocore.exceptions import BotoCoreError, ClientError
from botocore.parsers import ResponseParserError

from exports_app.domain.errors import DeliveryError
from exports_app.outbound.errors import NoAnswer

MOST = 300
"""Characters of the store's own words."""
NOT_S3 = "the answer is not one of a store that speaks S3: check the address"
_REGION = "Check the region"
_HINTS: Mapping[str, str] = {
    "AccessDenied": "Allow the access key s3:PutObject in this bucket",
    "InvalidAccessKeyId": "Check the access key ID",
    "SignatureDoesNotMatch": "Check the secret access key",
    "NoSuchBucket": "Check the name of the bucket, the region and the address",
    "PermanentRedirect": _REGION,
    "AuthorizationHeaderMalformed": _REGION,
    "IllegalLocationConstraintException": _REGION,
    "RequestTimeTooSkewed": "The clock of the server that runs exports is wrong",
    "NotImplemented": "Leave the encryption and the ACL at their defaults, or have files replaced",
    "AccessControlListNotSupported": "Leave the ACL at its default",
}
GONE = "NoSuchUpload"
_AGAIN = frozenset(
    {"SlowDown", "RequestTimeout", "ConditionalRequestConflict", "OperationAborted", GONE}
)
"""Codes of refusals that may be over soon."""
_AGAIN_STATUS = frozenset({408, 429})
_NOT_IMPLEMENTED = 501
_SERVER_ERROR = 500


@contextmanager
def reporting(bucket: str) -> Iterator[None]:
    """Raises DeliveryError. A request without an answer can be repeated: the name of the file is
    the same, so that it makes no second one."""
    try:
        yield
    except NoAnswer as e:
        raise DeliveryError(e.message, permanent=False) from e
    except ClientError as e:
        raise _refusal(bucket, e) from e
    except (ResponseParserError, RecursionError) as e:  # the latter: of deep XML
        raise DeliveryError(NOT_S3) from e
    except BotoCoreError as e:
        raise DeliveryError(f"the request cannot be made ({type(e).__name__})") from e


def code_of(error: ClientError) -> str:
    return str(error.response.get("Error", {}).get("Code", ""))


def status_of(error: ClientError) -> int:
    return int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))


def _refusal(bucket: str, error: ClientError) -> DeliveryError:
    code, status = code_of(error), status_of(error)
    said = str(error.response.get("Error", {}).get("Message", "")).strip().rstrip(".")
    answer = " ".join(f"{code}: {said}".split())[:MOST].rstrip(": ")
    text = f"bucket {bucket}: the store answered {answer or status}"
    if hint := _HINTS.get(code):
        text = f"{text}. {hint}"
    again = code in _AGAIN or status in _AGAIN_STATUS
    again = again or (status >= _SERVER_ERROR and status != _NOT_IMPLEMENTED)
    return DeliveryError(text, permanent=not again)
