"""Sessions end after some hours without use, and after some days in any case."""

from datetime import datetime, timedelta

import jwt
import pytest

from exports_app import wiring
from exports_app.domain.errors import Unauthenticated
from exports_app.services.identity.sessions import USED_APART, Lifetimes
from exports_app.settings import Settings
from exports_app.wiring import Services
from tests.doubles import FakeClock
from tests.world import PASSWORD, Cast, side_by_side, sign_in, sql

IDLE, LONGEST = timedelta(hours=12), timedelta(days=14)
SECOND = timedelta(seconds=1)
CUSTOM = pytest.mark.parametrize("limits", [{"session_idle_hours": 2, "session_max_days": 1}])


@pytest.fixture
def limits() -> dict[str, int]:
    return {}


@pytest.fixture
def settings(settings: Settings, limits: dict[str, int]) -> Settings:
    return settings.model_copy(update=limits)


def expires_at(services: Services, session_id: str) -> datetime:
    visit = services.sessions.visit(session_id, counts=False)
    assert visit is not None
    return visit.ends_at


def test_one_that_is_not_used_ends_after_twelve_hours(
    services: Services, cast: Cast, clock: FakeClock
) -> None:
    session = sign_in(services, cast.admin.user)
    clock.set(clock.now + IDLE - SECOND)
    assert services.sessions.visit(session, counts=False)
    clock.set(clock.now + SECOND)
    assert services.sessions.visit(session) is None


def test_use_puts_its_end_off(services: Services, cast: Cast, clock: FakeClock) -> None:
    session = sign_in(services, cast.admin.user)
    for _ in range(5):
        clock.advance(hours=11, minutes=59)
        assert services.sessions.visit(session)
    assert expires_at(services, session) == clock.now + IDLE
    clock.advance(hours=12)
    assert services.sessions.visit(session) is None


def test_it_ends_after_fourteen_days_whatever_happens(
    services: Services, cast: Cast, clock: FakeClock
) -> None:
    session, began = sign_in(services, cast.admin.user), clock.now
    while clock.now < began + LONGEST - timedelta(hours=11):
        clock.advance(hours=11)
        assert services.sessions.visit(session)
    clock.set(began + LONGEST - SECOND)
    visit = services.sessions.visit(session)
    assert visit is not None
    assert visit.ends_at == began + LONGEST
    clock.set(began + LONGEST)
    assert services.sessions.visit(session) is None


def test_what_the_server_does_by_itself_is_no_use(
    services: Services, cast: Cast, clock: FakeClock
) -> None:
    session = sign_in(services, cast.admin.user)
    for _ in range(11):
        clock.advance(hours=1)
        assert services.sessions.visit(session, counts=False)
    clock.advance(hours=1)
    assert services.sessions.visit(session) is None


def test_use_is_written_at_most_every_few_minutes(
    services: Services, cast: Cast, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    session, writes = sign_in(services, cast.admin.user), list[datetime]()
    write = services.store.write
    monkeypatch.setattr(services.store, "write", lambda: (writes.append(clock.now), write())[1])
    for _ in range(60):
        clock.advance(minutes=1)
        services.sessions.visit(session)
    assert timedelta(minutes=5) == USED_APART
    assert len(writes) == 12


def test_one_that_has_ended_is_not_brought_back_by_a_late_use(
    services: Services, cast: Cast, clock: FakeClock
) -> None:
    session = sign_in(services, cast.admin.user)
    with services.store.read() as tx:
        (row,) = tx.sessions.of_user(cast.admin.user, clock.now)
    clock.advance(hours=12)
    services.sessions._use(row)
    assert services.sessions.visit(session) is None


def test_of_a_session_used_on_two_servers_at_once_both_see_the_same_end(
    services: Services, settings: Settings, cast: Cast, clock: FakeClock
) -> None:
    session, other = sign_in(services, cast.admin.user), wiring.build(settings, clock)
    try:
        clock.advance(hours=11)
        assert all(
            side_by_side(2, lambda number: (services, other)[number].sessions.visit(session))
        )
        assert expires_at(services, session) == expires_at(other, session) == clock.now + IDLE
        clock.advance(hours=12)
        assert [held.sessions.visit(session) for held in (services, other)] == [None, None]
    finally:
        other.close()


@CUSTOM
def test_the_settings_say_how_long(services: Services, cast: Cast, clock: FakeClock) -> None:
    session, began = sign_in(services, cast.admin.user), clock.now
    for _ in range(23):
        clock.advance(hours=1)
        assert services.sessions.visit(session)
    assert expires_at(services, session) == began + timedelta(days=1)
    clock.advance(hours=1)
    assert services.sessions.visit(session) is None


@CUSTOM
def test_an_access_token_ends_with_them(services: Services, cast: Cast, clock: FakeClock) -> None:
    token = services.auth.login(cast.admin.user.email, PASSWORD, "192.0.2.7")
    claims = jwt.decode(token.access_token, options={"verify_signature": False})
    assert (claims["exp"] - claims["iat"], token.expires_in) == (7200, 7200)
    clock.advance(hours=1, minutes=59)
    services.auth.principal(token.access_token)
    clock.advance(minutes=1)
    with pytest.raises(Unauthenticated):
        services.auth.principal(token.access_token)


def test_a_token_never_lasts_longer_than_a_session_may() -> None:
    assert Lifetimes(timedelta(days=30), timedelta(days=1)).of_token == timedelta(days=1)


def test_a_session_of_before_moves_on_when_it_is_used(
    services: Services, cast: Cast, clock: FakeClock
) -> None:
    session = sign_in(services, cast.admin.user)
    sql(services, "UPDATE sessions SET last_used_at = NULL")
    clock.advance(hours=6)
    assert services.sessions.visit(session)
    assert expires_at(services, session) == clock.now + IDLE


def test_one_that_has_ended_is_not_listed(services: Services, cast: Cast, clock: FakeClock) -> None:
    sign_in(services, cast.admin.user)
    clock.advance(hours=6)
    sign_in(services, cast.admin.user)
    assert len(services.own_account.sessions(cast.admin.who)) == 2
    clock.advance(hours=6)
    assert len(services.own_account.sessions(cast.admin.who)) == 1
