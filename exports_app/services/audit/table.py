"""The audit as a table: lines of CSV (RFC 4180)."""

import csv
import io
import json
from collections.abc import Sequence

from exports_app.domain.formula_guard import guard
from exports_app.services.audit import api_details
from exports_app.services.core.records import AuditEntry

HEADER = (
    "at",
    "actor",
    "action",
    "subject",
    "subject_id",
    "detail",
    "address",
    "session",
    "request_id",
)


def cells(entry: AuditEntry) -> Sequence[str]:
    said = api_details.of(entry)
    detail = json.dumps(said, ensure_ascii=False, sort_keys=True) if said else ""
    origin_values = (entry.address, entry.session, entry.request_id)
    return (
        entry.at.isoformat(),
        entry.actor_name,
        entry.action,
        entry.subject_name,
        entry.subject_id or "",
        detail,
        *(x or "" for x in origin_values),
    )


def line(of: Sequence[str]) -> str:
    text = io.StringIO()
    csv.writer(text).writerow([guard(cell) for cell in of])
    return text.getvalue()
