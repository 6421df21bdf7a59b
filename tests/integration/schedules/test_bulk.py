"""One action on many scheduled exports."""

import pytest

from exports_app.domain.access import Principal
from exports_app.domain.errors import Forbidden, Invalid, NotFound, Unavailable
from exports_app.domain.runs.states import Trigger
from exports_app.services.core.records import Schedule, Tenant
from exports_app.services.schedules.bulk import MAX_IDS, BulkAction, BulkResult
from exports_app.wiring import Services
from tests.world import make_schedule, runs_of, stored, uuid_of

NOT_FOUND, FORBIDDEN = NotFound().message, Forbidden().message


@pytest.fixture
def three(services: Services, admin: Principal) -> list[Schedule]:
    return [make_schedule(services, admin, name=f"Plan {i}", is_active=i != 1) for i in range(3)]


def ids(schedules: list[Schedule]) -> list[str]:
    return [s.id for s in schedules]


def test_many_are_paused_and_activated(
    services: Services, admin: Principal, three: list[Schedule]
) -> None:
    assert services.bulk.apply(admin, ids(three), BulkAction.PAUSE) == BulkResult(ids(three), [])
    assert [stored(services, s).is_active for s in three] == [False] * 3
    assert [stored(services, s).next_run_at for s in three] == [None] * 3
    assert services.bulk.apply(admin, ids(three), BulkAction.ACTIVATE) == BulkResult(ids(three), [])
    assert [stored(services, s).is_active for s in three] == [True] * 3
    assert all(stored(services, s).next_run_at for s in three)


def test_what_is_so_already_stays_as_it_is(
    services: Services, admin: Principal, three: list[Schedule]
) -> None:
    services.bulk.apply(admin, ids(three), BulkAction.ACTIVATE)
    assert [stored(services, s).version for s in three] == [1, 2, 1]


def test_many_are_run_each_once(
    services: Services, admin: Principal, three: list[Schedule]
) -> None:
    assert services.bulk.apply(admin, ids(three) * 2, BulkAction.RUN) == BulkResult(ids(three), [])
    for schedule in three:
        assert [r.trigger for r in runs_of(services, schedule)] == [Trigger.MANUAL]


def test_many_are_deleted(services: Services, admin: Principal, three: list[Schedule]) -> None:
    services.bulk.apply(admin, ids(three), BulkAction.DELETE)
    for schedule in three:
        with pytest.raises(NotFound):
            services.schedules.get(admin, schedule.id)
    again = services.bulk.apply(admin, ids(three), BulkAction.DELETE)
    assert again == BulkResult([], [(one, NOT_FOUND) for one in ids(three)])


@pytest.mark.parametrize("action", BulkAction)
def test_a_bad_one_stops_no_other_and_a_foreign_one_is_like_one_that_is_not_there(
    services: Services,
    admin: Principal,
    outsider: Principal,
    globex: Tenant,
    three: list[Schedule],
    action: BulkAction,
) -> None:
    foreign = make_schedule(services, outsider, globex.id)
    bad = [foreign.id, uuid_of(404), "nonsense"]
    result = services.bulk.apply(admin, [three[0].id, *bad, three[2].id], action)
    assert result == BulkResult([three[0].id, three[2].id], [(one, NOT_FOUND) for one in bad])
    assert stored(services, foreign) == foreign
    assert runs_of(services, foreign) == []


@pytest.mark.parametrize("action", BulkAction)
def test_a_viewer_changes_nothing(
    services: Services,
    viewer: Principal,
    outsider: Principal,
    three: list[Schedule],
    action: BulkAction,
) -> None:
    for who, why in (
        (viewer, FORBIDDEN),
        (outsider, NOT_FOUND),
        (Principal(uuid_of(1)), NOT_FOUND),
    ):
        assert services.bulk.apply(who, ids(three), action) == BulkResult(
            [], [(one, why) for one in ids(three)]
        )
    assert [stored(services, s) for s in three] == three
    assert runs_of(services, three[0]) == []


def test_a_schedule_that_may_not_run_so_often_any_more_says_so(
    services: Services, admin: Principal, three: list[Schedule], monkeypatch: pytest.MonkeyPatch
) -> None:
    rare = make_schedule(services, admin, schedule="0 0 1 1 *", is_active=False)
    monkeypatch.setattr(services.activation, "_minimum", 30 * 86400)
    result = services.bulk.apply(admin, [three[1].id, rare.id], BulkAction.ACTIVATE)
    assert result.done == [rare.id]
    ((one, why),) = result.failed
    assert one == three[1].id
    assert "seconds apart" in why


def test_too_many_are_refused_before_any_is_touched(
    services: Services, admin: Principal, three: list[Schedule]
) -> None:
    with pytest.raises(Invalid, match="at most 1,000"):
        services.bulk.apply(
            admin, [*ids(three), *(uuid_of(i) for i in range(MAX_IDS))], BulkAction.DELETE
        )
    assert [stored(services, s) for s in three] == three
    assert services.bulk.apply(admin, [], BulkAction.RUN) == BulkResult([], [])


def test_when_the_database_goes_away_the_rest_is_not_tried_one_by_one(
    services: Services, admin: Principal, three: list[Schedule], monkeypatch: pytest.MonkeyPatch
) -> None:
    tried = list[str]()

    def away(_: Principal, schedule_id: str, **_to: object) -> None:
        tried.append(schedule_id)
        raise Unavailable

    monkeypatch.setattr(services.schedules, "trigger", away)
    result = services.bulk.apply(admin, ids(three), BulkAction.RUN)
    assert result == BulkResult([], [(one, Unavailable().message) for one in ids(three)])
    assert tried == [three[0].id]
