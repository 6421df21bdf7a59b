"""An installation to take screenshots of: fixed names and numbers, dated back from now.

Three tenants: Northwind with everything that a list can show, Alpine Outfitters beside it, and
Harbour Media, which has nothing yet.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import update

from exports_app.db.models import RunRow, SessionRow
from exports_app.db.repositories import table
from exports_app.domain.access import Role
from exports_app.domain.runs.states import RunStatus
from exports_app.services.audit import audit_log
from exports_app.services.campaigns.demo_data import fixed_id, metrics
from exports_app.services.core.interfaces import Transaction
from exports_app.services.core.records import (
    Action,
    AuditEntry,
    Campaign,
    Feed,
    Invitation,
    Membership,
    SavedView,
    Session,
    User,
)
from exports_app.services.identity import passwords
from exports_app.services.identity.account_links import AccountLink, LinkKind
from exports_app.wiring import Services
from tools.screenshots import cast, elsewhere, runs, schedules


def fill(services: Services) -> dict[str, str]:
    """Write the installation into an empty database, beside a running server.

    Returns the ids of its schedules by name, and a path under `cast.INVITATION`.
    """
    now = services.clock().replace(microsecond=0)
    hashed = passwords.hash_password(cast.PASSWORD)
    with services.store.write() as tx:
        for tenant in (cast.NORTHWIND, cast.ALPINE, cast.HARBOUR):
            tx.tenants.add(tenant)
        for user in (cast.ADMIN, cast.VIEWER, cast.OPERATOR):
            tx.users.add(replace(user, password_hash=hashed))
        for tenant in (cast.NORTHWIND, cast.ALPINE, cast.HARBOUR):
            tx.users.join(Membership(cast.ADMIN.id, tenant.id, Role.ADMIN))
        tx.users.join(Membership(cast.VIEWER.id, cast.NORTHWIND.id, Role.VIEWER))
        since = now - timedelta(hours=5)
        tx.sessions.add(
            Session(
                "0" * 64,
                cast.ADMIN.id,
                0,
                since,
                now + cast.LONG,
                device=cast.PHONE,
                last_used_at=now - timedelta(minutes=50),
            )
        )
        _campaigns(tx, now)
        tx.audit.add(_audit_entries(now))
    exports = [*schedules.northwind(now), *schedules.alpine(now)]
    with services.store.write() as tx:
        elsewhere.add_destinations(tx, services, now)
        elsewhere.add_webhooks(tx, now)
        for schedule, past in exports:
            runs.add(tx, schedule, past, now)
        for schedule in schedules.deleted(now):
            tx.schedules.add(schedule)
        for name, filters, is_shared in cast.VIEWS:
            view = fixed_id("view", name)
            by = (cast.NORTHWIND.id, cast.ADMIN.id)
            tx.views.add(SavedView(view, *by, name, filters, is_shared, now, now))
        for feed in _feeds(now):
            tx.feeds.add(feed)
    return {schedule.name: schedule.id for schedule, _ in exports} | {
        cast.INVITATION: _invite(services, now)
    }


def _feeds(now: datetime) -> list[Feed]:
    return [
        Feed(
            fixed_id("feed", name),
            cast.ADMIN.id,
            cast.NORTHWIND.id,
            fixed_id("northwind", "export", only) if only else None,
            name,
            f"exf_{fixed_id('feed', name)[:4]}",
            fixed_id("feed", name),
            now - timedelta(days=9 + number),
            now - timedelta(hours=hours) if hours else None,
        )
        for number, (name, only, hours) in enumerate(cast.FEEDS)
    ]


def _invite(services: Services, now: datetime) -> str:
    """Invite two people. Returns the path at which the first of them accepts."""
    invitations = [
        Invitation(
            fixed_id("invited", email),
            cast.NORTHWIND.id,
            email,
            role,
            cast.ADMIN.id,
            now,
            now + timedelta(hours=72),
            mailed=True,
        )
        for email, role in zip(cast.INVITED, (Role.ADMIN, Role.VIEWER), strict=True)
    ]
    with services.store.write() as tx:
        for invitation in invitations:
            tx.invitations.add(invitation)
    first = invitations[0]
    link = AccountLink(
        LinkKind.INVITATION, first.id, first.generation, first.expires_at, mailed=True
    )
    return f"/invitation#{services.account_links.token(link)}"


WEEKLY = fixed_id("northwind", "export", "Weekly campaign report")
SPRING = fixed_id("northwind", "export", "Spring launch detail")


@dataclass(frozen=True)
class _Event:
    """An audit entry of Northwind. hours: how long ago; actor: None is the app itself."""

    hours: float
    actor: User | None
    action: Action
    subject_id: str
    subject: str
    detail: dict[str, Any]


def _changed(name: str, old: Any, new: Any) -> dict[str, Any]:
    return {"changed": {name: [old, new]}}


RECENT = (
    _Event(0.4, cast.ADMIN, Action.RUN_TRIGGERED, WEEKLY, "Weekly campaign report", {}),
    _Event(
        1,
        None,
        Action.SCHEDULE_PAUSED,
        SPRING,
        "Spring launch detail",
        {"reason": "5 runs failed in a row"},
    ),
    _Event(
        3,
        cast.ADMIN,
        Action.MEMBER_CHANGED,
        cast.VIEWER.id,
        cast.VIEWER.email,
        _changed("role", "admin", "viewer"),
    ),
    _Event(
        26,
        cast.ADMIN,
        Action.SCHEDULE_UPDATED,
        WEEKLY,
        "Weekly campaign report",
        {
            "changed": {
                "schedule": ["0 8 * * 1", "0 9 * * 1"],
                "recipients": [["mara@northwind.example"], cast.RECIPIENTS],
            }
        },
    ),
)
EARLIER = (
    _Event(
        27, cast.ADMIN, Action.MEMBER_ADDED, cast.VIEWER.id, cast.VIEWER.email, {"role": "admin"}
    ),
    _Event(
        50,
        cast.ADMIN,
        Action.TENANT_UPDATED,
        cast.NORTHWIND.id,
        cast.NORTHWIND.name,
        _changed("brand_color", "#1D4ED8", "#4F46E5"),
    ),
    _Event(51, cast.ADMIN, Action.SCHEDULE_CREATED, SPRING, "Spring launch detail", {}),
    _Event(
        75,
        cast.ADMIN,
        Action.CAMPAIGN_METRICS,
        fixed_id("northwind", "Spring launch"),
        "Spring launch",
        {"days": 30},
    ),
)


def _audit_entries(now: datetime) -> list[AuditEntry]:
    """Northwind's audit of the last days."""
    return [
        AuditEntry(
            fixed_id("deed", str(number)),
            cast.NORTHWIND.id,
            now - timedelta(hours=event.hours),
            event.actor.id if event.actor else None,
            event.actor.name if event.actor else audit_log.APP,
            event.action,
            event.subject_id,
            event.subject,
            event.detail,
        )
        for number, event in enumerate(RECENT + EARLIER)
    ]


def hold_time(services: Services) -> None:
    """Set the times of the running and of the waiting run back to those of every screenshot."""
    run_rows = table(RunRow)
    now = services.clock()
    times = {
        RunStatus.PROCESSING: {"started_at": now - cast.RUNNING_FOR},
        RunStatus.PENDING: {"next_attempt_at": now + cast.RETRY_IN},
    }
    with services.database.write() as connection:
        for status, values in times.items():
            connection.execute(update(run_rows).where(run_rows.c.status == status).values(values))


def sign_out(services: Services) -> None:
    """End the sessions of earlier screenshots' browsers; the phone's stays."""
    sessions = table(SessionRow)
    with services.database.write() as connection:
        ended = update(sessions).where(sessions.c.device.not_like("%iPhone%"))
        connection.execute(ended.values(revoked_at=services.clock()))


def _campaigns(tx: Transaction, now: datetime) -> None:
    first = now.date() - timedelta(days=cast.DAYS)
    campaigns = [
        Campaign(
            fixed_id("northwind", name),
            cast.NORTHWIND.id,
            name,
            channel,
            "active",
            "EUR",
            budget,
            first,
            None,
        )
        for name, channel, budget in cast.CAMPAIGNS
    ]
    tx.campaigns.add(campaigns)
    for campaign in campaigns:
        tx.campaigns.add_metrics(list(metrics(campaign.id, first, cast.DAYS)))
