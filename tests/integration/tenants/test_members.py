"""The members of a tenant, and their roles."""

import itertools
import threading
from contextlib import suppress
from datetime import datetime, timedelta

import pytest

from exports_app.domain.access import Principal, Role
from exports_app.domain.errors import (
    Conflict,
    Forbidden,
    Invalid,
    NotFound,
    Unauthenticated,
    WrongCredentials,
)
from exports_app.domain.runs.states import RunStatus
from exports_app.services.core.interfaces import AuditFilter
from exports_app.services.core.records import Action, Page
from exports_app.wiring import Services
from tests.doubles import FakeClock
from tests.integration.tenants.changes import ADDRESS
from tests.world import (
    PASSWORD,
    Cast,
    claim,
    execute,
    make_schedule,
    set_role,
    side_by_side,
    stored,
)


class TestTheLastAdmin:
    def test_stays(self, services: Services, cast: Cast) -> None:
        mine = (cast.admin.who, cast.acme.id, cast.admin.user.id)
        for act in (
            lambda: services.members.change_role(*mine, "viewer"),
            lambda: services.members.remove(*mine),
        ):
            with pytest.raises(Conflict, match="last active admin"):
                act()
        services.members.change_role(cast.admin.who, cast.acme.id, cast.viewer.user.id, "admin")
        assert services.members.change_role(*mine, "viewer").role is Role.VIEWER

    def test_they_learn_it_before_they_try(self, services: Services, cast: Cast) -> None:
        members, acme = services.members, cast.acme.id
        mine = (cast.admin.who, acme)
        told = "This is the tenant's last active admin: make someone else an admin first"
        assert (
            members.leaving(*mine).refusal
            == members.removing(*mine, cast.admin.user.id).refusal
            == told
        )
        assert members.removing(*mine, cast.viewer.user.id).refusal == ""
        members.change_role(*mine, cast.viewer.user.id, "admin")
        assert (
            members.leaving(*mine).refusal
            == members.removing(*mine, cast.admin.user.id).refusal
            == ""
        )

    def test_one_who_is_not_active_does_not_count(self, services: Services, cast: Cast) -> None:
        services.members.change_role(cast.admin.who, cast.acme.id, cast.viewer.user.id, "admin")
        services.user_administration.set_active(
            cast.super_admin.who, cast.viewer.user.id, active=False
        )
        with pytest.raises(Conflict):
            services.members.remove(cast.admin.who, cast.acme.id, cast.admin.user.id)


class TestRemoving:
    def test_asks_to_whom_schedules_go(self, services: Services, cast: Cast) -> None:
        members, acme = services.members, cast.acme.id
        members.change_role(cast.admin.who, acme, cast.viewer.user.id, "admin")
        second = Principal(cast.viewer.user.id, False, {acme: Role.ADMIN})
        schedule = make_schedule(services, cast.admin.who)
        owned = {member.user.id: member.schedules for member in members.find(second, acme)}
        assert owned == {cast.admin.user.id: 1, cast.viewer.user.id: 0}
        leaving = cast.admin.user.id
        with pytest.raises(Conflict, match="owns 1 scheduled export here"):
            members.remove(second, acme, leaving)
        for heir in (leaving, cast.outsider.user.id, "nonsense"):
            with pytest.raises(Invalid):
                members.remove(second, acme, leaving, heir)
        members.remove(second, acme, leaving, second.user_id)
        now = stored(services, schedule)
        assert (now.owner_id, now.created_by, now.version) == (
            second.user_id,
            leaving,
            schedule.version + 1,
        )
        assert [member.user.id for member in members.find(second, acme)] == [second.user_id]
        services.schedules.trigger(second, schedule.id)
        assert execute(services, claim(services)).status is not RunStatus.FAILED

    def test_a_viewer_inherits_nothing(self, services: Services, cast: Cast) -> None:
        make_schedule(services, cast.admin.who)
        set_role(services, cast.outsider.user.id, cast.acme.id, Role.ADMIN)
        with pytest.raises(Invalid):
            services.members.remove(
                cast.super_admin.who, cast.acme.id, cast.admin.user.id, cast.viewer.user.id
            )


class TestWho:
    def test_viewers_and_strangers_manage_nobody(self, services: Services, cast: Cast) -> None:
        members = services.members
        acme = cast.acme.id
        other = cast.admin.user.id
        for who, error in ((cast.viewer.who, Forbidden), (cast.outsider.who, NotFound)):
            for act in (
                lambda who=who: members.find(who, acme),
                lambda who=who: members.change_role(who, acme, other, "viewer"),
                lambda who=who: members.remove(who, acme, other),
                lambda who=who: services.tenants.update(who, acme, {"name": "Ours"}),
            ):
                with pytest.raises(error):
                    act()
        with pytest.raises(NotFound):
            members.change_role(cast.admin.who, acme, cast.outsider.user.id, "viewer")

    def test_accounts_are_the_super_admins(self, services: Services, cast: Cast) -> None:
        for who in (cast.admin.who, cast.viewer.who):
            with pytest.raises(NotFound):
                services.user_administration.set_active(who, cast.viewer.user.id, active=False)
            with pytest.raises(NotFound):
                services.user_administration.reset(who, cast.viewer.user.id)
        with pytest.raises(Conflict):
            services.user_administration.set_active(
                cast.super_admin.who, cast.super_admin.user.id, active=False
            )

    def test_who_gets_a_one_time_password_keeps_what_they_own_running(
        self, services: Services, cast: Cast, clock: FakeClock
    ) -> None:
        make_schedule(services, cast.admin.who, schedule="* * * * *")
        password = services.provisioning.give_one_time_password(cast.admin.user.email)
        clock.advance(minutes=1)
        services.ticks.tick()
        assert execute(services, claim(services)).error_code != "access_lost"
        with pytest.raises(WrongCredentials):
            services.auth.login(cast.admin.user.email, PASSWORD, ADDRESS)
        who = services.auth.principal(
            services.auth.login(cast.admin.user.email, password, ADDRESS).access_token
        )
        assert who.roles == {}


def test_two_admins_who_demote_each_other_at_once_leave_one(services: Services, cast: Cast) -> None:
    for _ in range(5):
        for one in (cast.admin, cast.viewer):
            set_role(services, one.user.id, cast.acme.id, Role.ADMIN)
        people = [cast.admin.user.id, cast.viewer.user.id]
        actors = [Principal(person, roles={cast.acme.id: Role.ADMIN}) for person in people]

        def demote(i: int, actors: list[Principal] = actors, people: list[str] = people) -> None:
            with suppress(Forbidden):  # the first one was faster
                services.members.change_role(actors[i], cast.acme.id, people[1 - i], "viewer")

        side_by_side(2, demote)
        roles = [
            member.role for member in services.members.find(cast.super_admin.who, cast.acme.id)
        ]
        assert roles.count(Role.ADMIN) == 1


def test_who_writes_while_their_role_is_taken_writes_nothing_afterwards(
    services: Services, cast: Cast, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    ticks = itertools.count(1)

    def ticking() -> datetime:
        return clock() + timedelta(microseconds=next(ticks))

    for service in (services.schedules, services.members):
        monkeypatch.setattr(service, "_clock", ticking)
    set_role(services, cast.viewer.user.id, cast.acme.id, Role.ADMIN)  # the last admin would stay
    who = services.auth.principal(
        services.auth.login(cast.admin.user.email, PASSWORD, ADDRESS).access_token
    )
    mine = [
        make_schedule(services, who, cast.acme.id, name=f"Export {number}") for number in range(4)
    ]
    all_write = threading.Barrier(len(mine) + 1)

    def write(i: int) -> None:
        if i == len(mine):
            all_write.wait(10)
            services.members.change_role(cast.super_admin.who, cast.acme.id, who.user_id, "viewer")
            return
        services.schedules.update(who, mine[i].id, {"name": f"Before {i}"})
        all_write.wait(10)
        with suppress(Forbidden):
            for number in range(1_000):
                services.schedules.update(who, mine[i].id, {"name": f"Export {i}, {number}"})
            pytest.fail("the role was never taken")

    side_by_side(len(mine) + 1, write)
    found, _ = services.audit.find(
        cast.super_admin.who, cast.acme.id, AuditFilter(), Page(size=200)
    )
    (demoted,) = [entry.at for entry in found if entry.action is Action.MEMBER_CHANGED]
    written = [entry.at for entry in found if entry.action is Action.SCHEDULE_UPDATED]
    assert len(written) >= len(mine)
    assert max(written) < demoted


def test_two_super_admins_who_deactivate_each_other_at_once_leave_one(
    services: Services, cast: Cast
) -> None:
    with services.store.write() as tx:
        tx.users.update(cast.outsider.user.id, {"is_super_admin": True})
    people = [cast.super_admin.user.id, cast.outsider.user.id]
    actors = [Principal(person, is_super_admin=True) for person in people]

    def deactivate(i: int) -> None:
        with suppress(Unauthenticated):
            services.user_administration.set_active(actors[i], people[1 - i], active=False)

    side_by_side(2, deactivate)
    with services.store.read() as tx:
        active = [user.is_active for person in people if (user := tx.users.get(person))]
    assert sorted(active) == [False, True]
