"""What a page has its browser save beside a run's file: who did what. Files are in
test_sessions.py."""

from datetime import timedelta

import pytest

from exports_app.domain.access import Principal, Role
from exports_app.domain.errors import Forbidden, Invalid, NotFound, Unauthenticated
from exports_app.services.core.interfaces import AuditFilter
from exports_app.services.core.records import Tenant
from exports_app.services.runs.browser_downloads import PreparedDownload
from exports_app.wiring import Services
from tests.doubles import FakeClock
from tests.world import Cast, make_schedule, set_role, sign_in, uuid_of


@pytest.fixture
def session_id(services: Services, cast: Cast) -> str:
    return sign_in(services, cast.admin.user)


def code(
    services: Services,
    who: Principal,
    session_id: str,
    tenant: Tenant | None,
    where: AuditFilter | None = None,
) -> str:
    return services.browser_downloads.of_audit(
        who, session_id, tenant.id if tenant else None, where or AuditFilter()
    )


def text(services: Services, taken: str, session_id: str) -> str:
    found = services.browser_downloads.take(taken, session_id)
    assert isinstance(found, PreparedDownload)
    assert (found.name, found.mime) == ("audit.csv", "text/csv; charset=utf-8")
    return "".join(found.pieces)


def test_the_entries_that_the_filter_lets_through_are_saved_once(
    services: Services, admin: Principal, acme: Tenant, session_id: str, clock: FakeClock
) -> None:
    make_schedule(services, admin, name="Before")
    clock.advance(hours=1)
    make_schedule(services, admin, name="Within")
    made = make_schedule(services, admin, name="Changed")
    services.schedules.update(admin, made.id, {"name": "Changed again"})
    services.invitations.invite(admin, acme.id, "new@example.com", "viewer")
    clock.advance(seconds=1)
    where = AuditFilter(
        "schedule", clock() - timedelta(minutes=1), clock() + timedelta(minutes=1), "i"
    )
    taken = code(services, admin, session_id, acme, where)
    lines = text(services, taken, session_id).splitlines()
    assert lines[0].startswith("at,actor,action,subject")
    assert len(lines) == 4
    assert any(",schedule.updated,Changed again," in line for line in lines)
    assert not any("Before" in line or "new@example.com" in line for line in lines)
    with pytest.raises(NotFound):
        services.browser_downloads.take(taken, session_id)


def test_another_session_and_one_that_is_over_get_nothing(
    services: Services, admin: Principal, acme: Tenant, cast: Cast, session_id: str
) -> None:
    taken = code(services, admin, session_id, acme)
    with pytest.raises(NotFound):
        services.browser_downloads.take(taken, sign_in(services, cast.admin.user))
    services.sessions.end(session_id)
    with pytest.raises(Unauthenticated):
        services.browser_downloads.take(taken, session_id)


def test_the_right_is_asked_for_again(
    services: Services, admin: Principal, acme: Tenant, cast: Cast, session_id: str
) -> None:
    taken = code(services, admin, session_id, acme)
    set_role(services, admin.user_id, acme.id, Role.VIEWER)
    with pytest.raises(Forbidden):
        services.browser_downloads.take(taken, session_id)


def test_who_may_not_read_it_gets_no_code(
    services: Services,
    admin: Principal,
    viewer: Principal,
    outsider: Principal,
    acme: Tenant,
    cast: Cast,
    session_id: str,
) -> None:
    with pytest.raises(Forbidden):
        code(services, viewer, sign_in(services, cast.viewer.user), acme)
    with pytest.raises(NotFound):
        code(services, outsider, sign_in(services, cast.outsider.user), acme)
    with pytest.raises(NotFound):
        services.browser_downloads.of_audit(admin, session_id, uuid_of(77), AuditFilter())
    with pytest.raises(Invalid):
        code(services, admin, session_id, acme, AuditFilter(area="nonsense"))
    with pytest.raises(NotFound):  # the installation's is its super admins'
        code(services, admin, session_id, None, AuditFilter(installation=True))


def test_a_super_admin_gets_the_installations_entries_alone(
    services: Services, admin: Principal, super_admin: Principal, cast: Cast, clock: FakeClock
) -> None:
    make_schedule(services, admin, name="Of the tenant")
    services.user_administration.set_active(super_admin, cast.viewer.user.id, active=False)
    clock.advance(seconds=1)
    mine = sign_in(services, cast.super_admin.user)
    lines = text(
        services, code(services, super_admin, mine, None, AuditFilter(installation=True)), mine
    ).splitlines()
    assert [line.split(",")[2] for line in lines[1:]] == ["user.deactivated"]


def test_a_text_that_the_page_shows_is_saved_in_the_same_session_alone(
    services: Services, admin: Principal, cast: Cast, session_id: str
) -> None:
    taken = services.browser_downloads.of_text(admin, session_id, "report.txt", "Zürich\n")
    with pytest.raises(NotFound):
        services.browser_downloads.take(taken, sign_in(services, cast.admin.user))
    saved = services.browser_downloads.take(taken, session_id)
    assert isinstance(saved, PreparedDownload)
    assert (saved.name, saved.mime) == ("report.txt", "text/plain; charset=utf-8")
    assert "".join(saved.pieces) == "Zürich\n"
    with pytest.raises(NotFound):
        services.browser_downloads.take(taken, session_id)
    with pytest.raises(Unauthenticated):
        services.browser_downloads.of_text(admin, "no session", "report.txt", "")
