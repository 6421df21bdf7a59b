"""Changes of many scheduled exports: so many in each transaction, each refused or changed alone."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import asdict
from typing import Any

import pytest

from exports_app.domain import bounds
from exports_app.domain.access import Principal, Role
from exports_app.domain.errors import Conflict, Invalid, Unavailable
from exports_app.services.core.change_events import Topic
from exports_app.services.core.interfaces import AuditFilter
from exports_app.services.core.records import Action, Membership, Page, Schedule
from exports_app.services.schedules import batches
from exports_app.services.schedules.bulk import BulkAction
from exports_app.wiring import Services
from tests.doubles import Watch
from tests.world import Cast, make_schedule, runs_of, side_by_side, stored


@pytest.fixture
def five(services: Services, admin: Principal, monkeypatch: pytest.MonkeyPatch) -> list[Schedule]:
    """Two in each transaction."""
    monkeypatch.setattr(batches, "BATCH", 2)
    return [make_schedule(services, admin, name=f"Plan {i}", tags=("a",)) for i in range(5)]


@pytest.fixture
def writes(services: Services, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """An element for each transaction that writes."""
    begun, write = list[str](), services.store.write

    def counted() -> AbstractContextManager[Any]:
        begun.append("write")
        return write()

    monkeypatch.setattr(services.store, "write", counted)
    return begun


def ids(schedules: list[Schedule]) -> list[str]:
    return [schedule.id for schedule in schedules]


def test_each_action_takes_one_transaction_and_one_event_for_a_batch_and_notes_each_schedule(
    services: Services, cast: Cast, five: list[Schedule], writes: list[str], watch: Watch
) -> None:
    who, of, bulk = cast.admin.who, ids(five), services.bulk
    with services.store.write() as tx:
        tx.users.join(Membership(cast.outsider.user.id, cast.acme.id, Role.ADMIN))
    paused = bulk.apply(who, of, BulkAction.PAUSE)
    steps = [
        (lambda: bulk.undo(who, paused.switched), Action.SCHEDULE_UPDATED),
        (lambda: bulk.tag(who, of, ["b"]), Action.SCHEDULE_UPDATED),
        (lambda: bulk.transfer(who, of, cast.outsider.user.id), Action.SCHEDULE_UPDATED),
        (lambda: bulk.apply(who, of, BulkAction.DELETE), Action.SCHEDULE_DELETED),
        (lambda: bulk.restore(who, of), Action.SCHEDULE_RESTORED),
    ]
    for step, action in steps:
        known = {
            entry.id for entry in services.audit.find(who, None, AuditFilter(), Page(1, 99))[0]
        }
        writes.clear()
        seen = len(watch.seen)
        result = step()
        assert (result.done, result.failed) == (of, [])
        assert len(writes) == 3
        assert [change.topic for change in watch.seen[seen:]] == [Topic.SCHEDULES] * 3
        entries, _ = services.audit.find(who, None, AuditFilter(), Page(1, 99))
        fresh = [entry for entry in entries if entry.id not in known]
        assert sorted(entry.subject_id or "" for entry in fresh) == sorted(of)
        assert {(entry.action, entry.actor_id) for entry in fresh} == {(action, who.user_id)}
    after = [stored(services, schedule) for schedule in five]
    assert {(one.owner_id, one.is_active, one.version) for one in after} == {
        (cast.outsider.user.id, True, 7)
    }
    assert [one.tags for one in after] == [["a", "b"]] * 5
    assert services.tags.find(who, cast.acme.id) == ["a", "b"]


def test_what_is_kept_to_undo_is_small(
    services: Services, admin: Principal, five: list[Schedule]
) -> None:
    paused = services.bulk.apply(admin, ids(five), BulkAction.PAUSE).switched
    assert {tuple(one.before) for one in paused} == {("is_active", "next_run_at")}
    activated = services.bulk.apply(admin, ids(five), BulkAction.ACTIVATE).switched
    kept = [len(str(asdict(one))) for one in activated]
    assert max(kept) < 1_000
    assert not {"recipients", "filters", "description"} & activated[0].before.keys()


def test_what_changes_before_it_is_locked_is_looked_at_again(
    services: Services, admin: Principal, five: list[Schedule], monkeypatch: pytest.MonkeyPatch
) -> None:
    write_as = batches.write_as

    @contextmanager
    def later(*of: Any) -> Iterator[Any]:
        monkeypatch.setattr(batches, "write_as", write_as)
        services.schedules.update(admin, five[0].id, {"tags": ("a", "other")})
        services.schedules.delete(admin, five[1].id)
        with write_as(*of) as begun:
            yield begun

    monkeypatch.setattr(batches, "write_as", later)
    result = services.bulk.tag(admin, ids(five)[:2], ["b"])
    assert (result.done, [key for key, _ in result.failed]) == ([five[0].id], [five[1].id])
    assert stored(services, five[0]).tags == ["a", "other", "b"]


def test_a_batch_that_the_database_loses_changes_nothing_and_the_ones_before_stay(
    services: Services, admin: Principal, five: list[Schedule], monkeypatch: pytest.MonkeyPatch
) -> None:
    write, begun = batches.edits.write, list[int]()

    def lost(*of: Any) -> list[Schedule]:
        begun.append(1)
        changed = write(*of)
        if len(begun) == 2:
            raise Unavailable
        return changed

    monkeypatch.setattr(batches.edits, "write", lost)
    result = services.bulk.apply(admin, ids(five), BulkAction.PAUSE)
    assert result.done == ids(five)[:2]
    assert result.failed == [(key, Unavailable().message) for key in ids(five)[2:]]
    assert [one.id for one in result.switched] == ids(five)[:2]
    assert [stored(services, one).is_active for one in five] == [False] * 2 + [True] * 3
    assert len(begun) == 2


def test_deleting_says_how_many_runs_it_cancelled(
    services: Services, admin: Principal, five: list[Schedule]
) -> None:
    for schedule in five[:3]:
        services.schedules.trigger(admin, schedule.id)
    assert services.bulk.apply(admin, ids(five), BulkAction.DELETE).cancelled == 3
    assert runs_of(services, five[0])[0].error_code == "schedule_deleted"


def test_as_many_are_restored_as_there_is_room_for(
    services: Services, cast: Cast, five: list[Schedule]
) -> None:
    who = cast.admin.who
    services.bulk.apply(who, ids(five), BulkAction.DELETE)
    services.quotas.change(cast.super_admin.who, cast.acme.id, {"schedules": 3})
    result = services.bulk.restore(who, ids(five))
    assert result.done == ids(five)[:3]
    assert [key for key, _ in result.failed] == ids(five)[3:]
    assert all("limit of 3 scheduled exports" in why for _, why in result.failed)


def test_there_must_be_room_for_the_tags_of_a_restored_one(
    services: Services, admin: Principal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bounds, "TENANT_TAGS", 2)
    first, second = (make_schedule(services, admin, name=n, tags=(n,)) for n in "ab")
    services.bulk.apply(admin, [first.id, second.id], BulkAction.DELETE)
    make_schedule(services, admin, tags=("c",))
    with monkeypatch.context() as one_less:
        one_less.setattr(bounds, "TENANT_TAGS", 1)
        with pytest.raises(Conflict, match="Its tags do not fit: the tenant has 1 different tag,"):
            services.deleted_schedules.restore(admin, first.id)
    result = services.bulk.restore(admin, [first.id, second.id])
    assert (result.done, len(result.failed)) == ([first.id], 1)


def test_tags_that_are_added_at_once_stay_within_the_limit(
    services: Services, admin: Principal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bounds, "TENANT_TAGS", 2)
    four = [make_schedule(services, admin, name=f"Plan {i}") for i in range(4)]
    gone = make_schedule(services, admin, name="Gone", tags=("gone",))
    services.schedules.delete(admin, gone.id)

    def add(i: int) -> None:
        with suppress(Invalid):  # where there is no room
            if i == 0:
                services.schedules.update(admin, four[i].id, {"tags": (f"tag {i}",)})
            elif i == 1:
                make_schedule(services, admin, tags=(f"tag {i}",))
            elif i == 2:
                services.bulk.tag(admin, [four[i].id], [f"tag {i}"])
            else:
                services.bulk.restore(admin, [gone.id])

    side_by_side(4, add)
    assert len(services.tags.find(admin, four[0].tenant_id)) == 2


def test_two_people_who_change_the_same_ones_at_once_wait_for_each_other(
    services: Services, admin: Principal, five: list[Schedule]
) -> None:
    of = ids(five)

    def change(i: int) -> list[str]:
        return services.bulk.tag(admin, of if i else of[::-1], [f"of {i}"]).done

    assert side_by_side(2, change) == [of[::-1], of]
    assert {tuple(sorted(stored(services, one).tags)) for one in five} == {("a", "of 0", "of 1")}
