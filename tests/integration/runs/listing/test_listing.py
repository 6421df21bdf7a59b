"""The list of all runs of a tenant: its filters, pages and bounds, on both databases."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from exports_app.db.repositories.runs import run_list
from exports_app.domain.access import Principal
from exports_app.domain.errors import Forbidden, Invalid, NotFound
from exports_app.domain.runs.states import DeliveryStatus, RunStatus, Trigger
from exports_app.services.core.interfaces import RunFilter
from exports_app.services.core.records import Delivery, Run, Schedule, Tenant, new_id
from exports_app.services.runs.listing import Place, RunListPage
from exports_app.services.schedules.service import new_run
from exports_app.wiring import Services
from tests.world import make_schedule

ANN, BOB = "ann@example.com", "Bob.Ünal@example.org"
FULL = "bob: 552 5.2.2 mailbox full"

Add = Callable[..., Run]
Find = Callable[..., RunListPage]


@pytest.fixture
def add(services: Services) -> Add:
    """A run that was created so many minutes ago."""

    def add_run(
        schedule: Schedule, minutes: int, *, sent: Sequence[str] = (), **values: Any
    ) -> Run:
        at = services.clock() - timedelta(minutes=minutes)
        trigger = values.pop("trigger", Trigger.SCHEDULE)
        status = values.setdefault("status", RunStatus.COMPLETED)
        ended = None if status is RunStatus.PENDING else at
        run = replace(new_run(schedule, trigger, at, created_at=at), completed_at=ended, **values)
        with services.store.write() as tx:
            tx.runs.add(run)
            tx.deliveries.add(
                Delivery(new_id(), run.id, "email", to, DeliveryStatus.ACCEPTED, f"<{new_id()}@x>")
                for to in sent
            )
        return run

    return add_run


@pytest.fixture
def find(services: Services, admin: Principal, acme: Tenant) -> Find:
    def page(place: Place = Place(), size: int = 25, **where: Any) -> RunListPage:  # noqa: B008
        return services.run_listing.page(admin, acme.id, RunFilter(**where), place, size)

    return page


def ids(page: RunListPage) -> list[str]:
    return [listed.run.id for listed in page.runs]


def test_runs_of_all_schedules_stand_together_and_those_of_others_do_not(
    services: Services, admin: Principal, outsider: Principal, add: Add, find: Find
) -> None:
    first, second = make_schedule(services, admin, name="First"), make_schedule(services, admin)
    add(make_schedule(services, outsider), 1)
    runs = [add(schedule, n) for n, schedule in enumerate([first, second, first])]
    page = find()
    assert ids(page) == [run.id for run in runs]
    assert (page.total, page.has_newer, page.has_older) == (3, False, False)
    services.schedules.update(admin, first.id, {"name": "Renamed"})
    assert find().runs[0].schedule_name == "Renamed"
    assert ids(find(schedule_id=second.id)) == [runs[1].id]
    services.schedules.delete(admin, first.id)
    assert ids(find()) == [runs[1].id]
    assert find().total == 1


def test_each_filter_alone_and_with_others(
    services: Services, admin: Principal, add: Add, find: Find
) -> None:
    schedule = make_schedule(services, admin)
    now = services.clock()
    done = add(schedule, 1)
    failed = add(schedule, 2, status=RunStatus.FAILED, error=FULL, error_code="delivery_failed")
    test = add(
        schedule,
        3,
        trigger=Trigger.TEST,
        status=RunStatus.FAILED,
        error="Too large: 3 GB",
        error_code="too_large",
    )
    assert ids(find(status="failed")) == [failed.id, test.id]
    assert ids(find(trigger="test")) == [test.id]
    assert ids(find(trigger="schedule")) == [done.id, failed.id]
    assert ids(find(reason="MAILBOX Full")) == [failed.id]
    assert ids(find(reason="too large")) == [test.id]
    assert ids(find(reason="delivery failed")) == [failed.id]
    assert ids(find(reason="%")) == []
    both = find(status="failed", trigger="test", reason="3 GB")
    assert (ids(both), both.total) == ([test.id], 1)
    since = now - timedelta(minutes=2)
    assert ids(find(since=since)) == [done.id, failed.id]
    assert ids(find(before=since)) == [test.id]
    assert ids(find(schedule_id=schedule.id, status="completed")) == [done.id]


def test_a_recipient_is_found_by_the_address_or_a_part_of_it(
    services: Services, admin: Principal, add: Add, find: Find
) -> None:
    schedule = make_schedule(services, admin, recipients=[ANN, BOB])
    bob = replace(schedule, recipients=[BOB])
    both = add(schedule, 1, sent=[ANN, BOB])
    only_bob = add(bob, 2, sent=[BOB], recipients=[BOB])
    unsent = add(schedule, 3, status=RunStatus.FAILED, error="No space left")
    waits = add(schedule, 4, status=RunStatus.PENDING)
    mine = add(schedule, 5, trigger=Trigger.TEST, recipients=["me@example.com"])
    assert ids(find(recipient=ANN)) == [both.id, unsent.id, waits.id]
    assert ids(find(recipient=BOB)) == [both.id, only_bob.id, unsent.id, waits.id]
    assert ids(find(recipient="ünal")) == [both.id, only_bob.id, unsent.id, waits.id]
    assert ids(find(recipient="me@example.co")) == [mine.id]
    replaced = add(schedule, 6, sent=["new@example.com"])  # not among its recipients
    assert ids(find(recipient="new@example.com")) == [replaced.id]
    assert ids(find(recipient=ANN, status="completed")) == [both.id]
    first = find(recipient=ANN, size=1)
    assert (ids(first), first.total, first.has_older) == ([both.id], 3, True)
    second = find(Place(older_than=both.id), recipient=ANN, size=1)
    assert (ids(second), second.has_newer) == ([unsent.id], True)
    assert ids(find(Place(newer_than=waits.id), recipient=ANN, size=1)) == [unsent.id]


def test_an_address_of_very_many_runs_is_looked_for_among_the_newest(
    services: Services, admin: Principal, add: Add, find: Find, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run_list, "LOOKED_AT", 2)
    schedule = make_schedule(services, admin, recipients=[ANN])
    runs = [add(schedule, n, sent=[ANN]) for n in range(4)]
    page = find(recipient=ANN)
    assert (ids(page), page.total, page.looked_at) == ([r.id for r in runs[:2]], 2, 2)
    further = find(Place(older_than=page.look_on), recipient=ANN)
    assert ids(further) == [r.id for r in runs[2:]]
    assert find(Place(older_than=further.look_on), recipient=ANN).look_on == ""


def test_pages_step_to_older_runs_and_back(
    services: Services, admin: Principal, add: Add, find: Find
) -> None:
    schedule = make_schedule(services, admin)
    runs = [add(schedule, n // 2).id for n in range(7)]  # two at a time, in any order
    order = ids(find())
    assert sorted(order) == sorted(runs)
    for where in ({}, {"status": "completed"}, {"trigger": "schedule"}):
        first = find(size=3, **where)
        second = find(Place(older_than=order[2]), size=3, **where)
        third = find(Place(older_than=order[5]), size=3, **where)
        assert [ids(first), ids(second), ids(third)] == [order[:3], order[3:6], order[6:]]
        assert [page.has_older for page in (first, second, third)] == [True, True, False]
        assert [page.has_newer for page in (first, second, third)] == [False, True, True]
        assert {page.total for page in (first, second, third)} == {7}
        assert ids(find(Place(newer_than=order[6]), size=3, **where)) == order[3:6]
        assert ids(find(Place(newer_than=order[2]), size=3, **where)) == order[:3]
    assert ids(find(Place(starts_at=order[4]), size=3)) == order[4:]
    assert ids(find(Place(starts_at=order[0]), size=3)) == order[:3]
    assert ids(find(Place(older_than=new_id()), size=3)) == order[:3]


def test_runs_of_one_instant_have_the_same_order_in_the_history_of_the_api(
    services: Services, admin: Principal, add: Add, find: Find
) -> None:
    schedule = make_schedule(services, admin)
    runs = {run.id: run for run in (add(schedule, n // 4) for n in range(8))}
    order = ids(find(schedule_id=schedule.id))
    paged, after = list[str](), None
    while page := services.history.of_schedule(admin, schedule.id, 3, after)[0]:
        paged += [run.id for run, _ in page]
        after = (runs[paged[-1]].created_at, paged[-1])
    assert paged == order
    with services.store.read() as tx:
        assert [latest.run.id for latest in tx.runs.latest([schedule.id])] == order[:1]


def test_what_no_index_finds_is_looked_for_in_steps(
    services: Services, admin: Principal, add: Add, find: Find, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run_list, "LOOKED_AT", 3)
    schedule = make_schedule(services, admin)
    for minutes in range(4):
        add(schedule, minutes, status=RunStatus.FAILED, error="Disk full")
    old = add(schedule, 9, status=RunStatus.FAILED, error=FULL)
    page = find(reason="mailbox")
    assert (page.runs, page.total, page.looked_at) == ([], 0, 3)
    further = find(Place(older_than=page.look_on), reason="mailbox")
    assert (ids(further), further.look_on) == ([old.id], "")


def test_wrong_filters_and_foreign_runs_are_refused(
    services: Services, admin: Principal, outsider: Principal, acme: Tenant, add: Add, find: Find
) -> None:
    foreign = make_schedule(services, outsider)
    run = add(foreign, 1)
    with pytest.raises(NotFound):
        find(schedule_id=foreign.id)
    with pytest.raises(NotFound):
        services.run_listing.one(admin, acme.id, run.id)
    with pytest.raises((NotFound, Forbidden)):
        services.run_listing.page(outsider, acme.id, RunFilter(), Place(), 25)
    with pytest.raises(NotFound):
        services.run_listing.one(admin, acme.id, "nonsense")
    assert ids(services.run_listing.one(outsider, foreign.tenant_id, run.id)) == [run.id]
    assert ids(find(Place(older_than=run.id))) == []
    for where in ({"status": "lost"}, {"trigger": "moon"}, {"reason": "x" * 201}):
        with pytest.raises(Invalid):
            find(**where)
