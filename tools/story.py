"""A believable installation to take pictures of: fixed names and numbers, told back from now.

Three tenants: Northwind with everything that a list can show, Alpine Outfitters beside it, and
Harbour Media, which has nothing yet.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import takewhile
from typing import Any

from sqlalchemy import update

from exports_app.db.models import RunRow, SessionRow
from exports_app.db.repositories import table
from exports_app.domain.access import Role
from exports_app.domain.humanize import counted
from exports_app.domain.runs.policies import OnUnknown
from exports_app.domain.runs.states import AttemptOutcome, DeliveryStatus, RunStatus, Trigger
from exports_app.domain.timing import cron
from exports_app.services.audit import audit_log
from exports_app.services.campaigns.demo_data import fixed_id, metrics
from exports_app.services.core.interfaces import Transaction
from exports_app.services.core.records import (
    Action,
    Attempt,
    AuditEntry,
    Campaign,
    Delivery,
    Invitation,
    Membership,
    Notification,
    NotificationKind,
    Run,
    Schedule,
    Session,
    Tenant,
    User,
)
from exports_app.services.identity import passwords
from exports_app.services.identity.account_links import AccountLink, LinkKind
from exports_app.services.runs.export_context import Export
from exports_app.services.schedules.filters import Filters
from exports_app.services.schedules.service import new_run
from exports_app.wiring import Services

PASSWORD = "a password for pictures"
NORTHWIND = Tenant(
    fixed_id("northwind"), "Northwind", "northwind", "#4F46E5", None, "America/New_York"
)
ALPINE = Tenant(fixed_id("alpine"), "Alpine Outfitters", "alpine", "#0F766E", None, "Europe/Zurich")
HARBOUR = Tenant(fixed_id("harbour"), "Harbour Media", "harbour", "#BE185D", None, "Europe/London")
ADMIN = User(fixed_id("mara"), "mara.keller@northwind.example", "Mara Keller", "")
VIEWER = User(fixed_id("sam"), "sam.ortiz@northwind.example", "Sam Ortiz", "")
OPERATOR = User(
    fixed_id("noor"), "noor.haddad@exports.example", "Noor Haddad", "", is_super_admin=True
)
INVITED = ("tom.becker@northwind.example", "ines.duarte@northwind.example")
INVITATION = "invitation"
"""The key of the address at which the first of them accepts."""
MAILBOX = "reports@northwind.example"
RECIPIENTS = ["mara@northwind.example", "finance@northwind.example"]
LONG = timedelta(days=1)
QUIET = timedelta(minutes=10)
"""Nothing is due while the pictures are taken."""
BEGUN = timedelta(seconds=4)
"""How long the run that is under way has been."""
SOON = timedelta(minutes=6)
"""Until the run that waits is tried again."""
ASKED = timedelta(minutes=3)
"""How long ago it was asked for."""
PHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 26_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.1 Mobile/15E148"
    " Safari/604.1"
)
REFUSAL = "550 5.1.1 no such user here"
GREY = "451 4.7.1 greylisted: try again in a few minutes"
LOST = "the connection to smtp.northwind.example:587 was lost after the message was sent: it may have arrived, or not"

CAMPAIGNS = (
    ("Spring launch", "search", 4_500_000),
    ("Brand, always on", "search", 9_000_000),
    ("Summer 2026", "social", 6_000_000),
    ("Retargeting, EU", "display", 2_500_000),
    ("Student discount", "social", 1_200_000),
    ("Podcast sponsorships", "audio", 3_800_000),
    ("Café & Crème Québec", "social", 1_500_000),
    ("Prospecting, lookalike 1%", "social", 5_200_000),
    ("Holiday gift guide", "shopping", 7_500_000),
    ("Competitor terms", "search", 2_000_000),
    ("Newsletter readers", "email", 400_000),
    ("Winterjacken", "shopping", 1_800_000),
)
DAYS = 460
"""Of metrics: enough for "previous year"."""


@dataclass(frozen=True)
class Past:
    """How the runs of a schedule went. rows, size: of the newest one. runs: how many there were."""

    runs: int
    rows: int
    size: int
    seconds: float = 1.2
    last: RunStatus = RunStatus.COMPLETED
    error: str | None = None
    code: str | None = None


def tell(services: Services) -> dict[str, str]:
    """Write the story into an empty database, beside a running server.

    Returns the ids of its schedules by name, and under `INVITATION` a path.
    """
    now = services.clock().replace(microsecond=0)
    hashed = passwords.hash_password(PASSWORD)
    with services.store.write() as tx:
        for tenant in (NORTHWIND, ALPINE, HARBOUR):
            tx.tenants.add(tenant)
        for user in (ADMIN, VIEWER, OPERATOR):
            tx.users.add(replace(user, password_hash=hashed))
        for tenant in (NORTHWIND, ALPINE, HARBOUR):
            tx.users.join(Membership(ADMIN.id, tenant.id, Role.ADMIN))
        tx.users.join(Membership(VIEWER.id, NORTHWIND.id, Role.VIEWER))
        since = now - timedelta(hours=5)
        tx.sessions.add(
            Session(
                "0" * 64,
                ADMIN.id,
                0,
                since,
                now + LONG,
                device=PHONE,
                last_used_at=now - timedelta(minutes=50),
            )
        )
        _campaigns(tx, now)
        for entry in _deeds(now):
            tx.audit.add(entry)
    told = [*_northwind(now), *_alpine(now)]
    with services.store.write() as tx:
        for schedule, past in told:
            _add(tx, schedule, past, now)
    return {schedule.name: schedule.id for schedule, _ in told} | {
        INVITATION: _invite(services, now)
    }


def _invite(services: Services, now: datetime) -> str:
    """The path at which the first of the invited accepts."""
    waiting = [
        Invitation(
            fixed_id("invited", email),
            NORTHWIND.id,
            email,
            role,
            ADMIN.id,
            now,
            now + timedelta(hours=72),
            mailed=True,
        )
        for email, role in zip(INVITED, (Role.ADMIN, Role.VIEWER), strict=True)
    ]
    with services.store.write() as tx:
        for invitation in waiting:
            tx.invitations.add(invitation)
    first = waiting[0]
    link = AccountLink(
        LinkKind.INVITATION, first.id, first.generation, first.expires_at, mailed=True
    )
    return f"/invitation#{services.account_links.token(link)}"


def _deeds(now: datetime) -> list[AuditEntry]:
    """Who did what at Northwind in the last days."""
    weekly, spring = (
        fixed_id("northwind", "export", name)
        for name in ("Weekly campaign report", "Spring launch detail")
    )
    done: list[tuple[float, User | None, Action, str, str, dict[str, Any]]] = [
        (0.4, ADMIN, Action.RUN_TRIGGERED, weekly, "Weekly campaign report", {}),
        (
            1,
            None,
            Action.SCHEDULE_PAUSED,
            spring,
            "Spring launch detail",
            {"reason": "5 runs in a row failed"},
        ),
        (
            3,
            ADMIN,
            Action.MEMBER_CHANGED,
            VIEWER.id,
            VIEWER.email,
            {"changed": {"role": ["admin", "viewer"]}},
        ),
        (
            26,
            ADMIN,
            Action.SCHEDULE_UPDATED,
            weekly,
            "Weekly campaign report",
            {
                "changed": {
                    "schedule": ["0 8 * * 1", "0 9 * * 1"],
                    "recipients": [["mara@northwind.example"], RECIPIENTS],
                }
            },
        ),
        (27, ADMIN, Action.MEMBER_ADDED, VIEWER.id, VIEWER.email, {"role": "admin"}),
        (
            50,
            ADMIN,
            Action.TENANT_UPDATED,
            NORTHWIND.id,
            NORTHWIND.name,
            {"changed": {"brand_color": ["#1D4ED8", "#4F46E5"]}},
        ),
        (51, ADMIN, Action.SCHEDULE_CREATED, spring, "Spring launch detail", {}),
        (
            75,
            ADMIN,
            Action.CAMPAIGN_METRICS,
            fixed_id("northwind", "Spring launch"),
            "Spring launch",
            {"days": 30},
        ),
    ]
    return [
        AuditEntry(
            fixed_id("deed", str(number)),
            NORTHWIND.id,
            now - timedelta(hours=ago),
            who.id if who else None,
            who.name if who else audit_log.APP,
            action,
            subject_id,
            subject,
            detail,
        )
        for number, (ago, who, action, subject_id, subject, detail) in enumerate(done)
    ]


def hold_time(services: Services) -> None:
    """The run that is under way has just begun, and the one that waits will soon be tried again,
    whenever a picture is taken."""
    runs, now = table(RunRow), services.clock()
    held = {
        RunStatus.PROCESSING: {"started_at": now - BEGUN},
        RunStatus.PENDING: {"next_attempt_at": now + SOON},
    }
    with services.database.write() as connection:
        for status, values in held.items():
            connection.execute(update(runs).where(runs.c.status == status).values(values))


def sign_out(services: Services) -> None:
    """The browsers of the pictures before; a phone stays."""
    sessions = table(SessionRow)
    with services.database.write() as connection:
        ended = update(sessions).where(sessions.c.device.not_like("%iPhone%"))
        connection.execute(ended.values(revoked_at=services.clock()))


def _campaigns(tx: Transaction, now: datetime) -> None:
    first = now.date() - timedelta(days=DAYS)
    made = [
        Campaign(
            fixed_id("northwind", name),
            NORTHWIND.id,
            name,
            channel,
            "active",
            "EUR",
            budget,
            first,
            None,
        )
        for name, channel, budget in CAMPAIGNS
    ]
    tx.campaigns.add(made)
    for one in made:
        tx.campaigns.add_metrics(list(metrics(one.id, first, DAYS)))


def _writer(tenant: Tenant, now: datetime) -> Callable[..., Schedule]:
    """Makes schedules, each written a day before the one made earlier."""
    made = 0

    def schedule(
        name: str,
        why: str,
        kind: str,
        form: str,
        expression: str,
        zone: str,
        recipients: str,
        filters: Filters,
        *,
        active: bool = True,
        hold: bool = False,
    ) -> Schedule:
        nonlocal made
        made += 1
        created = now - timedelta(days=made, minutes=17 * made)
        return Schedule(
            id=fixed_id(tenant.slug, "export", name),
            tenant_id=tenant.id,
            name=name,
            description=why or None,
            export_type=kind,
            format=form,
            schedule=expression,
            timezone=zone,
            recipients=recipients.split(),
            filters=filters.to_json(),
            when_empty="send",
            is_active=active,
            created_by=ADMIN.id,
            owner_id=ADMIN.id,
            created_at=created,
            updated_at=created,
            next_run_at=cron.next_after(cron.parse(expression), cron.zone(zone), now + QUIET)
            if active
            else None,
            on_unknown=OnUnknown.HOLD if hold else OnUnknown.RESEND,
        )

    return schedule


def _northwind(now: datetime) -> list[tuple[Schedule, Past | None]]:
    make = _writer(NORTHWIND, now)
    few = tuple(fixed_id("northwind", name) for name, _, _ in CAMPAIGNS[:3])
    week, month, day = (
        Filters(period="previous_week"),
        Filters(period="previous_month"),
        Filters(period="yesterday"),
    )
    weekly, monthly = (replace(month, group_by=g) for g in ("week", "month"))
    refused = f"1 of 4 messages was not delivered; to old.boss@northwind.example: {REFUSAL}"
    waits = f"1 of 2 messages was not delivered; to data@fabrikam.example: {GREY}"
    lost = f"1 of 2 messages was not delivered; to auditor@fabrikam.example: {LOST}"
    gone = f"1 of its 3 campaigns no longer exist ({few[0]}): edit the scheduled export and choose others"
    empty = "there was no data in its window: nobody was written to"
    ny, berlin, london = "America/New_York", "Europe/Berlin", "Europe/London"
    at = "@northwind.example"
    return [
        (
            make("Weekly campaign report", "Totals per campaign, previous week", "campaigns", "excel", "0 9 * * 1", ny,
                 f"manager{at} analyst{at}", week),
            Past(31, 2318, 188_416, 1.4),
        ),
        (
            make("Daily warehouse feed", "Yesterday, all campaigns by day", "campaign", "csv", "0 8 * * *", "UTC", f"etl{at}",
                 replace(day, campaign_ids=few)),
            Past(12, 412_000, 0, last=RunStatus.PROCESSING),
        ),
        (
            make("Daily spend check", "Totals by currency for finance", "aggregate", "excel", "0 7 * * *", berlin,
                 f"finance{at} cfo{at} controlling{at} old.boss{at}", replace(day, group_by="day")),
            Past(63, 64, 9_830, 0.9, RunStatus.PARTIAL, refused, "delivery_failed"),
        ),
        (
            make("Spring launch detail", "Three campaigns, last 7 days", "campaign", "json", "0 */3 * * *", ny, f"team{at}",
                 Filters(period="last_7_days", campaign_ids=few), active=False),
            Past(9, 0, 0, 0.1, RunStatus.FAILED, gone, "campaign_missing"),
        ),
        (make("Partner drop", "Totals, this month", "campaigns", "xml", "0 17 * * 5", london,
              "partner@fabrikam.example data@fabrikam.example", Filters(period="this_month")),
         Past(14, 96, 21_504, 0.6, RunStatus.PENDING, waits, "delivery_failed")),
        (make("Quarterly audit", "Everything, by week", "aggregate", "csv", "30 6 1 1,4,7,10 *", "Asia/Kolkata", f"audit{at}",
              Filters(period="previous_quarter", group_by="week")), None),
        (make("Board summary", "", "aggregate", "excel", "0 9 1 * *", ny, f"board{at} cfo{at}", monthly), Past(8, 14, 7_412)),
        (
            make("Holiday campaigns only", "Nothing outside the season", "campaigns", "csv", "15 6 * * 1-5", london, f"shop{at}",
                 day),
            Past(40, 0, 0, 0.1, RunStatus.SKIPPED, empty, "no_data"),
        ),
        (make("Agency hand-over: Quebec and the Maritimes, French and English creatives", "", "campaigns", "excel", "0 8 * * 2",
              "America/Toronto", "reporting-and-insights@very-long-agency-name.example", week), Past(22, 1_204, 96_256)),
        (make("Affiliate pay-out basis", "Clicks and conversions per campaign", "campaigns", "csv", "0 5 1,15 * *", berlin,
              f"affiliates{at} finance{at}", Filters(period="last_30_days")), Past(17, 12, 1_433)),
        (make("Search terms, all time", "", "campaign", "json", "0 3 * * 0", "UTC", f"data-science{at}",
              Filters(period="all", campaign_ids=few)), Past(20, 1_380, 402_331, 2.2)),
        (make("Monthly books", "Week by week", "aggregate", "csv", "30 6 2 * *", berlin, f"books{at} auditor@fabrikam.example",
              weekly, hold=True), Past(6, 5, 611, 0.9, RunStatus.PARTIAL, lost, "delivery_failed")),
    ]  # fmt: skip


def _alpine(now: datetime) -> list[tuple[Schedule, Past | None]]:
    make = _writer(ALPINE, now)
    week = Filters(period="previous_week")
    recipients = "marketing@alpine.example"
    return [
        (
            make(
                "Weekly report",
                "",
                "campaigns",
                "excel",
                "0 9 * * 1",
                "Europe/Zurich",
                recipients,
                week,
            ),
            Past(18, 212, 31_000),
        )
    ]


def _add(tx: Transaction, schedule: Schedule, past: Past | None, now: datetime) -> None:
    tx.schedules.add(schedule)
    if past is None:
        return
    begin = now - timedelta(days=31 * (past.runs + 2))
    due = cron.occurrences(cron.parse(schedule.schedule), cron.zone(schedule.timezone), begin)
    ticks = list(takewhile(lambda tick: tick < now, due))[-past.runs :]
    if past.last is RunStatus.PENDING:
        ticks[-1] = now - ASKED
    runs = [_run(schedule, past, back, tick) for back, tick in enumerate(reversed(ticks))]
    for back, run in enumerate(runs):
        if run.status is RunStatus.PROCESSING:
            started = now - BEGUN
            runs[back] = replace(
                run,
                created_at=started,
                started_at=started,
                lease_token="pictures",
                lease_expires_at=now + LONG,
            )
        elif run.status is RunStatus.PENDING:
            runs[back] = _waiting(run, now)
        tx.runs.add(runs[back])
        for attempt in _attempts(runs[back]):
            tx.attempts.add(attempt)
        tx.deliveries.add(_deliveries(run))
        if back == 0 and run.completed_at:
            tx.schedules.note_result(run, run.status, run.completed_at)
    _streak(tx, schedule, runs)


def _streak(tx: Transaction, schedule: Schedule, runs: list[Run]) -> None:
    """What the newest runs of ticks have left: how many failed in a row, and that it was paused
    where it no longer runs."""
    of_ticks = (run for run in runs if run.trigger is Trigger.SCHEDULE)
    failed = list(takewhile(lambda run: run.status is RunStatus.FAILED, of_ticks))
    if not failed:
        return
    changes: dict[str, Any] = {"failures": len(failed), "failing_since": failed[-1].completed_at}
    tx.notifications.add([_notice(schedule, failed[-1], NotificationKind.FAILING)])
    if not schedule.is_active:
        tx.notifications.add([_notice(schedule, failed[0], NotificationKind.PAUSED)])
        reason = f"{counted(len(failed), 'run')} in a row failed; the last one: {failed[0].error}"
        changes |= {"paused_at": failed[0].completed_at, "paused_reason": reason}
    tx.schedules.change(schedule.id, changes)


def _notice(schedule: Schedule, run: Run, kind: NotificationKind) -> Notification:
    assert run.completed_at is not None
    identity, sent = fixed_id(run.id, kind), run.completed_at + timedelta(seconds=1)
    about = (schedule.tenant_id, schedule.id, run.id, kind, ADMIN.email)
    return Notification(
        identity, *about, {}, DeliveryStatus.ACCEPTED, run.completed_at, 1, sent_at=sent
    )


def _waiting(run: Run, now: datetime) -> Run:
    """Somebody asked for it, and it has failed twice."""
    by_hand = replace(run, trigger=Trigger.MANUAL, triggered_by=ADMIN.id, scheduled_for=None)
    return replace(
        by_hand, completed_at=None, attempt=2, next_attempt_at=now + SOON, sent_as="attach"
    )


def _attempts(run: Run) -> list[Attempt]:
    """Of the run that waits."""
    if run.status is not RunStatus.PENDING or run.started_at is None:
        return []
    begun = (run.started_at, run.started_at + timedelta(minutes=2))
    return [
        Attempt(
            fixed_id(run.id, "attempt", str(number)),
            run.id,
            number,
            at,
            at + timedelta(seconds=1.5),
            AttemptOutcome.RETRY,
            run.error,
            run.error_code,
        )
        for number, at in enumerate(begun, 1)
    ]


def _run(schedule: Schedule, past: Past, back: int, tick: datetime) -> Run:
    """The run at the tick, the newest at back 0. Older ones differ a little, and now and then one
    went wrong."""
    status = past.last if back == 0 else _older(past, back)
    wave = 100 - (back * 37 + back * back * 11) % 60
    seconds = past.seconds * wave / 100
    run = new_run(schedule, Trigger.SCHEDULE, tick, scheduled_for=tick, created_at=tick)
    run = replace(
        run,
        id=fixed_id(schedule.id, "run", str(back)),
        status=status,
        attempt=1,
        started_at=tick,
        completed_at=tick + timedelta(seconds=seconds),
        record_count=past.rows * (wave + 100) // 200 if back else past.rows,
    )
    if back % 11 == 4:
        run = replace(run, trigger=Trigger.MANUAL, triggered_by=ADMIN.id, scheduled_for=None)
    if status is RunStatus.PROCESSING:
        return replace(run, completed_at=None)
    if status in {RunStatus.FAILED, RunStatus.SKIPPED}:
        error, code = (past.error, past.code) if back == 0 or past.last is status else _outage()
        return replace(run, record_count=None, error=error, error_code=code)
    error, code = (
        (past.error, past.code)
        if status in {RunStatus.PARTIAL, RunStatus.PENDING}
        else (None, None)
    )
    return replace(
        _with_file(run, schedule, past.size * (wave + 100) // 200), error=error, error_code=code
    )


def _older(past: Past, back: int) -> RunStatus:
    if past.last in {RunStatus.FAILED, RunStatus.SKIPPED}:
        return past.last if back < 6 else RunStatus.COMPLETED
    if past.last is RunStatus.PARTIAL and past.runs > 9 and back in {1, 9}:
        return RunStatus.PARTIAL
    return (
        RunStatus.FAILED
        if back in {18, 32}
        else RunStatus.SKIPPED
        if back == 41
        else RunStatus.COMPLETED
    )


def _outage() -> tuple[str, str]:
    return (
        "smtp.northwind.example:587 cannot be reached (Connection refused): check SMTP_HOST and SMTP_PORT",
        "delivery_failed",
    )


def _with_file(run: Run, schedule: Schedule, size: int) -> Run:
    filters = Filters.from_json(schedule.filters)
    window = filters.window(run.created_at, schedule.timezone)
    tenant = ALPINE if schedule.tenant_id == ALPINE.id else NORTHWIND
    made = Export(
        tenant,
        schedule.name,
        schedule.export_type,
        run.format,
        schedule.timezone,
        filters,
        window,
        run.created_at,
    )
    digest = hashlib.sha256(run.id.encode()).hexdigest()
    name = made.file_name()
    return replace(
        run,
        file_name=name,
        file_key=f"{run.tenant_id}/{run.id}/{name}",
        file_size=max(size, 500),
        sha256=digest,
    )


TROUBLE = {
    "old.boss@northwind.example": (DeliveryStatus.FAILED, REFUSAL),
    "data@fabrikam.example": (DeliveryStatus.PENDING, GREY),
    "auditor@fabrikam.example": (DeliveryStatus.UNKNOWN, LOST),
}
"""What happens to a message of a run that did not go well, by its recipient."""


def _deliveries(run: Run) -> list[Delivery]:
    if run.file_name is None:
        return []
    made = []
    for i, target in enumerate(run.recipients):
        wrong = (
            TROUBLE.get(target) if run.status in {RunStatus.PARTIAL, RunStatus.PENDING} else None
        )
        status, error = wrong or (DeliveryStatus.ACCEPTED, None)
        made.append(
            Delivery(
                id=fixed_id(run.id, target),
                history_id=run.id,
                channel="email",
                target=target,
                status=status,
                message_id=fixed_id(run.id, target, "message"),
                attempts=2 if status is DeliveryStatus.PENDING else 1,
                error=error,
                sent_at=None
                if wrong or run.started_at is None
                else run.started_at + timedelta(milliseconds=400 + 90 * i),
            )
        )
    return made
