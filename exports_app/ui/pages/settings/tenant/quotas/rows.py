"""A quota as the page shows it, and a limit as it is typed."""

import re
from dataclasses import dataclass

from exports_app.domain.errors import FieldError
from exports_app.domain.humanize import sentence, size
from exports_app.services.core.field_rules import field_of
from exports_app.services.tenants.quotas import MAX_QUOTA, Quota

LABELS = {
    "schedules": "Scheduled exports",
    "pending_runs": "Queued runs",
    "messages_per_day": "Messages today (UTC)",
    "file_bytes": "Stored files",
}
MEGABYTE = 1_000_000
NO_NUMBER = -1
"""For a text that is no number: the service answers with what it accepts."""
NEARLY = 0.9
"""From so much of a limit on it is marked."""


@dataclass
class QuotaRow:
    name: str
    label: str
    words: str
    """What is used of what, e.g. ``7 of 10,000``."""
    percent: str
    mark: str
    """How near the limit is, where it is near; else empty."""
    usual: str
    """The limit of the installation where it holds, in words; empty for a tenant's own."""


def row(quota: Quota) -> QuotaRow:
    part = quota.used / quota.limit
    words = f"{amount(quota.name, quota.used)} of {amount(quota.name, quota.limit)}"
    usual = "" if quota.own is not None else amount(quota.name, quota.limit)
    percent = f"{min(100, round(100 * part))}"
    mark = "limit reached" if part >= 1 else "near the limit" if part >= NEARLY else ""
    return QuotaRow(quota.name, LABELS[quota.name], words, percent, mark, usual)


def amount(name: str, number: int) -> str:
    return size(number) if name == "file_bytes" else f"{number:,}"


def own(quota: Quota) -> str:
    """As it is typed."""
    if quota.own is None:
        return ""
    return f"{quota.own / MEGABYTE:g}" if quota.name == "file_bytes" else str(quota.own)


def limit(name: str, text: str) -> int | None:
    """What the service takes. Nothing typed: the installation's."""
    text = text.strip()
    if not text:
        return None
    if name == "file_bytes":
        is_number = re.fullmatch(r"[0-9]{1,9}(\.[0-9]{1,6})?", text)
        return round(float(text) * MEGABYTE) if is_number else NO_NUMBER
    return int(text) if re.fullmatch(r"[0-9]{1,12}", text) else NO_NUMBER


def fault(error: FieldError) -> str:
    """What is null in the API is an empty field here, and the size of files is typed in MB."""
    if field_of(error.pointer) == "file_bytes":
        return (
            f"Must be from {1 / MEGABYTE:f} to {MAX_QUOTA['file_bytes'] / MEGABYTE:,.0f} MB, or "
            "empty: the default"
        )
    return sentence(error.detail.replace("or null:", "or empty:"))
