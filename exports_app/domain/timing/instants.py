"""Instants as people read them."""

from datetime import datetime
from zoneinfo import ZoneInfo

from exports_app.domain.errors import ExportsError
from exports_app.domain.timing import cron


def in_words(at: datetime, timezone: str) -> str:
    """``3 Nov 2026, 06:30 (Europe/Berlin)``. In UTC where the zone is unknown."""
    try:
        zone = cron.zone(timezone)
    except ExportsError:
        zone = ZoneInfo("UTC")
    local = at.astimezone(zone)
    return f"{local.day} {local:%b %Y, %H:%M} ({zone.key})"
