"""A database with the rows of years in it: a few thousand of each kind, most of them of one
tenant."""

from sqlalchemy import text

from exports_app.db import models
from exports_app.services.core.records import new_id
from exports_app.wiring import Services
from tests.integration.database.query_plans.copies import BIG, SMALL, Copies, Filled
from tests.integration.database.query_plans.filling_accounts import Accounts
from tests.integration.database.query_plans.filling_webhooks import Webhooks
from tests.world import Cast, make_campaigns, make_schedule, trigger_and_execute, uuid_of


def fill(services: Services, cast: Cast) -> Filled:
    """Needs the cast and nothing else in the database. Ends with ANALYZE."""
    schedule = make_schedule(services, cast.admin.who, cast.acme.id)
    run = trigger_and_execute(services, cast.admin.who, schedule)
    campaigns = make_campaigns(services, cast)
    services.audit_seals.seal()
    now = services.clock()
    filled = Filled(
        tenant=cast.acme.id,
        small_tenant=uuid_of(0x1001),
        schedule=schedule.id,
        run=run.id,
        user=cast.admin.user.id,
        campaign=campaigns["Spring"].id,
        chain=cast.acme.id,
        now=now,
    )
    with services.database.write() as connection:
        users = Accounts(connection, filled).fill()
        Exports(connection, filled).fill(users)
        Webhooks(connection, filled).fill()
    with services.database.write() as connection:
        connection.execute(text("ANALYZE"))
    return filled


class Exports(Copies):
    """Schedules, runs, messages and campaigns."""

    def fill(self, users: list[str]) -> None:
        self._schedules: list[tuple[str, str]] = []
        self._runs: list[tuple[str, str, str]] = []
        self._schedules_of(users)
        self._runs_of()
        self._messages()
        self._campaigns()

    def _schedules_of(self, users: list[str]) -> None:
        count = BIG + SMALL * SMALL
        ids = [(new_id(), self._tenant_of(i)) for i in range(count)]
        statuses = ("completed", "partial", "failed", None)
        self._copies(
            models.ScheduleRow,
            count,
            lambda i: {
                "id": ids[i][0],
                "tenant_id": ids[i][1],
                "name": f"Export {i % 700} of region {i % 13}",
                "slug": f"export-{i}",
                "owner_id": users[i % 500],
                "is_active": i % 7 != 0,
                "next_run_at": self._ago(-1 - i) if i % 7 else None,
                "last_run_at": self._ago(i) if i % 4 != 3 else None,
                "last_status": statuses[i % 4],
                "failing_since": self._ago(i) if i % 50 == 1 else None,
                "paused_at": self._ago(i) if i % 70 == 0 else None,
                "created_at": self._ago(i * 10),
            },
        )
        self._schedules = ids
        self._rows(
            models.SavedViewRow,
            (
                {
                    "id": new_id(),
                    "tenant_id": self._tenant_of(i),
                    "maker_id": users[i % 500],
                    "name": f"View {i}",
                    "filters": {},
                    "is_shared": i % 50 == 0,
                    "created_at": self._ago(i),
                    "updated_at": self._ago(i),
                    "version": 1,
                }
                for i in range(count)
            ),
        )
        self._rows(
            models.ScheduleTagRow,
            (
                {
                    "scheduled_export_id": schedule_id,
                    "tenant_id": tenant_id,
                    "folded": tag.lower(),
                    "name": tag,
                }
                for i, (schedule_id, tenant_id) in enumerate(ids)
                for tag in ("Common", f"Tag {i % 90}", *(["Rare"] if i % 100 == 0 else []))
            ),
        )
        self._destinations(ids, users[0])

    def _destinations(self, schedules: list[tuple[str, str]], user: str) -> None:
        ids = [(new_id(), self._tenant_of(i)) for i in range(BIG)]
        self._rows(
            models.DestinationRow,
            (
                {
                    "id": destination,
                    "tenant_id": tenant,
                    "channel": "folder",
                    "name": f"Share {i}",
                    "config": {},
                    "secrets": "secret",
                    "is_active": True,
                    "state": "ok",
                    "created_by": user,
                    "created_at": self._ago(i),
                    "updated_at": self._ago(i),
                    "version": 1,
                }
                for i, (destination, tenant) in enumerate(ids)
            ),
        )
        self._rows(
            models.ScheduleDestinationRow,
            (
                {"scheduled_export_id": schedule[0], "destination_id": destination[0]}
                for schedule, destination in zip(schedules, ids, strict=False)
            ),
        )

    def _runs_of(self) -> None:
        count = BIG * 2
        of = [self._schedules[i % 40 if i % 2 else i % len(self._schedules)] for i in range(count)]
        ids = [new_id() for _ in range(count)]
        statuses = ["completed"] * 20 + ["partial", "failed", "skipped", "cancelled"]
        self._copies(
            models.RunRow,
            count,
            lambda i: {
                "id": ids[i],
                "scheduled_export_id": of[i][0],
                "tenant_id": of[i][1],
                "trigger": "schedule",
                "scheduled_for": self._ago(i * 15),
                "status": "pending" if i < 60 else statuses[i % len(statuses)],
                "created_at": self._ago(i * 15),
                "completed_at": None if i < 60 else self._ago(i * 15 - 1),
                "file_key": f"{of[i][1]}/{ids[i]}/file.csv",
                "file_removed_at": None if i % 10 == 0 else self._ago(i),
                "next_attempt_at": self._ago(-i) if i < 30 else None,
            },
        )
        self._runs = [(run, *of[i]) for i, run in enumerate(ids)]
        self._copies(
            models.AttemptRow, count, lambda i: {"id": new_id(), "history_id": ids[i], "number": 1}
        )
        self._copies(
            models.DeliveryRow,
            count,
            lambda i: {
                "id": new_id(),
                "history_id": ids[i],
                "message_id": new_id(),
                "status": "accepted" if i % 30 else "unknown",
            },
        )
        self._rows(
            models.FileDownloadRow,
            (
                {
                    "id": new_id(),
                    "history_id": ids[i % 1000],
                    "way": "api",
                    "at": self._ago(i),
                    "user_id": None,
                    "target": None,
                    "address": "192.0.2.1",
                    "device": "curl",
                }
                for i in range(BIG)
            ),
        )

    def _messages(self) -> None:
        self._rows(
            models.NotificationRow,
            (
                {
                    "id": new_id(),
                    "tenant_id": tenant,
                    "scheduled_export_id": schedule,
                    "history_id": run,
                    "kind": "failing",
                    "target": "ann@example.com",
                    "content": {},
                    "status": "sending" if i < 5 else "accepted",
                    "attempts": 1,
                    "error": None,
                    "created_at": self._ago(i),
                    "next_attempt_at": self._ago(i) if i < 20 else None,
                    "sent_at": self._ago(i),
                }
                for i, (run, schedule, tenant) in enumerate(self._runs[:BIG])
            ),
        )
        self._rows(
            models.AccountMessageRow,
            (
                {
                    "id": new_id(),
                    "kind": "invitation",
                    "subject_id": new_id(),
                    "generation": 1,
                    "target": "ann@example.com",
                    "content": {},
                    "status": "sending" if i < 5 else "accepted",
                    "attempts": 1,
                    "error": None,
                    "created_at": self._ago(i),
                    "next_attempt_at": self._ago(i) if i < 20 else None,
                    "sent_at": self._ago(i),
                }
                for i in range(BIG)
            ),
        )
        self._rows(
            models.MessagesOfDayRow,
            (
                {
                    "tenant_id": tenant,
                    "day": self._ago(day * 1440).date(),
                    "messages": 5,
                }
                for tenant in [self._filled.tenant, *self._tenants]
                for day in range(60)
            ),
        )

    def _campaigns(self) -> None:
        ids = [new_id() for _ in range(BIG + SMALL * SMALL)]
        self._copies(
            models.CampaignRow,
            len(ids),
            lambda i: {
                "id": ids[i],
                "tenant_id": self._tenant_of(i),
                "name": f"Campaign {i}",
                "channel": f"channel {i % 9}",
            },
        )
        self._copies(
            models.MetricRow,
            BIG * 3,
            lambda i: {"campaign_id": ids[i // 30], "date": self._ago(i % 30 * 1440).date()},
        )
