"""`python -m bench.company FOLDER SCHEDULES`: a tenant of the size that the pages must handle, and
a user who is signed in there."""

import json
import sys
import uuid
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from bench.data import open_services, seed
from exports_app.domain.access import Principal, Role
from exports_app.domain.runs.states import DeliveryStatus, RunStatus, Trigger
from exports_app.domain.timing import cron
from exports_app.services.core.extension_points import FORMATS
from exports_app.services.core.records import Delivery, Page, Run, Schedule, new_id
from exports_app.services.schedules.filters import Filters
from exports_app.services.schedules.service import new_run
from exports_app.services.schedules.view_filters import ViewFilters
from exports_app.wiring import Services

PASSWORD = "a password to measure with"
TENANT = "bench"
EMAIL = "bench@example.com"
OTHERS = 49
"""Other people of the tenant, each in a session of their own."""
CAMPAIGNS = 40
DAYS = 60
LARGE_CAMPAIGNS = 100
"""Of the large export, which is made during clicks."""
LARGE_DAYS = 1_000
BATCH = 500
"""Schedules in one transaction."""
RUNS = 2_000
"""Runs of the newest schedule, whose history is opened, an hour apart. One in three of the others
has three, a day apart."""
VIEW = "Paused ones by name"
"""A saved view of the user."""
QUIET = timedelta(hours=3)
"""No schedule is due within it: the pages are measured, not the engine."""
TYPES = ("campaigns", "campaign", "aggregate")
ZONES = ("Europe/Berlin", "America/New_York", "UTC", "Asia/Kolkata", "Europe/London")
EXPRESSIONS = (
    "0 9 * * 1",
    "0 8 * * *",
    "0 17 * * 5",
    "0 9 1 * *",
    "30 6 * * 1-5",
    "15 22 * * *",
    "0 3 2 * *",
    "45 12 * * 3",
)
OUTCOMES = (
    RunStatus.COMPLETED,
    RunStatus.COMPLETED,
    RunStatus.PARTIAL,
    RunStatus.COMPLETED,
    RunStatus.FAILED,
    RunStatus.SKIPPED,
)


def times(now: datetime) -> list[tuple[str, str, datetime]]:
    """Expressions and zones, with the next instant of each."""
    instants = [
        (e, z, cron.next_after(cron.parse(e), cron.zone(z), now))
        for e in EXPRESSIONS
        for z in ZONES
    ]
    return [instant for instant in instants if instant[2] > now + QUIET]


def schedules(
    count: int, tenant_id: str, owner_id: str, campaign_id: str, now: datetime
) -> Iterator[Schedule]:
    """The newest first, as in the list."""
    due = times(now)
    formats = [file_format.key for file_format in FORMATS]
    for i in range(count):
        expression, zone, following = due[i % len(due)]
        kind = TYPES[i % 3]
        active = i % 7 != 3
        filters = Filters(
            period="previous_week", campaign_ids=(campaign_id,) if kind == "campaign" else ()
        )
        created = now - timedelta(minutes=i + 1)
        yield Schedule(
            id=new_id(),
            tenant_id=tenant_id,
            name=f"Export {count - 1 - i:05}",
            slug=f"export-{count - 1 - i:05}",
            description=f"Number {i} of {count:,}" if i % 2 else None,
            export_type=kind,
            format=formats[i % len(formats)],
            schedule=expression,
            timezone=zone,
            recipients=[f"team-{i % 50}@example.com", "manager@example.com"][: 1 + i % 2],
            filters=filters.to_json(),
            when_empty="send",
            is_active=active,
            created_by=owner_id,
            owner_id=owner_id,
            created_at=created,
            updated_at=created,
            next_run_at=following if active else None,
        )


def history(schedule: Schedule, count: int, now: datetime) -> Iterator[tuple[Run, list[Delivery]]]:
    apart = timedelta(hours=1) if count == RUNS else timedelta(days=1)
    for back in range(count):
        at = now - (1 + back) * apart
        status = OUTCOMES[(back + int(schedule.name[-5:])) % len(OUTCOMES)]
        made = status in {RunStatus.COMPLETED, RunStatus.PARTIAL}
        run = replace(
            new_run(schedule, Trigger.SCHEDULE, at, scheduled_for=at, created_at=at),
            status=status,
            attempt=1,
            started_at=at,
            completed_at=at + timedelta(seconds=1 + back % 5),
            record_count=1_000 + back if made else None,
            file_name=f"bench_export_{at:%Y%m%dT%H%M%SZ}.csv" if made else None,
            file_size=40_000 + 17 * back if made else None,
            error=None if made else "there was no data in its window",
        )
        yield (
            run,
            [_delivery(run, target, i) for i, target in enumerate(run.recipients if made else [])],
        )


def _delivery(run: Run, target: str, number: int) -> Delivery:
    refused = run.status is RunStatus.PARTIAL and number == 0
    status = DeliveryStatus.FAILED if refused else DeliveryStatus.ACCEPTED
    error = "550 5.1.1 no such user here" if refused else None
    return Delivery(
        new_id(),
        run.id,
        "email",
        target,
        status,
        str(uuid.uuid4()),
        1,
        error,
        None if refused else run.started_at,
    )


def write(services: Services, made: list[Schedule], now: datetime) -> None:
    for begin in range(0, len(made), BATCH):
        with services.store.write() as tx:
            for i, schedule in enumerate(made[begin : begin + BATCH], start=begin):
                tx.schedules.add(schedule)
                runs = list(history(schedule, RUNS if i == 0 else 3 if i % 3 == 0 else 0, now))
                for run, deliveries in runs:
                    tx.runs.add(run)
                    tx.deliveries.add(deliveries)
                if runs and (newest := runs[0][0]).completed_at:
                    tx.schedules.note_result(newest, newest.status, newest.completed_at)


def make_large(services: Services, tenant_id: str, user_id: str) -> str:
    """A scheduled export of all campaigns so far, as Excel. Returns its id."""
    who = Principal(user_id, roles={tenant_id: Role.ADMIN})
    campaigns, _ = services.campaigns.find(who, tenant_id, {}, "", Page(1, 200))
    draft = {
        "name": "Large",
        "export_type": "campaign",
        "format": "excel",
        "schedule": "@yearly",
        "recipients": (EMAIL,),
        "filters": Filters(campaign_ids=tuple(c.id for c in campaigns)),
        "is_active": False,
    }
    return services.schedules.create(who, tenant_id, draft).id


def main(folder: Path, count: int) -> dict[str, Any]:
    services = open_services(folder)
    tenant = services.provisioning.create_tenant(TENANT, "Bench")
    user = services.provisioning.create_user(
        EMAIL, "Bench", PASSWORD, tenant=TENANT, role=Role.ADMIN
    )
    seed(services, tenant.id, LARGE_CAMPAIGNS, LARGE_DAYS)
    large = make_large(services, tenant.id, user.id)
    seed(services, tenant.id, CAMPAIGNS, DAYS)
    with services.store.read() as tx:
        campaign = tx.campaigns.by_name(tenant.id, ["Spring Sale 0000"])[0]
    now = services.clock()
    made = list(schedules(count, tenant.id, user.id, campaign.id, now))
    write(services, made, now)
    who = Principal(user.id, roles={tenant.id: Role.ADMIN})
    view = ViewFilters(state="paused", sort="name")
    services.saved_views.create(who, tenant.id, VIEW, view)
    session = signed_in(services, EMAIL)
    others = list[str]()
    for number in range(OTHERS):
        address = f"person-{number}@example.com"
        services.provisioning.create_user(
            address, f"Person {number}", PASSWORD, tenant=TENANT, role=Role.ADMIN
        )
        others.append(signed_in(services, address))
    return {
        "session": session,
        "others": others,
        "newest": made[0].id,
        "count": count + 1,
        "large": large,
    }


def signed_in(services: Services, address: str) -> str:
    """The secret of a new session."""
    browser = "one-browser-of-the-benchmark"
    code = services.sessions.begin(address, PASSWORD, "127.0.0.1", browser)
    return services.sessions.redeem(code, browser)[0]


if __name__ == "__main__":
    print(json.dumps(main(Path(sys.argv[1]), int(sys.argv[2]))))
