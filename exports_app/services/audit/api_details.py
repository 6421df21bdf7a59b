"""What an entry says was changed, as callers of the API read it: in the names, units and forms that
the API has for the same things. Entries keep the names of the version that wrote them: they are
sealed."""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from exports_app.services.core.records import AuditEntry

NAMES = {
    "end": "endDate",
    "expired": "expiresAt",
    "expires": "expiresAt",
    "last_used": "lastUsedAt",
    "left": "recoveryCodesLeft",
    "of": "rerunOf",
    "run": "historyId",
    "sent_to": "sendTo",
    "start": "startDate",
    "super_admin": "isSuperAdmin",
}
"""Where the API has another word."""
QUOTA = "quota_"
INSTANTS = frozenset({"expired", "expires", "first", "last", "last_used", "made_before"})
_INSTANT = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d.*")


def of(entry: AuditEntry) -> dict[str, Any]:
    area = entry.action.partition(".")[0]
    return {
        _name(key): _changed(area, value) if key == "changed" else _value(key, value)
        for key, value in entry.detail.items()
    }


def _changed(area: str, fields: Mapping[str, Any]) -> dict[str, Any]:
    """Old and new value, by field."""
    return {
        _name(key.removeprefix(QUOTA)): [_field(area, key)(value) for value in pair]
        for key, pair in fields.items()
    }


def _field(area: str, key: str) -> Callable[[Any], Any]:
    if area == "campaign" and key == "budget":
        return _amount
    if area == "view" and key == "filters":
        return _camel
    return _instant if key.endswith("_at") else _same


def _value(key: str, value: Any) -> Any:
    if key == "sent_to" and value == "caller":
        return "me"
    if key == "expires" and value == "never":
        return None
    return _instant(value) if key in INSTANTS else value


def _name(key: str) -> str:
    return NAMES.get(key) or re.sub(r"_([a-z0-9])", lambda found: found[1].upper(), key)


def _camel(filters: Any) -> Any:
    return {_name(key): value for key, value in filters.items()} if filters else filters


def _amount(hundredths: Any) -> Any:
    return None if hundredths is None else hundredths / 100


def _instant(value: Any) -> Any:
    """In UTC, to the second, as in all answers."""
    if not isinstance(value, str) or not _INSTANT.fullmatch(value):
        return value
    return f"{datetime.fromisoformat(value).astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def _same(value: Any) -> Any:
    return value
