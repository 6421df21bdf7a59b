"""Cron expressions in zones, and the instants they fire at."""

import json
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from exports_app.domain.timing import cron
from exports_app.domain.timing.cron import parse
from tests.paths import CRON_CASES

CASES = json.loads(CRON_CASES.read_text(encoding="utf-8"))
NEW_YORK = ZoneInfo("America/New_York")
LORD_HOWE = ZoneInfo("Australia/Lord_Howe")
NEW_YEAR = datetime(2026, 1, 1, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


def runs(expression: str, zone: str, after: str, count: int) -> list[str]:
    found = cron.next_runs(parse(expression), ZoneInfo(zone), at(after), count)
    assert all(run.tzinfo is UTC for run in found)
    return [run.strftime("%Y-%m-%dT%H:%M:%SZ") for run in found]
