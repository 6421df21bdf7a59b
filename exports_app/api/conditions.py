"""Conditions of requests (RFC 9110, section 13): If-None-Match, and If-Match for what can be
changed."""

import hashlib
import re
from collections.abc import Sequence
from typing import Any, TypeVar

from fastapi import Request
from pydantic import BaseModel

from exports_app.domain.errors import PreconditionFailed, PreconditionRequired

_TAG = re.compile(r'(W/)?"([!#-~\x80-\xff]*)"')
NO_TAG = (
    "If-Match has no tag that can match: send the ETag as it is, in double quotes and without W/,"
    ' e.g. "3"'
)
V = TypeVar("V", int, str)


def tags(values: Sequence[str], *, weak: bool) -> list[str]:
    """The entity tags of a header, without their quotes. weak: also those that are."""
    found = _TAG.findall(", ".join(values))
    return [tag for is_weak, tag in found if weak or not is_weak]


def is_any(values: Sequence[str]) -> bool:
    return ", ".join(values).strip() == "*"


def is_known(tag: str, sent: Sequence[str]) -> bool:
    """Whether the caller has what has this tag. sent: If-None-Match."""
    return is_any(sent) or tag in tags(sent, weak=True)


def version_of(answer: BaseModel, without: Any = None) -> str:
    """Stands for the version of what has none: a hash of what GET answers. without: fields that
    change by themselves, as pydantic's `exclude`."""
    text = answer.model_dump_json(by_alias=True, exclude=without)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def expected_version(request: Request, current: V, in_body: V | None = None) -> V | None:
    """The version that the change is to be made to, if the caller says so: by If-Match, of whose
    tags the version before the hyphen counts, or in the body. Raises PreconditionFailed, and
    PreconditionRequired where callers must say so."""
    sent = request.headers.getlist("if-match")
    if not sent and in_body is None and request.method != "POST" and _is_required(request):
        raise PreconditionRequired
    if not sent or is_any(sent):
        return in_body
    found = tags(sent, weak=False)
    if not found:  # to get it again and send it in the same way would not help
        raise PreconditionFailed(NO_TAG)
    versions = {tag.partition("-")[0] for tag in found}
    if str(current) not in versions or in_body not in {None, current}:
        raise PreconditionFailed
    return current


def _is_required(request: Request) -> bool:
    required: bool = request.app.state.services.settings.require_if_match
    return required
