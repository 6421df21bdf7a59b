"""Nobody locks the row of a user or a tenant that they have no right to change: others would wait
for it."""

from collections.abc import Callable
from typing import Any

import pytest

from exports_app.db.repositories.identity.users import UserRepository
from exports_app.db.repositories.tenants.tenants import TenantRepository
from exports_app.domain.errors import ExportsError, Invalid
from exports_app.wiring import Services
from tests.world import Cast, make_schedule


@pytest.fixture
def locked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The ids of the users and tenants that were locked."""
    ids = list[str]()

    def noting(held: Callable[..., Any]) -> Callable[..., Any]:
        def get(own: Any, key: str, *, lock: bool = False, **more: Any) -> Any:
            if lock:
                ids.append(key)
            return held(own, key, lock=lock, **more)

        return get

    monkeypatch.setattr(UserRepository, "get", noting(UserRepository.get))
    monkeypatch.setattr(TenantRepository, "get", noting(TenantRepository.get))
    return ids


@pytest.mark.parametrize(
    "attempt",
    [
        lambda s, c, who, _: s.members.change_role(who, c.acme.id, c.admin.user.id, "viewer"),
        lambda s, c, who, _: s.members.remove(who, c.acme.id, c.admin.user.id),
        lambda s, c, who, _: s.user_administration.set_active(who, c.admin.user.id, active=False),
        lambda s, c, who, _: s.user_administration.reset(who, c.admin.user.id),
        lambda s, c, who, _: s.user_administration.reset_second_factor(who, c.admin.user.id),
        lambda s, c, who, _: s.tenants.update(who, c.acme.id, {"name": "Mine"}),
        lambda s, c, who, _: s.quotas.change(who, c.acme.id, {"schedules": 1}),
        lambda s, c, who, own: s.ownership.transfer(who, own, c.admin.user.id),
        lambda s, c, who, own: s.bulk.transfer(who, [own], c.admin.user.id),
    ],
)
def test_a_refused_caller_locks_nobody(
    services: Services, cast: Cast, locked: list[str], attempt: Callable[..., Any]
) -> None:
    """attempt: with the services, the cast, the caller and a schedule of the tenant."""
    schedule = make_schedule(services, cast.admin.who)
    locked.clear()
    for who in (cast.viewer.who, cast.outsider.who):
        try:
            result = attempt(services, cast, who, schedule.id)
        except ExportsError:
            pass
        else:
            assert result.done == []
    assert locked == []


def test_who_may_change_a_schedule_locks_no_strangers(
    services: Services, cast: Cast, locked: list[str]
) -> None:
    schedule = make_schedule(services, cast.admin.who)
    locked.clear()
    with pytest.raises(Invalid):
        services.ownership.transfer(cast.admin.who, schedule.id, cast.outsider.user.id)
    assert services.bulk.transfer(cast.admin.who, [schedule.id], cast.outsider.user.id).failed
    assert cast.outsider.user.id not in locked
