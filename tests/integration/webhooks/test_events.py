"""Which events there are, and what they say."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from exports_app.domain import bounds
from exports_app.domain.access import Principal
from exports_app.domain.runs.send_to import SendTo
from exports_app.domain.runs.states import DeliveryStatus, RunStatus
from exports_app.services.core.records import Delivery, Schedule, Tenant
from exports_app.services.events import noting, payloads
from exports_app.services.events.kinds import EventType
from exports_app.services.runs import completion
from exports_app.services.schedules.definitions.service import Definition
from exports_app.wiring import Services
from tests.doubles import FakeClock
from tests.integration.webhooks.conftest import Make, send_all
from tests.mailserver import MailServer
from tests.receiver import Receiver
from tests.world import claim, draft, execute, make_schedule, stored, trigger_and_execute

MOST_BYTES = 20_000


class Told:
    """The events that were not asked for yet, in the order in which they happened."""

    def __init__(self, services: Services, listener: Receiver) -> None:
        self._services = services
        self._listener = listener
        self._seen = 0

    def __call__(self) -> list[dict[str, Any]]:
        send_all(self._services)
        received = self._listener.received[self._seen :]
        self._seen += len(received)
        assert all(len(one.body) < MOST_BYTES for one in received)
        return [one.event for one in received]

    def types(self) -> list[str]:
        return [event["type"] for event in self()]


@pytest.fixture
def told(services: Services, listener: Receiver) -> Told:
    return Told(services, listener)


def valid(event: dict[str, Any]) -> Any:
    """The data as its model reads it."""
    return payloads.MODELS[EventType(event["type"])].model_validate(event["data"])


def test_changes_of_a_scheduled_export(
    services: Services, make: Make, admin: Principal, told: Told, clock: FakeClock
) -> None:
    make()
    schedule = make_schedule(services, admin)
    services.schedules.update(admin, schedule.id, {"name": "New", "recipients": ("b@example.com",)})
    services.schedules.update(admin, schedule.id, {"name": "New"})  # nothing differs
    services.activation.set_active(admin, schedule.id, False)
    services.activation.set_active(admin, schedule.id, True)
    services.schedules.update(admin, schedule.id, {"is_active": False, "format": "json"})
    services.schedules.delete(admin, schedule.id)
    services.deleted_schedules.restore(admin, schedule.id)
    clock.advance(microseconds=9)
    events = told()
    assert sorted(
        (event["type"].removeprefix("export.schedule."), tuple(event["data"]["changed"]))
        for event in events
    ) == sorted(
        [
            ("created", ()),
            ("updated", ("name", "recipients")),
            ("paused", ("isActive",)),
            ("updated", ("isActive",)),
            ("updated", ("format", "isActive")),
            ("paused", ("format", "isActive")),
            ("deleted", ()),
            ("created", ()),
        ]
    )
    updated = valid(next(one for one in events if "name" in one["data"]["changed"]))
    assert updated.scheduled_export.name == "New"
    base = services.settings.base_url
    assert updated.scheduled_export.url == f"{base}/api/scheduled-exports/{schedule.id}"
    assert (updated.by.name, updated.tenant.slug) == ("Admin", "acme")


def test_a_definition_that_is_applied(
    services: Services, make: Make, admin: Principal, acme: Tenant, told: Told, clock: FakeClock
) -> None:
    make()

    def apply(*schedules: dict[str, Any]) -> list[str]:
        wanted = Definition([draft(**one) for one in schedules])
        services.definitions.apply(admin, acme.id, wanted, prune=True)
        clock.advance(seconds=1)
        return [event.removeprefix("export.schedule.") for event in told.types()]

    one, two = {"slug": "one", "name": "One"}, {"slug": "two", "name": "Two"}
    assert apply(one, two) == ["created", "created"]
    assert apply(one, two) == []
    assert apply(one | {"name": "Renamed"}) == ["updated", "deleted"]


def test_many_at_once_come_in_order(
    services: Services, make: Make, admin: Principal, told: Told, clock: FakeClock
) -> None:
    make()
    ids = [make_schedule(services, admin, name=f"{n}").id for n in range(3)]
    clock.advance(seconds=1)
    told()
    services.activation.set_all(admin, ids, False)
    clock.advance(seconds=1)
    events = told()
    assert [event["data"]["scheduledExport"]["id"] for event in events] == ids
    assert {event["type"] for event in events} == {"export.schedule.paused"}


def test_chosen_events_of_chosen_scheduled_exports(
    services: Services, make: Make, admin: Principal, outsider: Principal, listener: Receiver
) -> None:
    chosen = make_schedule(services, admin, name="Chosen")
    other = make_schedule(services, admin, name="Other")
    make("/of-chosen", schedule_ids=[chosen.id])
    make("/deleted", events=["export.schedule.deleted"])
    make("/theirs", who=outsider)
    for schedule in (chosen, other):
        services.schedules.update(admin, schedule.id, {"format": "json"})
        services.schedules.delete(admin, schedule.id)
    send_all(services)
    got = sorted(
        (one.path, one.event["data"]["scheduledExport"]["name"]) for one in listener.received
    )
    assert got == [
        ("/deleted", "Chosen"),
        ("/deleted", "Other"),
        ("/of-chosen", "Chosen"),
        ("/of-chosen", "Chosen"),
    ]


def test_a_completed_run(
    services: Services, make: Make, admin: Principal, told: Told, campaigns: Any, mail: MailServer
) -> None:
    make(events=["export.run.completed"])
    schedule = make_schedule(services, admin)
    run = trigger_and_execute(services, admin, schedule)
    [event] = told()
    data = valid(event)
    assert (data.run.id, data.run.status, data.run.rows) == (run.id, "completed", run.record_count)
    assert (data.run.deliveries.total, data.run.deliveries.accepted) == (1, 1)
    [file] = data.files
    assert (file.name, file.size, file.sha256) == (run.file_name, run.file_size, run.sha256)
    base = services.settings.base_url
    assert file.url == f"{base}/api/runs/{run.id}/file"
    assert run.completed_at is not None
    days = timedelta(days=services.settings.retention_days)
    assert file.expires_at == (run.completed_at + days).replace(microsecond=0)


@pytest.mark.one_database
def test_a_run_says_where_its_destinations_have_the_file(
    services: Services,
    make: Make,
    admin: Principal,
    acme: Tenant,
    told: Told,
    campaigns: Any,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("EXPORT_FOLDERS", str(tmp_path))
    destinations = [
        services.destinations.create(admin, acme.id, "folder", name, {"name": f"{path}.{{format}}"})
        for name, path in (("Share", "a"), ("Deep", "/".join(["ü" * 100] * 4)))
    ]
    make(events=["export.run.completed", "export.run.partial"])
    ids = tuple(one.id for one in destinations)
    schedule = make_schedule(services, admin, recipients=(), destination_ids=ids)
    trigger_and_execute(services, admin, schedule)
    [event] = told()
    share, deep = sorted(valid(event).destinations, key=lambda one: one.name, reverse=True)
    path = tmp_path / acme.slug / "a.csv"
    assert share == payloads.Destination(
        id=ids[0], name="Share", channel="folder", status="accepted", location=str(path)
    )
    assert path.is_file()
    assert (deep.status, deep.location) == ("accepted", None)  # too long for a message


@pytest.mark.one_database
def test_the_largest_message_of_a_run(
    services: Services, make: Make, admin: Principal, told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each text as long as it may be, in characters of four bytes."""
    schedule = make_schedule(services, admin, name="😀" * bounds.NAME)
    make(events=["export.run.partial"])
    run = services.schedules.trigger(admin, schedule.id)
    delivery = Delivery(
        *("x", run.id, "folder", "😀" * bounds.DESTINATION_NAME, DeliveryStatus.ACCEPTED, "x"),
        destination_id=run.id,
        location="😀" * (payloads.LOCATION // 4),
    )
    many = [delivery] * bounds.DESTINATIONS
    with services.store.write() as tx:
        monkeypatch.setattr(type(tx.deliveries), "of_runs", lambda *_: {run.id: many})
        monkeypatch.setattr(type(tx.runs), "get", lambda *_: None)
        ended = replace(
            run,
            status=RunStatus.PARTIAL,
            error="😀" * 5_000,
            file_key="x",
            file_name="😀" * 60,
            sha256="0" * 64,
        )
        noting.note_runs(tx, [ended], run.created_at)
    [event] = told()  # which looks at its size
    assert event["data"]["destinations"][0]["location"] == delivery.location


def test_a_failed_run_and_an_automatic_pause(
    services: Services, make: Make, admin: Principal, told: Told, mail: MailServer
) -> None:
    make(events=["export.run.failed", "export.schedule.paused"])
    schedule = make_schedule(services, admin, pause_after=1)
    services.clock.set(stored(services, schedule).next_run_at)
    services.ticks.tick()
    run = claim(services)
    services.run_endings.close(run, RunStatus.FAILED, "x" * 5_000, "broken")
    events = told()
    assert sorted(event["type"] for event in events) == [
        "export.run.failed",
        "export.schedule.paused",
    ]
    failed = valid(next(one for one in events if one["type"] == "export.run.failed"))
    assert (failed.run.error.code, failed.run.error.message) == ("broken", "x" * payloads.TEXT)
    assert (failed.files, failed.run.trigger) == ([], "schedule")
    paused = valid(next(one for one in events if one["type"] == "export.schedule.paused"))
    assert "the last run failed" in paused.reason
    assert (paused.by.id, paused.by.name) == (None, "the app")


def test_a_skipped_run(
    services: Services, make: Make, admin: Principal, told: Told, clock: FakeClock
) -> None:
    make(events=["export.run.skipped"])
    schedule = make_schedule(services, admin, catch_up="none")
    clock.advance(days=30)
    services.ticks.tick()
    [event] = told()
    assert valid(event).run.error.code == "missed"
    assert event["data"]["scheduledExport"]["id"] == schedule.id


def test_tests_and_cancelled_runs_are_no_events(
    services: Services, make: Make, admin: Principal, told: Told, campaigns: Any, mail: MailServer
) -> None:
    make()
    schedule = make_schedule(services, admin)
    told()
    services.schedules.trigger(admin, schedule.id, SendTo.CALLER)
    execute(services, claim(services))
    run = services.schedules.trigger(admin, schedule.id)
    services.run_actions.cancel(admin, schedule.id, run.id)
    assert told.types() == []


def test_an_event_is_written_with_its_cause_or_not_at_all(
    services: Services, make: Make, admin: Principal, told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    make()

    def broken(*_: object, **__: object) -> None:
        raise RuntimeError

    schedule: Schedule = make_schedule(services, admin)
    told()
    run = services.schedules.trigger(admin, schedule.id)
    claimed = claim(services)
    assert claimed.id == run.id
    with monkeypatch.context() as failing:
        failing.setattr(completion, "record", broken)
        with pytest.raises(RuntimeError):
            services.run_endings.close(claimed, RunStatus.FAILED, "no")
    assert told.types() == []
    services.run_endings.close(claimed, RunStatus.FAILED, "no")
    assert told.types() == ["export.run.failed"]
