"""The demo's public password works on the server's own machine only, however a caller comes by
it."""

import asyncio
from dataclasses import dataclass, replace
from typing import Any

import httpx
import pytest

from exports_app.api.middleware.gateway import Edge
from exports_app.services.accounts.provisioning import DEMO_EMAIL
from exports_app.services.campaigns.demo import Demo
from exports_app.services.identity.cookies import BROWSER_COOKIE, SESSION_COOKIE
from exports_app.services.identity.passwords import DEMO_PASSWORD
from exports_app.wiring import Services
from tests.api.client import problem, token_for
from tests.api.conftest import Engine, app_for
from tests.doubles import FakeClock
from tests.world import BROWSER, sign_in, sign_in_code

LOCAL = "http://localhost:3720"
LOGIN = {"email": DEMO_EMAIL, "password": DEMO_PASSWORD}


@dataclass(frozen=True)
class Place:
    """Where a caller is: the address of the connection, the address that it asks for, and the
    headers on the way."""

    address: str
    url: str = LOCAL
    headers: tuple[tuple[str, str], ...] = ()


HERE = (Place("127.0.0.1"), Place("::1", "http://[::1]:3720"))
ELSEWHERE = (
    Place("192.0.2.7", "http://192.0.2.1:3720"),
    Place("192.0.2.7", LOCAL),
    Place("127.0.0.1", "http://exports.example.com"),
    Place("127.0.0.1", LOCAL, (("X-Forwarded-For", "127.0.0.1"),)),
    Place("127.0.0.1", LOCAL, (("Forwarded", "for=127.0.0.1"),)),
    Place("127.0.0.1", LOCAL, (("Via", "1.1 proxy"),)),
)
elsewhere = pytest.mark.parametrize("place", ELSEWHERE)
here = pytest.mark.parametrize("place", HERE)


@pytest.fixture
def demo(services: Services, clock: FakeClock, demo_of_a_week: None) -> Services:
    demo = Demo(services.store, clock, allowed=True)
    demo.seed_if_empty()
    return replace(services, demo=demo)


@pytest.fixture
def call(demo: Services, runner: asyncio.Runner, engine: Engine) -> Any:
    edge = Edge(None, app_for(demo, engine), None)  # type: ignore[arg-type]  # without pages there is no Reflex

    async def send(place: Place, method: str, path: str, **more: Any) -> httpx.Response:
        transport = httpx.ASGITransport(edge, client=(place.address, 4711))
        headers = dict(place.headers) | more.pop("headers", {})
        async with httpx.AsyncClient(transport=transport, base_url=place.url) as client:
            return await client.request(method, path, headers=headers, **more)

    return lambda *given, **more: runner.run(send(*given, **more))


def user_of(services: Services, email: str = DEMO_EMAIL) -> Any:
    with services.store.read() as tx:
        return tx.users.by_email(email)


@here
def test_at_the_machine_itself_it_signs_in(call: Any, place: Place) -> None:
    token = call(place, "POST", "/api/auth/login", json=LOGIN).json()["accessToken"]
    assert (
        call(place, "GET", "/api/auth/me", headers={"Authorization": f"Bearer {token}"}).status_code
        == 200
    )


@elsewhere
def test_elsewhere_the_password_is_refused(call: Any, place: Place) -> None:
    problem(call(place, "POST", "/api/auth/login", json=LOGIN), 403, "demo_is_local")
    problem(
        call(place, "POST", "/api/auth/login", json=LOGIN | {"password": "a guess"}),
        401,
        "wrong_credentials",
    )


@elsewhere
def test_elsewhere_a_token_is_refused(call: Any, demo: Services, place: Place) -> None:
    headers = {"Authorization": f"Bearer {token_for(demo.auth, user_of(demo, 'admin@acme.test'))}"}
    problem(call(place, "GET", "/api/auth/me", headers=headers), 403, "demo_is_local")
    assert call(HERE[0], "GET", "/api/auth/me", headers=headers).status_code == 200


@elsewhere
def test_elsewhere_a_session_and_a_sign_in_code_are_refused(
    call: Any, demo: Services, place: Place
) -> None:
    session = {"Cookie": f"{SESSION_COOKIE}={sign_in(demo, user_of(demo))}"}
    problem(call(place, "GET", "/api/download/x", headers=session), 401)
    problem(call(HERE[0], "GET", "/api/download/x", headers=session), 404)
    browser = {"Cookie": f"{BROWSER_COOKIE}={BROWSER}"}
    code = sign_in_code(demo, user_of(demo))
    assert (
        call(place, "GET", f"/api/session/{code}", headers=browser).headers["location"]
        == "/login?expired=1"
    )
    code = sign_in_code(demo, user_of(demo))
    assert "set-cookie" in call(HERE[0], "GET", f"/api/session/{code}", headers=browser).headers


@elsewhere
def test_an_account_whose_password_was_changed_is_like_any_other(
    call: Any, demo: Services, place: Place
) -> None:
    token = call(HERE[0], "POST", "/api/auth/login", json=LOGIN).json()["accessToken"]
    chosen = "a long and quiet evening"
    change = {"currentPassword": DEMO_PASSWORD, "newPassword": chosen}
    headers = {"Authorization": f"Bearer {token}"}
    assert (
        call(HERE[0], "POST", "/api/account/password", json=change, headers=headers).status_code
        == 200
    )
    answer = call(place, "POST", "/api/auth/login", json={"email": DEMO_EMAIL, "password": chosen})
    assert answer.status_code == 200, answer.text


def test_elsewhere_a_demo_account_is_not_made_active_again(
    call: Any, demo: Services, password_hash: str
) -> None:
    """By a super admin with a password of their own, on a server that others can reach."""
    with demo.store.write() as tx:
        tx.users.update(user_of(demo).id, {"password_hash": password_hash})
        tx.users.update(user_of(demo, "admin@acme.test").id, {"is_active": False})
    path = f"/api/users/{user_of(demo, 'admin@acme.test').id}"
    headers = {"Authorization": f"Bearer {token_for(demo.auth, user_of(demo))}"}
    problem(
        call(ELSEWHERE[0], "PUT", path, json={"isActive": True}, headers=headers),
        409,
        "demo_password",
    )
    link = call(ELSEWHERE[0], "POST", f"{path}/reset-password", headers=headers).json()["link"]
    problem(
        call(ELSEWHERE[0], "PUT", path, json={"isActive": True}, headers=headers),
        409,
        "demo_password",
    )
    chosen = {"token": link.partition("#")[2], "newPassword": "a staple of the battery horse"}
    assert call(ELSEWHERE[0], "POST", "/api/auth/reset-password", json=chosen).status_code == 204
    assert (
        call(ELSEWHERE[0], "PUT", path, json={"isActive": True}, headers=headers).status_code == 200
    )
