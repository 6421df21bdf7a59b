"""Who must have a second factor."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from exports_app import wiring
from exports_app.domain.access import Permission, Principal, Role
from exports_app.domain.errors import (
    Conflict,
    Forbidden,
    NotFound,
    SecondFactorRequired,
)
from exports_app.domain.runs.states import RunStatus
from exports_app.services.core.interfaces import AuditFilter
from exports_app.services.core.records import Page
from exports_app.wiring import Services
from tests.doubles import FakeClock
from tests.integration.identity.second_factor.phone import Enrol, login, require_it
from tests.world import Cast, make_schedule, set_role, sign_in, trigger_and_execute


class TestWhereItIsRequired:
    def test_a_member_without_it_has_no_rights_in_that_tenant_alone(
        self, services: Services, cast: Cast, enrol: Enrol
    ) -> None:
        set_role(services, cast.admin.user.id, cast.globex.id, Role.VIEWER)
        schedule = make_schedule(services, cast.admin.who, cast.acme.id)
        require_it(services, cast.acme.id)
        who = services.auth.principal(login(services, cast.admin))
        assert (who.roles, who.withheld) == ({cast.globex.id: Role.VIEWER}, {cast.acme.id})
        calls: list[Callable[[], object]] = [
            lambda: services.tenants.get(who, cast.acme.id),
            lambda: services.schedules.get(who, schedule.id),
            lambda: services.schedules.trigger(who, schedule.id),
            lambda: services.members.find(who, cast.acme.id),
        ]
        for call in calls:
            with pytest.raises(SecondFactorRequired, match="Two-factor authentication is required"):
                call()
        assert services.tenants.get(who, cast.globex.id)
        user, tenants = services.auth.me(who)
        assert [one.tenant.id for one in tenants] == [cast.globex.id]
        assert [tenant.id for tenant in services.auth.withheld(who)] == [cast.acme.id]
        assert [tenant.id for tenant in services.second_factors.state(who).required_by] == [
            cast.acme.id
        ]
        visit = services.sessions.visit(sign_in(services, user))
        assert visit is not None
        assert visit.who == who
        phone, _ = enrol(replace(cast.admin, who=who))
        whole = services.auth.principal(login(services, cast.admin, phone.code()))
        assert whole.can(Permission.MANAGE, cast.acme.id)
        assert whole.withheld == frozenset()

    def test_who_lacks_it_can_leave(self, services: Services, cast: Cast) -> None:
        require_it(services, cast.acme.id)
        who = services.auth.principal(login(services, cast.viewer))
        assert [(one.tenant.id, one.role) for one in services.members.belonging(who)] == [
            (cast.acme.id, Role.VIEWER)
        ]
        assert services.members.leaving(who, cast.acme.id).member.schedules == 0
        services.members.leave(who, cast.acme.id)
        assert (
            services.members.belonging(services.auth.principal(login(services, cast.viewer))) == []
        )
        with pytest.raises(NotFound):
            services.members.leave(who, cast.acme.id)

    def test_what_they_own_runs_on(self, services: Services, cast: Cast, campaigns: object) -> None:
        schedule = make_schedule(services, cast.admin.who)
        require_it(services, cast.acme.id)
        run = trigger_and_execute(services, cast.super_admin.who, schedule)
        assert run.status is RunStatus.COMPLETED, run.error

    def test_others_are_told_nothing(self, services: Services, cast: Cast) -> None:
        require_it(services, cast.acme.id)
        who = services.auth.principal(login(services, cast.outsider))
        with pytest.raises(NotFound):
            services.tenants.get(who, cast.acme.id)

    def test_only_one_who_has_it_can_require_it(
        self, services: Services, cast: Cast, enrol: Enrol
    ) -> None:
        wanted = {"second_factor_required": True}
        for low in (cast.viewer.who, cast.outsider.who):
            with pytest.raises((Forbidden, NotFound)):
                services.tenants.update(low, cast.acme.id, wanted)
        with pytest.raises(Conflict, match="for yourself first"):
            services.tenants.update(cast.admin.who, cast.acme.id, wanted)
        enrol(cast.admin)
        assert services.tenants.update(cast.admin.who, cast.acme.id, wanted).second_factor_required
        found, _ = services.audit.find(cast.admin.who, cast.acme.id, AuditFilter(), Page(1, 5))
        assert found[0].detail == {"changed": {"second_factor_required": [False, True]}}
        assert not services.tenants.update(
            cast.admin.who, cast.acme.id, {"second_factor_required": False}
        ).second_factor_required

    def test_super_admins_may_have_to_have_one(
        self, services: Services, cast: Cast, clock: FakeClock, enrol: Enrol
    ) -> None:
        strict = wiring.build(
            services.settings.model_copy(update={"require_second_factor_super_admins": True}), clock
        )
        try:
            who = strict.auth.principal(login(strict, cast.super_admin))
            assert who == Principal(cast.super_admin.user.id, must_enrol=True)
            for call in (
                lambda: strict.user_administration.find(who, "", Page(1, 5)),
                lambda: strict.tenants.get(who, cast.acme.id),
            ):
                with pytest.raises(SecondFactorRequired):
                    call()
            assert strict.second_factors.state(who).required
            assert strict.auth.principal(login(strict, cast.admin)) == cast.admin.who
            phone, _ = enrol(replace(cast.super_admin, who=who))
            assert (
                strict.auth.principal(login(strict, cast.super_admin, phone.code()))
                == cast.super_admin.who
            )
        finally:
            strict.close()
