"""The schedules of two tenants, each with its past runs."""

from dataclasses import replace
from datetime import datetime, timedelta

from exports_app.domain.runs.policies import OnUnknown
from exports_app.domain.runs.states import RunStatus
from exports_app.domain.timing import cron
from exports_app.services.campaigns.demo_data import fixed_id
from exports_app.services.core.records import Schedule, Tenant
from exports_app.services.schedules.filters import Filters
from tools.screenshots import cast, elsewhere
from tools.screenshots.runs import Past

Exports = list[tuple[Schedule, Past | None]]
NEW_YORK = "America/New_York"
BERLIN = "Europe/Berlin"
LONDON = "Europe/London"
FABRIKAM = "@fabrikam.example"
WEEK = Filters(period="previous_week")
MONTH = Filters(period="previous_month")
DAY = Filters(period="yesterday")
FEW = tuple(fixed_id("northwind", name) for name, _, _ in cast.CAMPAIGNS[:3])
"""Ids of the first three campaigns."""
REFUSED = f"1 of 4 messages was not delivered. old.boss@northwind.example: {cast.REFUSAL}"
GREYLISTED = f"1 of 2 messages was not delivered. data{FABRIKAM}: {cast.GREY}"
LOST = f"1 of 2 messages was not delivered. auditor{FABRIKAM}: {cast.LOST}"
GONE = (
    f"1 of its 3 campaigns no longer exists ({FEW[0]}): edit the scheduled export and choose others"
)
EMPTY = "there was no data for its dates: nothing was sent"


def northwind(now: datetime) -> Exports:
    """A tenant with everything that a list can show."""
    make = _Writer(cast.NORTHWIND, now)
    return [*_newest(make), *_older(make)]


def deleted(now: datetime) -> list[Schedule]:
    """Schedules of Northwind that were deleted, and can be restored."""
    make = _Writer(cast.NORTHWIND, now)
    return [
        replace(schedule, deleted_at=now - timedelta(days=days), deleted_by=cast.ADMIN.id)
        for days, schedule in (
            (2, make("Summer teaser", "", "campaigns", "csv", "0 6 * * *", LONDON, "shop", DAY)),
            (12, make("Weekly numbers, old agency", "", "campaigns", "excel", "0 9 * * 1",
                      NEW_YORK, f"reports{FABRIKAM}", WEEK, active=False)),
        )
    ]  # fmt: skip


def alpine(now: datetime) -> Exports:
    """A tenant with one schedule."""
    make = _Writer(cast.ALPINE, now)
    zone = "Europe/Zurich"
    recipient = "marketing@alpine.example"
    weekly = make("Weekly report", "", "campaigns", "excel", "0 9 * * 1", zone, recipient, WEEK)
    return [(weekly, Past(18, 212, 31_000))]


def _newest(make: "_Writer") -> Exports:
    by_day = replace(DAY, group_by="day")
    return [
        (
            make("Weekly campaign report", "Totals per campaign, previous week", "campaigns",
                 "excel", "0 9 * * 1", NEW_YORK, "manager analyst", WEEK, tags="weekly board"),
            Past(31, 2318, 188_416, 1.4),
        ),
        (
            make("Daily warehouse feed", "Yesterday, all campaigns by day", "campaign",
                 "csv", "0 8 * * *", "UTC", "etl", replace(DAY, campaign_ids=FEW),
                 places=(elsewhere.BUCKET,)),
            Past(12, 412_000, 0, last=RunStatus.PROCESSING),
        ),
        (
            make("Daily spend check", "Totals by currency for finance", "aggregate",
                 "excel", "0 7 * * *", BERLIN, "finance cfo controlling old.boss", by_day,
                 tags="finance"),
            Past(63, 64, 9_830, 0.9, RunStatus.PARTIAL, REFUSED, "delivery_failed"),
        ),
        (
            make("Spring launch detail", "Three campaigns, last 7 days", "campaign",
                 "json", "0 */3 * * *", NEW_YORK, "team",
                 Filters(period="last_7_days", campaign_ids=FEW), active=False),
            Past(9, 0, 0, 0.1, RunStatus.FAILED, GONE, "campaign_missing"),
        ),
        (
            make("Partner drop", "Totals, this month", "campaigns",
                 "xml", "0 17 * * 5", LONDON, f"partner{FABRIKAM} data{FABRIKAM}",
                 Filters(period="this_month"), places=(elsewhere.SFTP, elsewhere.CHAT)),
            Past(14, 96, 21_504, 0.6, RunStatus.PENDING, GREYLISTED, "delivery_failed"),
        ),
        (
            make("Quarterly audit", "Everything, by week", "aggregate",
                 "csv", "30 6 1 1,4,7,10 *", "Asia/Kolkata", "audit",
                 Filters(period="previous_quarter", group_by="week")),
            None,
        ),
    ]  # fmt: skip


def _older(make: "_Writer") -> Exports:
    weekly, monthly = (replace(MONTH, group_by=unit) for unit in ("week", "month"))
    return [
        (
            make("Board summary", "", "aggregate",
                 "excel", "0 9 1 * *", NEW_YORK, "board cfo", monthly, tags="board"),
            Past(8, 14, 7_412),
        ),
        (
            make("Holiday campaigns only", "Nothing outside the season", "campaigns",
                 "csv", "15 6 * * 1-5", LONDON, "shop", DAY),
            Past(40, 0, 0, 0.1, RunStatus.SKIPPED, EMPTY, "no_data"),
        ),
        (
            make("Agency hand-over: Quebec and the Maritimes, French and English creatives",
                 "", "campaigns", "excel", "0 8 * * 2", "America/Toronto",
                 "reporting-and-insights@very-long-agency-name.example", WEEK),
            Past(22, 1_204, 96_256),
        ),
        (
            make("Affiliate pay-out basis", "Clicks and conversions per campaign", "campaigns",
                 "csv", "0 5 1,15 * *", BERLIN, "affiliates finance",
                 Filters(period="last_30_days")),
            Past(17, 12, 1_433),
        ),
        (
            make("Search terms, all time", "", "campaign",
                 "json", "0 3 * * 0", "UTC", "data-science",
                 Filters(period="all", campaign_ids=FEW)),
            Past(20, 1_380, 402_331, 2.2),
        ),
        (
            make("Monthly books", "Week by week", "aggregate",
                 "csv", "30 6 2 * *", BERLIN, f"books auditor{FABRIKAM}", weekly, hold=True,
                 tags="finance"),
            Past(6, 5, 611, 0.9, RunStatus.PARTIAL, LOST, "delivery_failed"),
        ),
    ]  # fmt: skip


class _Writer:
    """Makes the schedules of a tenant, each created a day before the one made earlier."""

    def __init__(self, tenant: Tenant, now: datetime) -> None:
        self._tenant = tenant
        self._now = now
        self._count = 0

    def __call__(
        self,
        name: str,
        description: str,
        export_type: str,
        file_format: str,
        expression: str,
        zone: str,
        recipients: str,
        filters: Filters,
        *,
        active: bool = True,
        hold: bool = False,
        tags: str = "",
        places: tuple[str, ...] = (),
    ) -> Schedule:
        """recipients, tags: separated by spaces; a name without @ belongs to Northwind. places:
        ids of destinations."""
        self._count += 1
        created = self._now - timedelta(days=self._count, minutes=17 * self._count)
        next_run = cron.next_after(cron.parse(expression), cron.zone(zone), self._now + cast.QUIET)
        return Schedule(
            id=fixed_id(self._tenant.slug, "export", name),
            tenant_id=self._tenant.id,
            name=name,
            description=description or None,
            export_type=export_type,
            format=file_format,
            schedule=expression,
            timezone=zone,
            recipients=[_address(recipient) for recipient in recipients.split()],
            filters=filters.to_json(),
            when_empty="send",
            is_active=active,
            created_by=cast.ADMIN.id,
            owner_id=cast.ADMIN.id,
            created_at=created,
            updated_at=created,
            next_run_at=next_run if active else None,
            on_unknown=OnUnknown.HOLD if hold else OnUnknown.RESEND,
            tags=tags.split(),
            destination_ids=list(places),
        )


def _address(recipient: str) -> str:
    return recipient if "@" in recipient else f"{recipient}@northwind.example"
