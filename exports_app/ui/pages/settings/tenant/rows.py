"""A tenant's settings as text, and back."""

import re
from collections.abc import Sequence
from typing import Any

from exports_app.domain.errors import FieldError
from exports_app.domain.humanize import sentence
from exports_app.services.core.field_rules import field_of
from exports_app.services.core.records import Tenant
from exports_app.services.tenants.tenant_settings import SETTINGS as FIELDS

NO_NUMBER = -1
"""For a text that is no number of days: the service answers with what it accepts."""


def texts(tenant: Tenant) -> dict[str, str]:
    return {name: _text_of(getattr(tenant, name)) for name in FIELDS}


def _text_of(value: Any) -> str:
    if isinstance(value, tuple):
        return ", ".join(value)
    return "" if value is None else str(value)


def read(typed: dict[str, str]) -> dict[str, Any]:
    """What the services take. Nothing typed: the installation's own."""
    return {name: _value(name, text.strip()) for name, text in typed.items()}


def _value(name: str, text: str) -> Any:
    if name in {"keep_days", "keep_runs_days"} and text:
        return int(text) if re.fullmatch(r"[0-9]{1,6}", text) else NO_NUMBER
    if name == "recipient_domains":
        return [domain for domain in re.split(r"[\s,;]+", text) if domain]
    return text if name in {"name", "brand_color"} else text or None


def by_field(errors: Sequence[FieldError]) -> dict[str, str]:
    """The first of each."""
    texts_by_field: dict[str, str] = {}
    for error in errors:
        texts_by_field.setdefault(field_of(error.pointer), sentence(error.detail))
    return texts_by_field
