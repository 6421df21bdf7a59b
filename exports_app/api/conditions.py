"""Conditions of requests (RFC 9110, section 13): If-None-Match, and If-Match where there is a
version."""

import re
from collections.abc import Sequence

from fastapi import Request

from exports_app.domain.errors import PreconditionFailed

_TAG = re.compile(r'(W/)?"([!#-~\x80-\xff]*)"')


def tags(values: Sequence[str], *, weak: bool) -> list[str]:
    """The entity tags of a header, without their quotes. weak: also those that are."""
    found = _TAG.findall(", ".join(values))
    return [tag for is_weak, tag in found if weak or not is_weak]


def is_any(values: Sequence[str]) -> bool:
    return ", ".join(values).strip() == "*"


def expected_version(request: Request, current: int, in_body: int | None = None) -> int | None:
    """The version that the change is to be made to, if the caller says so: by If-Match, of whose
    tags the version before the hyphen counts, or in the body. Raises PreconditionFailed."""
    sent = request.headers.getlist("if-match")
    if not sent or is_any(sent):
        return in_body
    versions = {tag.partition("-")[0] for tag in tags(sent, weak=False)}
    if str(current) not in versions or in_body not in {None, current}:
        raise PreconditionFailed
    return current
