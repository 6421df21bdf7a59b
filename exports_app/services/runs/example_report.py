"""A made-up report, which shows a tenant its branding."""

from datetime import datetime, timedelta
from pathlib import Path

from exports_app.domain.file_summary import FileSummary
from exports_app.domain.timing import period, tick_day
from exports_app.services.core.extension_points import Report
from exports_app.services.core.records import Tenant
from exports_app.services.runs.export_context import Export
from exports_app.services.runs.run_summary import EarlierTotals, RunSummary
from exports_app.services.schedules.filters import Filters

NAME = "Weekly campaign totals"
ZONE = "UTC"
ROWS = 128
SIZE = 24_600
"""Bytes."""
SUMMARY = FileSummary(
    ("impressions", "clicks", "conversions", "spend", "revenue"),
    {"EUR": (1_284_300, 23_118, 941, 1_254_050, 4_918_300)},
    ("campaign_name", "impressions", "clicks", "spend", "currency"),
    (
        ("Spring sale", 412_000, 8_240, 401_200, "EUR"),
        ("Newsletter", 268_500, 6_106, 152_480, "EUR"),
        ("Brand search", 190_250, 4_377, 288_900, "EUR"),
    ),
)
BEFORE = (1_142_600, 21_094, 973, 1_198_400, 4_702_150)


def example(tenant: Tenant, now: datetime) -> Report:
    zone = tenant.timezone or ZONE
    filters = Filters(period=period.Period.PREVIOUS_WEEK)
    today = tick_day.local_day(now, zone)
    export = Export(tenant, NAME, "campaigns", "excel", zone, filters, filters.window(today), now)
    earlier = EarlierTotals(filters.window(today - timedelta(days=7)), {"EUR": BEFORE})
    file_name = export.file_name()
    return export.report(
        Path(file_name), file_name, SIZE, ROWS, summary=RunSummary(SUMMARY, earlier)
    )
