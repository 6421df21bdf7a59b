"""Short-lived records that have had their time."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from exports_app.domain.access import Role
from exports_app.domain.runs.states import DeliveryStatus
from exports_app.services import record_retention
from exports_app.services.core.records import (
    AccountMessage,
    Code,
    Invitation,
    Notification,
    NotificationKind,
    PasswordReset,
    Session,
    new_id,
)
from exports_app.wiring import Services
from tests.doubles import FakeClock
from tests.query_plans import plans
from tests.world import Cast, make_schedule, sql

TABLES = {
    "notices": 180,
    "account_messages": 7,
    "invitations": 30,
    "password_resets": 30,
    "sessions": 7,
    "one_time_codes": 0,
}
"""Days after which each goes."""
Add = Callable[..., None]


@pytest.fixture
def add(services: Services, cast: Cast) -> Add:
    """Adds one of each; status, due: of the messages."""
    schedule = make_schedule(services, cast.admin.who)
    tenant, user = cast.acme.id, cast.admin.user.id

    def _add(status: DeliveryStatus = DeliveryStatus.ACCEPTED, *, due: bool = False) -> None:
        now = services.clock()
        attempt = now if due else None
        notice = Notification(
            *(new_id(), tenant, schedule.id, None, NotificationKind.FAILING, "ann@example.com"),
            *({}, status, now),
            next_attempt_at=attempt,
        )
        message = AccountMessage(
            *(new_id(), "invitation", new_id(), 1, "ann@example.com", {}, status, now),
            next_attempt_at=attempt,
        )
        address = f"{new_id()}@example.com"
        invitation = Invitation(new_id(), tenant, address, Role.VIEWER, user, now, now, mailed=True)
        with services.store.write() as tx:
            tx.notifications.add([notice])
            tx.account_messages.add(message)
            tx.invitations.add(invitation)
            tx.password_resets.add(PasswordReset(new_id(), user, 0, now, now))
            tx.sessions.add(Session(new_id(), user, 0, now, now))
            tx.codes.add(Code(new_id(), "login", new_id(), user, {}, now))

    return _add


def sweep(services: Services) -> dict[str, int]:
    return services.record_retention.sweep(pause=lambda _: None)


def counts(services: Services) -> dict[str, int]:
    return {name: int(sql(services, f"SELECT count(*) FROM {name}")[0][0]) for name in TABLES}


def test_each_kind_goes_after_its_days(services: Services, clock: FakeClock, add: Add) -> None:
    add()
    begun = clock()
    for days in sorted(set(TABLES.values())):
        clock.set(begun + timedelta(days=days))
        sweep(services)
        left = {name for name, count in counts(services).items() if count}
        assert left == {name for name, kept in TABLES.items() if kept >= days}
        clock.advance(seconds=1)
        sweep(services)
        left = {name for name, count in counts(services).items() if count}
        assert left == {name for name, kept in TABLES.items() if kept > days}


def test_what_is_still_to_be_sent_stays(services: Services, clock: FakeClock, add: Add) -> None:
    add(DeliveryStatus.PENDING, due=True)
    clock.advance(days=400)
    sweep(services)
    left = {name: count for name, count in counts(services).items() if count}
    assert left == {"notices": 1, "account_messages": 1}


@pytest.mark.one_database
def test_all_go_in_batches_and_a_stop_ends_it_between_two(
    services: Services, clock: FakeClock, add: Add, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(record_retention, "BATCH", 2)
    for _ in range(5):
        add()
    clock.advance(days=400)
    pauses = list[float]()
    assert services.record_retention.sweep(lambda: True, pauses.append) == {}
    assert services.record_retention.sweep(lambda: bool(pauses), pauses.append) == {"notices": 4}
    assert sweep(services)["notices"] == 1
    assert set(counts(services).values()) == {0}


@pytest.mark.about_sqlite  # its plan of the queries
def test_it_reads_by_index(services: Services, add: Add) -> None:
    add()
    with plans(services, "DELETE") as steps:
        sweep(services)
    assert len(steps) >= len(TABLES)
    assert [step for step in steps if step.startswith("SCAN")] == []
