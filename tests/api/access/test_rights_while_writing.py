"""Rights that are taken away after a call has begun, and before its transaction begins."""

from dataclasses import replace
from datetime import datetime

import pytest

from exports_app.domain.access import Role
from exports_app.domain.errors import SecondFactorRequired
from exports_app.services.core.interfaces import AuditFilter
from exports_app.services.core.records import AuditEntry, Membership, Page
from exports_app.wiring import Services
from tests.api.access.unchanged import nothing_changed
from tests.api.access.wait import Wait
from tests.api.client import SCHEDULES, problem
from tests.api.conftest import Clients
from tests.api.routes import CASES, SUPER_ADMINS, WRITES, Case, call, named
from tests.doubles import FakeClock
from tests.world import Cast

QUOTAS = [case for case in CASES if case.path.endswith("/quotas") and case.body is not None]
READS = {"GET /api/tenants/{tenant_id}/quotas"}
READS |= {f"GET /api/tenants/{{tenant_id}}/members{one}" for one in ("", "/{user_id}")}
READS |= {"GET /api/tenants/{tenant_id}/invitations", "GET /api/audit"}
READS |= {f"GET /api/tenants/{{tenant_id}}/keys{one}" for one in ("", "/{key_id}")}
OF_WRITERS = ("/api/destinations", "/api/webhooks")
READS |= {f"GET {case.path}" for case in WRITES if case.path.startswith(OF_WRITERS)}
READS |= {f"POST {SCHEDULES}/{path}" for path in ("bulk", "preview", "preview-message")}
"""And what finds nothing to write."""
BY_ADMINS = [
    case for case in WRITES if case not in QUOTAS and f"{case.method} {case.path}" not in READS
]
BY_SUPER_ADMINS = [case for case in SUPER_ADMINS if case.method != "GET"] + QUOTAS


def entries(services: Services, cast: Cast) -> list[AuditEntry]:
    with services.store.read() as tx:
        found, _ = tx.audit.find(None, AuditFilter(), Page(size=200))
    return [entry for entry in found if entry.actor_id == cast.admin.user.id]


@named(BY_ADMINS)
def test_an_admin_who_was_made_a_viewer_writes_nothing(
    api: Clients, services: Services, cast: Cast, case: Case, ids: dict[str, str], wait: Wait
) -> None:
    before = entries(services, cast)

    def demote() -> None:
        with services.store.write() as tx:
            tx.users.join(Membership(cast.admin.user.id, cast.acme.id, Role.VIEWER))

    wait.use(demote)
    answer = call(api.admin, case, ids)
    if not wait.over:  # nothing is there to be written
        assert answer.status_code == case.good
        assert case.good in {409, 422}
        return
    problem(answer, 403, "forbidden")
    assert nothing_changed(services, ids)
    assert entries(services, cast) == before


@pytest.mark.parametrize(
    "values", [{"is_active": False}, {"token_version": 7}], ids=["inactive", "signed out"]
)
@named(BY_ADMINS + BY_SUPER_ADMINS)
def test_a_caller_whose_sign_in_ended_writes_nothing(
    api: Clients,
    services: Services,
    cast: Cast,
    case: Case,
    ids: dict[str, str],
    wait: Wait,
    values: dict[str, object],
) -> None:
    is_super = case in BY_SUPER_ADMINS
    person, caller = (cast.super_admin, api.super_admin) if is_super else (cast.admin, api.admin)

    def end() -> None:
        with services.store.write() as tx:
            tx.users.update(person.user.id, values)

    wait.use(end)
    answer = call(caller, case, ids)
    if wait.over:
        problem(answer, 401, "invalid_token")
    with services.store.read() as tx:
        assert tx.users.get(cast.viewer.user.id) == cast.viewer.user
    assert nothing_changed(services, ids)


@named(BY_ADMINS)
def test_the_audit_has_the_time_at_which_it_was_written(
    api: Clients,
    services: Services,
    cast: Cast,
    case: Case,
    ids: dict[str, str],
    wait: Wait,
    clock: FakeClock,
) -> None:
    before = {entry.id for entry in entries(services, cast)}
    written_at: list[datetime] = []
    wait.use(lambda: written_at.append(clock.advance(minutes=5)))
    call(api.admin, case, ids)
    fresh = [entry for entry in entries(services, cast) if entry.id not in before]
    assert {entry.at for entry in fresh} <= set(written_at)
    assert fresh or case.good in {409, 422}  # nothing was there to be written


def test_a_super_admin_who_loses_a_required_second_factor_writes_nothing(
    services: Services, cast: Cast
) -> None:
    who = replace(cast.super_admin.who, super_admins_need_otp=True)
    with pytest.raises(SecondFactorRequired):
        services.quotas.change(who, cast.acme.id, {"pending_runs": 1})


def test_a_super_admin_without_a_second_factor_may_require_one_of_a_tenant(
    services: Services, cast: Cast
) -> None:
    tenant = services.tenants.update(
        cast.super_admin.who, cast.acme.id, {"second_factor_required": True}
    )
    assert tenant.second_factor_required
