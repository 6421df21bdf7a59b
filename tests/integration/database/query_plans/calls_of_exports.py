"""Calls of the repositories of campaigns, schedules, runs and their messages."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from exports_app.domain.runs.states import AttemptOutcome, RunStatus
from exports_app.services.core.interfaces import Span, Upcoming
from exports_app.services.core.interfaces.old_runs import Expiry
from exports_app.services.core.records import (
    DownloadWay,
    FileDownload,
    InstallationRecord,
    Maintenance,
    Metric,
    Page,
    new_id,
)
from tests.integration.database.query_plans.known import DAY, TOKEN, Call, Known


def _campaigns() -> Mapping[str, Call]:
    return {
        "campaigns.all_names": lambda tx, k: list(tx.campaigns.all_names(k.filled.tenant)),
        "campaigns.by_id": lambda tx, k: tx.campaigns.by_id(k.filled.tenant, [k.filled.campaign]),
        "campaigns.by_name": lambda tx, k: tx.campaigns.by_name(k.filled.tenant, ["Campaign 1"]),
        "campaigns.count_metrics": lambda tx, _: tx.campaigns.count_metrics(),
        "campaigns.delete": lambda tx, k: tx.campaigns.delete(k.filled.campaign),
        "campaigns.existing": lambda tx, k: tx.campaigns.existing(
            k.filled.tenant, [k.filled.campaign]
        ),
        "campaigns.find": lambda tx, k: tx.campaigns.find(
            frozenset({k.filled.tenant}), {}, "", Page(1, 50, "name")
        ),
        "campaigns.find: of all": lambda tx, _: tx.campaigns.find(
            None, {}, "", Page(2, 50, "name")
        ),
        "campaigns.get": lambda tx, k: tx.campaigns.get(k.filled.campaign),
        "campaigns.names": lambda tx, k: tx.campaigns.names(k.filled.tenant, [k.filled.campaign]),
        "campaigns.stored_days": lambda tx, k: list(
            tx.campaigns.stored_days(
                [k.filled.campaign], k.filled.now.date() - 30 * DAY, k.filled.now.date()
            )
        ),
        "campaigns.update": lambda tx, k: tx.campaigns.update(k.filled.campaign, {"name": "N"}),
        "campaigns.upsert_metrics": lambda tx, k: tx.campaigns.upsert_metrics(
            [Metric(k.filled.campaign, k.filled.now.date())]
        ),
    }


def _schedules() -> Mapping[str, Call]:
    def listed(sort: str, **where: Any) -> Call:
        return lambda tx, k: tx.schedules.find(
            frozenset({k.filled.tenant}), where, "", Page(2, 50, sort)
        )

    def of_all(sort: str, **where: Any) -> Call:
        return lambda tx, _: tx.schedules.find(None, where, "", Page(2, 50, sort))

    sorts = [
        f"{sign}{by}"
        for by in ("name", "created_at", "next_run_at", "last_run_at")
        for sign in ("", "-")
    ]
    return {
        **{f"schedules.find: by {sort}": listed(sort) for sort in (*sorts, "owner", "-owner")},
        "schedules.find: by owner, failed": listed("owner", last_status="failed"),
        "schedules.find: by owner, behind a row": lambda tx, k: tx.schedules.find(
            frozenset({k.filled.tenant}),
            {},
            "",
            Page(1, 50, "owner", after=((k.user.id, "m"), k.schedule.id)),
        ),
        **{f"schedules.find: of all, by {sort}": of_all(sort) for sort in sorts},
        "schedules.find": listed("-created_at"),
        "schedules.find: with tags": listed("name", tags=("common", "rare")),
        "schedules.find: of all, with tags": of_all("name", tags=("common", "rare")),
        "schedules.find: of an owner": lambda tx, k: tx.schedules.find(
            frozenset({k.filled.tenant}), {"owner_id": k.user.id}, "", Page(1, 50, "name")
        ),
        "schedules.find: without owner": listed("name", ownerless=True),
        "schedules.owners": lambda tx, k: tx.schedules.owners(k.filled.tenant),
        "schedules.tags": lambda tx, k: tx.schedules.tags(k.filled.tenant),
        "schedules.find: a word": lambda tx, k: tx.schedules.find(
            frozenset({k.filled.tenant}), {}, "region 690", Page(1, 50, "-created_at")
        ),
        "schedules.find: a word, of all": lambda tx, _: tx.schedules.find(
            None, {}, "region 690", Page(1, 50, "-created_at")
        ),
        "campaigns.find: a word": lambda tx, k: tx.campaigns.find(
            frozenset({k.filled.tenant}), {}, "paign 290", Page(1, 50, "name")
        ),
        "schedules.among": lambda tx, k: tx.schedules.among(
            frozenset({k.filled.tenant}), {"is_active": True}, "region", k.schedule_ids
        ),
        "schedules.names": lambda tx, k: tx.schedules.names(
            frozenset({k.filled.tenant}), {"is_active": True}, "", Page(1, 1_000, "-next_run_at")
        ),
        "schedules.names: a word": lambda tx, k: tx.schedules.names(
            frozenset({k.filled.tenant}), {}, "region", Page(1, 1_000, "name")
        ),
        "schedules.active_of": lambda tx, k: tx.schedules.active_of(k.user.id),
        "schedules.addressed_to": lambda tx, k: tx.schedules.addressed_to(
            k.filled.tenant, "ann@example.com"
        ),
        "schedules.advance": lambda tx, k: tx.schedules.advance({k.schedule.id: k.filled.now}),
        "schedules.change": lambda tx, k: tx.schedules.change(k.schedule.id, {"failures": 1}),
        "schedules.due": lambda tx, k: tx.schedules.due(k.filled.now, 100),
        "schedules.next_due": lambda tx, k: tx.schedules.next_due(
            k.filled.tenant, k.filled.now, 100
        ),
        "schedules.due_since": lambda tx, k: tx.schedules.due_since(k.filled.now),
        "schedules.get": lambda tx, k: tx.schedules.get(k.schedule.id, lock=True),
        "schedules.slugs": lambda tx, k: tx.schedules.slugs(k.filled.tenant, "export-12"),
        "schedules.by_slugs": lambda tx, k: tx.schedules.by_slugs(
            k.filled.tenant, ["export-12", "export-13"]
        ),
        "schedules.of_tenant": lambda tx, k: tx.schedules.of_tenant(k.filled.tenant, 1_001),
        "schedules.without_slug": lambda tx, k: tx.schedules.without_slug(100),
        "schedules.names_of": lambda tx, k: tx.schedules.names_of(k.schedule_ids),
        "schedules.of_ids": lambda tx, k: tx.schedules.of_ids(k.schedule_ids),
        "schedules.note_result": lambda tx, k: tx.schedules.note_result(
            k.run, "completed", k.filled.now
        ),
        "schedules.reserve": lambda tx, k: tx.schedules.reserve(k.schedules[:3]),
        "schedules.set_recipients": lambda tx, k: tx.schedules.set_recipients(
            {k.schedule.id: ["b@example.com"]}, k.filled.now
        ),
        "schedules.summary": lambda tx, k: tx.schedules.summary(frozenset({k.filled.tenant})),
        "schedules.summary: of all": lambda tx, _: tx.schedules.summary(None),
        "schedules.to_come": lambda tx, k: tx.schedules.to_come(
            "Europe/Berlin", k.filled.now, k.schedule.id, 100
        ),
        "schedules.transfer_ownership": lambda tx, k: tx.schedules.transfer_ownership(
            k.filled.tenant, k.user.id, k.user.id, k.filled.now
        ),
        "schedules.update: tags": lambda tx, k: tx.schedules.update(
            k.schedule.id, 1, {"tags": ["One", "Two"]}
        ),
        "schedules.update_all": lambda tx, k: tx.schedules.update_all(
            {key: {"name": "N", "tags": ["One"]} for key in k.schedule_ids}
        ),
        "schedules.of_ids: to be changed": lambda tx, k: tx.schedules.of_ids(
            k.schedule_ids, lock=True
        ),
        "schedules.update": lambda tx, k: tx.schedules.update(k.schedule.id, 1, {"name": "N"}),
        "views.get": lambda tx, _: tx.views.get(new_id(), lock=True),
        "views.of_maker": lambda tx, k: tx.views.of_maker(k.filled.tenant, k.user.id),
        "views.shared": lambda tx, k: tx.views.shared(k.filled.tenant),
        "views.update": lambda tx, _: tx.views.update(new_id(), 1, {"name": "N"}),
        "views.remove": lambda tx, _: tx.views.remove(new_id()),
        "schedules.zones_to_come": lambda tx, k: tx.schedules.zones_to_come(k.filled.now),
    }


def _runs() -> Mapping[str, Call]:
    return {
        "run_queue.abandoned": lambda tx, k: tx.run_queue.abandoned(k.filled.now),
        "run_queue.abandoned: all": lambda tx, _: tx.run_queue.abandoned(None),
        "run_queue.begin_message": lambda tx, k: tx.run_queue.begin_message(k.run.id, TOKEN),
        "run_queue.claim": lambda tx, k: tx.run_queue.claim(
            k.run.id, TOKEN, k.filled.now, k.filled.now
        ),
        "run_queue.extend": lambda tx, k: tx.run_queue.extend(k.run.id, TOKEN, k.filled.now),
        "run_queue.lock_claims": lambda tx, _: tx.run_queue.lock_claims(),
        "run_queue.next_isolated": lambda tx, k: tx.run_queue.next_isolated(k.filled.now),
        "run_queue.update_claimed": lambda tx, k: tx.run_queue.update_claimed(
            k.run.id, TOKEN, {"file_name": "f"}, k.filled.now
        ),
        "run_queue.at_work": lambda tx, k: tx.run_queue.at_work(k.filled.now),
        "run_queue.waiting": lambda tx, k: tx.run_queue.waiting(k.filled.now),
        "run_queue.waiting_since": lambda tx, k: tx.run_queue.waiting_since(k.filled.now),
        "runs.cancel": lambda tx, k: tx.runs.cancel(
            replace(k.run, status=RunStatus.PENDING), {"error": "e"}
        ),
        "runs.cancel_pending": lambda tx, k: tx.runs.cancel_pending(k.schedule_ids, k.filled.now),
        "runs.get": lambda tx, k: tx.runs.get(k.run.id),
        "runs.keys_in_use": lambda tx, k: tx.runs.keys_in_use(
            [run.file_key for run in k.runs if run.file_key]
        ),
        "runs.latest": lambda tx, k: tx.runs.latest(k.schedule_ids),
        "runs.note_removed": lambda tx, k: tx.runs.note_removed(k.run.id, k.filled.now, None),
        "runs.of_schedule": lambda tx, k: tx.runs.of_schedule(k.schedules[0].id, 50),
        "runs.outdated": lambda tx, k: tx.runs.outdated(
            k.filled.tenant, k.filled.now - DAY, k.filled.now, 100
        ),
        "runs.reopen": lambda tx, k: tx.runs.reopen(replace(k.run, status=RunStatus.FAILED)),
        "runs.replace_skipped": lambda tx, k: tx.runs.replace_skipped(
            replace(k.run, status=RunStatus.SKIPPED), k.run
        ),
        "runs.revoke_links": lambda tx, k: tx.runs.revoke_links(k.run.id, k.filled.now),
        "runs.summarized_before": lambda tx, k: tx.runs.summarized_before(
            k.run, k.filled.now.date(), 1_000
        ),
        "runs.ticks": lambda tx, k: tx.runs.ticks(k.schedule.id, [k.filled.now]),
        "runs.under_way": lambda tx, k: tx.runs.under_way(k.schedule_ids, k.filled.now),
        "runs.unfinished": lambda tx, _: tx.runs.unfinished(500),
        "runs.unfinished_of": lambda tx, k: tx.runs.unfinished_of(k.user.id),
        "runs.update_unclaimed": lambda tx, k: tx.runs.update_unclaimed(k.run, {"error": "e"}),
        "installation.noted": lambda tx, _: tx.installation.noted(),
        "installation.add": lambda tx, _: tx.installation.add(InstallationRecord("salt")),
        "installation.maintenance": lambda tx, _: tx.installation.maintenance(),
        "installation.set_maintenance": lambda tx, _: tx.installation.set_maintenance(
            Maintenance()
        ),
        "installation.replace": lambda tx, _: tx.installation.replace(
            InstallationRecord("salt"), InstallationRecord("salt", "key")
        ),
        "status_counts.deliveries": lambda tx, _: tx.status_counts.deliveries(),
        "status_counts.fold": lambda tx, _: tx.status_counts.fold(100, 100),
        "status_counts.newest_row": lambda tx, _: tx.status_counts.newest_row(100),
        "status_counts.runs": lambda tx, _: tx.status_counts.runs(),
        "snapshots.add": lambda tx, _: tx.snapshots.add([{"name": "one that is new"}]),
        "snapshots.any_to_move": lambda tx, k: tx.snapshots.any_to_move(k.filled.now),
        "snapshots.drop_unused": lambda tx, _: tx.snapshots.drop_unused(
            tx.snapshots.add([{"name": "one that no run has"}])
        ),
        "snapshots.move": lambda tx, k: tx.snapshots.move(k.filled.now, 100),
        "old_runs.look": lambda tx, k: tx.old_runs.look(
            k.filled.tenant, Expiry(k.filled.now - DAY, k.filled.now, 20), None, 100
        ),
        "old_runs.remove": lambda tx, k: tx.old_runs.remove(
            k.run_ids[:3], Expiry(k.filled.now - DAY, k.filled.now, 20)
        ),
        "old_runs.removed_from": lambda tx, k: tx.old_runs.removed_from(k.schedule.id),
        "deleted_schedules.get": lambda tx, k: tx.deleted_schedules.get(k.schedule.id, lock=True),
        "deleted_schedules.find": lambda tx, k: tx.deleted_schedules.find(
            k.filled.tenant, k.filled.now - DAY, Page(1, 50, "-deleted_at")
        ),
        "deleted_schedules.of_ids": lambda tx, k: tx.deleted_schedules.of_ids(
            k.schedule_ids, lock=True
        ),
        "deleted_schedules.expired": lambda tx, k: tx.deleted_schedules.expired(
            k.filled.tenant, k.filled.now, 100
        ),
        "deleted_schedules.remove_runs": lambda tx, k: tx.deleted_schedules.remove_runs(
            k.schedule.id, 100
        ),
        "deleted_schedules.remove": lambda tx, k: tx.deleted_schedules.remove(k.user.id),
        "attempts.end": lambda tx, k: tx.attempts.end(
            k.run.id, AttemptOutcome.FAILED, k.filled.now, None, None
        ),
        "attempts.of_runs": lambda tx, k: tx.attempts.of_runs(k.run_ids),
        "zone_data.fingerprints": lambda tx, _: tx.zone_data.fingerprints(),
        "zone_data.note": lambda tx, k: tx.zone_data.note("Europe/Berlin", "f", k.filled.now),
    }


def _messages() -> Mapping[str, Call]:
    def download(k: Known) -> FileDownload:
        return FileDownload(new_id(), k.run.id, DownloadWay.API, k.filled.now)

    def seen(tx: Any, k: Known) -> Any:
        return tx.account_messages.due(k.filled.now, 1)[0]

    def notice(tx: Any, k: Known) -> Any:
        return tx.notifications.due(k.filled.now, 1)[0]

    return {
        "deliveries.accept_unknown": lambda tx, k: tx.deliveries.accept_unknown(k.run.id, "n"),
        "deliveries.change": lambda tx, k: tx.deliveries.change(k.delivery, {"attempts": 2}),
        "deliveries.end_pending": lambda tx, k: tx.deliveries.end_pending(k.run.id, "r"),
        "deliveries.get": lambda tx, k: tx.deliveries.get(k.delivery.id),
        "deliveries.mark_sending_unknown": lambda tx, k: tx.deliveries.mark_sending_unknown(
            k.run.id
        ),
        "deliveries.mark_unsent_unknown": lambda tx, k: tx.deliveries.mark_unsent_unknown(
            k.run.id, "r"
        ),
        "deliveries.of_runs": lambda tx, k: tx.deliveries.of_runs(k.run_ids),
        "deliveries.reopen": lambda tx, k: tx.deliveries.reopen([k.delivery.id]),
        "downloads.of_run": lambda tx, k: tx.downloads.of_run(k.run.id, 50),
        "downloads.since": lambda tx, k: tx.downloads.since(download(k), k.filled.now),
        "notifications.change": lambda tx, k: tx.notifications.change(
            notice(tx, k), {"attempts": 2}
        ),
        "notifications.due": lambda tx, k: tx.notifications.due(k.filled.now, 50),
        "notifications.forget": lambda tx, k: tx.notifications.forget(k.filled.now - DAY, 100),
        "notifications.hold": lambda tx, _: tx.notifications.hold("r", 500),
        "notifications.of_schedule": lambda tx, k: tx.notifications.of_schedule(k.schedule.id, 50),
        "notifications.release": lambda tx, k: tx.notifications.release(k.filled.now),
        "notifications.waiting": lambda tx, _: tx.notifications.waiting(1_000),
        "account_messages.waiting": lambda tx, _: tx.account_messages.waiting(1_000),
        "account_messages.change": lambda tx, k: tx.account_messages.change(
            seen(tx, k), {"attempts": 2}
        ),
        "account_messages.due": lambda tx, k: tx.account_messages.due(k.filled.now, 50),
        "account_messages.forget": lambda tx, k: tx.account_messages.forget(k.filled.now, 100),
        "account_messages.hold": lambda tx, _: tx.account_messages.hold("r", 500),
        "account_messages.of_subject": lambda tx, _: tx.account_messages.of_subject(new_id()),
        "account_messages.release": lambda tx, k: tx.account_messages.release(k.filled.now),
        "account_messages.remove": lambda tx, _: tx.account_messages.remove(new_id()),
    }


def _analytics() -> Mapping[str, Call]:
    def days(k: Known) -> list[Span]:
        begins = [k.filled.now - DAY * n for n in range(7, 0, -1)]
        return [Span(at, at + DAY) for at in begins]

    def alike(k: Known) -> Upcoming:
        return Upcoming(k.schedule.schedule, k.schedule.timezone, k.filled.now, 2, k.schedule.name)

    return {
        "analytics.backlog": lambda tx, k: tx.analytics.backlog(k.filled.tenant, k.filled.now),
        "analytics.channels": lambda tx, k: tx.analytics.channels(k.filled.tenant, 100),
        "analytics.close_days": lambda tx, k: tx.analytics.close_days(k.filled.tenant, days(k)),
        "analytics.closed_days": lambda tx, k: tx.analytics.closed_days(k.filled.tenant, days(k)),
        "analytics.days": lambda tx, k: tx.analytics.days(k.filled.tenant, days(k)),
        "analytics.failing": lambda tx, k: tx.analytics.failing(k.filled.tenant, 10),
        "analytics.forget_days": lambda tx, k: tx.analytics.forget_days(k.filled.now, 100),
        "analytics.open_days": lambda tx, k: tx.analytics.open_days(k.filled.tenant, days(k)),
        "analytics.ownerless": lambda tx, k: tx.analytics.ownerless(k.filled.tenant, 10),
        "analytics.paused": lambda tx, k: tx.analytics.paused(k.filled.tenant, 10),
        "analytics.names": lambda tx, k: tx.analytics.names(k.filled.tenant, alike(k), 5),
        "analytics.upcoming": lambda tx, k: tx.analytics.upcoming(
            k.filled.tenant, k.filled.now + DAY
        ),
    }


CALLS: Mapping[str, Call] = {
    **_campaigns(),
    **_schedules(),
    **_runs(),
    **_messages(),
    **_analytics(),
}
