"""Rows as a newer version of the app may have stored them: each enumeration has a value that this
version does not know."""

from dataclasses import dataclass, replace

from exports_app.domain.runs.states import DeliveryStatus
from exports_app.services.audit import audit_log
from exports_app.services.core.records import (
    AccountMessage,
    Action,
    AuditEntry,
    DownloadWay,
    FileDownload,
    Invitation,
    Notification,
    NotificationKind,
    Run,
    Schedule,
    new_id,
)
from exports_app.wiring import Services
from tests.world import Cast, make_schedule, sql, trigger_and_execute

UNHEARD = "unheard_of"
"""A value of no enumeration."""


@dataclass(frozen=True)
class NewerRows:
    schedule: Schedule
    run: Run
    invitation: Invitation


def make_newer_rows(services: Services, cast: Cast) -> NewerRows:
    schedule = make_schedule(services, cast.admin.who, name="From tomorrow")
    run = trigger_and_execute(services, cast.admin.who, schedule)
    invitation = services.invitations.invite(
        cast.admin.who, cast.acme.id, "new@example.com", "viewer"
    ).invitation
    _add_messages(services, cast, schedule, run)
    for table, columns in {
        "export_history": ("status", "trigger", "sent_as", "error_code"),
        "deliveries": ("status", "sent_as"),
        "run_attempts": ("outcome",),
        "notices": ("kind",),
        "account_messages": ("kind",),
        "file_downloads": ("way",),
        "invitations": ("role",),
        "scheduled_exports": (
            *("last_status", "format", "export_type", "delivery", "overlap", "catch_up"),
            *("on_unknown", "when_empty"),
        ),
    }.items():
        for column in columns:
            value = UNHEARD[: 10 if column in {"way", "sent_as"} else 20]
            sql(services, f"UPDATE {table} SET {column} = ?", value)
    sql(
        services,
        "UPDATE memberships SET role = ? WHERE user_id = ?",
        UNHEARD,
        cast.viewer.user.id,
    )
    return NewerRows(schedule, run, invitation)


def _add_messages(services: Services, cast: Cast, schedule: Schedule, run: Run) -> None:
    now = services.clock()
    with services.store.write() as tx:
        notice = Notification(
            id=new_id(),
            tenant_id=cast.acme.id,
            scheduled_export_id=schedule.id,
            history_id=run.id,
            kind=NotificationKind.FAILING,
            target=cast.admin.user.email,
            content={},
            status=DeliveryStatus.PENDING,
            created_at=now,
            next_attempt_at=now,
        )
        status = DeliveryStatus.of("held")
        tx.notifications.add([notice, replace(notice, id=new_id(), status=status)])
        tx.account_messages.add(
            AccountMessage(
                *(new_id(), "invitation", new_id(), 1, "new@example.com", {}),
                *(DeliveryStatus.PENDING, now),
                next_attempt_at=now,
            )
        )
        tx.downloads.add(
            FileDownload(
                id=new_id(),
                history_id=run.id,
                way=DownloadWay.API,
                at=now,
                address="192.0.2.1",
                device="curl",
                user_id=cast.admin.user.id,
            )
        )
        tx.audit.add(
            [
                AuditEntry(
                    id=new_id(),
                    tenant_id=cast.acme.id,
                    at=now,
                    actor_id=None,
                    actor_name=audit_log.APP,
                    action=Action.of("planet.moved"),
                    subject_id=None,
                    subject_name="Saturn",
                    detail={"changed": {"ring": [1, 2]}},
                )
            ]
        )
