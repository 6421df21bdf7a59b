"""The product behind nginx and behind Caddy, each with the configuration that docs/deploy gives."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from websockets.exceptions import InvalidStatus

from exports_app import wiring
from exports_app.api.request_body import METRICS_LIMIT
from exports_app.services.campaigns.uploads import MIB
from exports_app.services.identity.cookies import HOST_PREFIX, SESSION_COOKIE
from exports_app.settings import Settings
from tests.e2e.server import Server, free_port, start_server
from tests.e2e.ui.app_code import KEY
from tests.e2e.ui.house import Company, House
from tests.e2e.ui.wire import LISTED, LOGIN, Wire, variables
from tests.mailserver import MailServer
from tests.proxies import Front, front
from tests.world import PASSWORD, sign_in

PROXIES = ("nginx", pytest.param("caddy", marks=pytest.mark.long))
THE_PROXY = "127.0.0.1"
ANN = "127.0.0.2"
BEN = "127.0.0.3"
CAT = "127.0.0.4"
OTHER_SITE = "https://dashboard.example.com"
"""Clients of the proxy. Only its own address is trusted."""
SUPER = {"email": "super@admin.com", "password": "SuperAdmin123!"}


@dataclass(frozen=True)
class Site:
    front: Front
    house: House
    company: Company


@pytest.fixture(scope="module", params=PROXIES)
def site(
    request: pytest.FixtureRequest,
    built: None,
    mails: MailServer,
    password_hash: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Site]:
    """Set up as docs/security.md says."""
    folder = tmp_path_factory.mktemp(request.param)
    port = free_port()
    app_port = str(free_port())
    env = {
        "PUBLIC_URL": f"https://exports.example.com:{port}",
        "TRUSTED_PROXIES": THE_PROXY,
        "SECRET_KEY": KEY,
        "PORT": app_port,
        "CORS_ORIGINS": OTHER_SITE,
    }
    with (
        front(request.param, folder / "proxy", f"http://127.0.0.1:{app_port}", port) as proxy,
        start_server(folder, env, backend_only=False) as server,
    ):
        services = wiring.build(
            Settings(data_dir=folder / "data", secret_key=KEY, public_url=env["PUBLIC_URL"])
        )
        house = House(server, mails, services, folder / "data" / "exports.db", password_hash)
        yield Site(proxy, house, house.company())
        house.close()


@pytest.fixture(scope="module")
def demo(built: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A demo whose operator forgot PUBLIC_URL, and put a proxy in front of it."""
    with start_server(
        tmp_path_factory.mktemp("demo"), {"TRUSTED_PROXIES": THE_PROXY}, backend_only=False
    ) as server:
        yield server


def cookies(client: httpx.Client) -> str:
    return "; ".join(f"{cookie.name}={cookie.value}" for cookie in client.cookies.jar)


@contextmanager
def tab(front: Front, client: httpx.Client, address: str) -> Iterator[Wire]:
    """One page of that client, which claims another address and no TLS."""
    with Wire(
        front.url, cookies(client), headers=spoofed("203.0.113.9"), **front.socket(address)
    ) as wire:
        yield wire


def spoofed(address: str) -> dict[str, str]:
    return {"X-Forwarded-For": address, "X-Forwarded-Proto": "http", "X-Real-IP": address}


def sign_in_page(front: Front, client: httpx.Client, address: str, login: dict[str, str]) -> str:
    """Through the form of the page. Where the cookie is set then; empty where the sign-in was
    refused."""
    assert client.get("/login").status_code == 200
    with tab(front, client, address) as wire:
        frames = wire.ask(f"{LOGIN}.login", {"form": login}, "/login")
    return next((goto for goto in variables(frames, "goto") if goto), "")


def sign_ins(site: Site, user_id: str) -> list[str]:
    """The addresses of the audit's entries."""
    query = (
        "SELECT address FROM audit_entries WHERE action = 'account.signed_in' AND subject_id = ? "
        "ORDER BY at, id"
    )
    return [row["address"] for row in site.house.rows(query, user_id)]


def test_a_page_signs_in_over_https_and_the_audit_has_the_real_address(site: Site) -> None:
    user = site.company.admin.user
    with site.front.client(ANN) as client:
        page = client.get("/login", headers=spoofed("203.0.113.9"))
        assert page.headers["strict-transport-security"] == "max-age=31536000"
        goto = sign_in_page(site.front, client, ANN, {"email": user.email, "password": PASSWORD})
        begun = client.get(goto)
        assert (begun.status_code, begun.headers["location"]) == (303, LISTED)
        for answer in (page, begun):
            given = answer.headers.get_list("set-cookie")
            assert given
            assert all(
                cookie.startswith("__Host-exports_") and cookie.endswith("; Secure")
                for cookie in given
            )
        with tab(site.front, client, ANN) as wire:
            assert site.company.tenant.name in wire.load()
    assert sign_ins(site, user.id) == [ANN]


def test_compressed_answers_and_calls_of_other_sites_pass(site: Site) -> None:
    path, asked = "/api/openapi.json", {"Accept-Encoding": "gzip", "Origin": OTHER_SITE}
    with site.front.client(ANN) as client:
        answer = client.get(path, headers=asked)
        assert answer.headers["content-encoding"] == "gzip"
        assert answer.headers["access-control-allow-origin"] == OTHER_SITE
        assert answer.json()["openapi"]
        tag = answer.headers["etag"]
        assert tag.endswith('-gzip"')
        assert client.get(path, headers=asked | {"If-None-Match": tag}).status_code == 304
        head = client.head(path, headers=asked)
        assert head.headers["content-length"] == answer.headers["content-length"]
        preflight = {"Origin": OTHER_SITE, "Access-Control-Request-Method": "GET"}
        allowed = client.request("OPTIONS", path, headers=preflight)
        assert allowed.status_code == 204
        assert allowed.headers["access-control-allow-methods"] == "GET, HEAD, OPTIONS"


def test_a_file_for_an_import_passes_and_a_larger_one_is_refused(site: Site) -> None:
    admin = site.company.admin
    session = sign_in(site.house.services, admin.user)

    def send(size: int) -> httpx.Response:
        begin = site.house.services.uploads.begin
        code = begin(admin.who, session, site.company.id, "large.csv", 1)
        with site.front.client(ANN) as client:
            return client.post(
                f"/api/uploads/{code}",
                content=b"x" * size,
                headers={
                    "Origin": site.front.url,
                    "Cookie": f"{HOST_PREFIX}{SESSION_COOKIE}={session}",
                },
            )

    assert send(45 * MIB).status_code == 204
    assert send(60 * MIB).status_code == 413


def test_what_a_client_says_of_its_address_is_not_believed(site: Site) -> None:
    user = site.house.company().viewer.user
    login = {"email": user.email, "password": PASSWORD}
    lists = (f"203.0.113.9, {THE_PROXY}", THE_PROXY, f"{BEN}, {BEN}")
    with site.front.client(ANN) as client:
        for claim in lists:
            assert (
                client.post("/api/auth/login", json=login, headers=spoofed(claim)).status_code
                == 200
            )
    assert sign_ins(site, user.id) == [ANN] * len(lists)


def test_wrong_passwords_slow_down_their_own_address_alone(site: Site) -> None:
    user = site.house.company().admin.user
    right, wrong = (
        {"email": user.email, "password": password} for password in (PASSWORD, "wrong password")
    )
    with site.front.client(BEN) as attacker, site.front.client(CAT) as owner:
        for attempt in range(
            15
        ):  # the wait after the 10th is one second: a slow machine may see its end
            claim = spoofed(f"203.0.113.{attempt}")
            refusal = attacker.post("/api/auth/login", json=wrong, headers=claim)
            if refusal.status_code == 429:
                break
            assert refusal.status_code == 401
        assert (refusal.status_code, attempt >= 10) == (429, True)
        assert int(refusal.headers["retry-after"]) >= 1
        assert owner.post("/api/auth/login", json=right).status_code == 200
    assert sign_ins(site, user.id) == [CAT]


def test_a_page_of_another_site_gets_no_websocket(site: Site) -> None:
    for origin in (
        "https://exports.example.com.evil.example",
        f"http://127.0.0.1:{site.front.port}",
        "null",
    ):
        with pytest.raises(InvalidStatus) as refused:
            Wire(site.front.url, origin=origin, **site.front.socket(ANN)).__enter__()
        assert refused.value.response.status_code == 403


def test_strangers_learn_the_status_alone(site: Site) -> None:
    with site.front.client(ANN) as client:
        assert client.get("/api/health").json() == {"status": "ok"}
        assert client.get("/api/metrics").status_code in {401, 403}


def test_the_largest_body_reaches_the_app(site: Site) -> None:
    campaign = site.house.campaign(site.company, "Spring")
    token = site.house.services.auth.token_for(site.company.admin.user).access_token
    with site.front.client(ANN) as client:
        client.headers.update(
            {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        )
        answer = client.post(f"/api/campaigns/{campaign.id}/metrics", content=b" " * METRICS_LIMIT)
        assert (answer.status_code, answer.headers["content-type"]) == (
            422,
            "application/problem+json",
        ), answer.text


def test_nginx_refuses_an_address_what_goes_beyond_its_limits_and_serves_the_others(
    demo: Server, tmp_path: Path
) -> None:
    """With small ones, by the same lines."""
    limits = {
        "rate=100r/s": "rate=1r/m",
        "burst=2000": "burst=5",
        "exports_connections 300": "exports_connections 2",
    }
    with front("nginx", tmp_path / "proxy", demo.url, free_port(), limits) as proxy:
        with proxy.client(ANN) as client, proxy.client(BEN) as other:
            assert [client.get("/favicon.svg").status_code for _ in range(8)] == [200] * 6 + [
                429
            ] * 2
            assert other.get("/favicon.svg").status_code == 200
        with tab(proxy, other, CAT), tab(proxy, other, CAT):
            with pytest.raises(InvalidStatus) as refused:
                Wire(proxy.url, **proxy.socket(CAT)).__enter__()
            assert refused.value.response.status_code == 429
            with tab(proxy, other, BEN):
                pass


@pytest.mark.parametrize("name", PROXIES)
def test_the_demos_password_opens_nothing_through_a_proxy(
    name: str, demo: Server, tmp_path: Path
) -> None:
    assert (
        httpx.post(f"{demo.url}/api/auth/login", json=SUPER).status_code == 200
    )  # on the machine itself
    # A visitor's address, and the server's own: a browser on the machine that takes the way round
    # through the proxy
    with front(name, tmp_path / "proxy", demo.url, free_port()) as proxy:
        for address in (ANN, THE_PROXY):
            with proxy.client(address) as client:
                refused = client.post("/api/auth/login", json=SUPER, headers=spoofed(THE_PROXY))
                assert (refused.status_code, refused.json()["code"]) == (403, "demo_is_local")
                assert sign_in_page(proxy, client, address, SUPER) == ""
                # Without PUBLIC_URL only the proxy's X-Forwarded-Proto tells of https
                assert [cookie.name for cookie in client.cookies.jar] == ["__Host-exports_browser"]
