"""Signing in and out of limits."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import bcrypt
import pytest

from exports_app import wiring
from exports_app.api.app import create
from exports_app.services.identity import passwords
from exports_app.settings import Settings
from exports_app.wiring import Services
from tests.api.client import SCHEDULES, Api, pointers, problem, token_for
from tests.api.conftest import Clients
from tests.world import PASSWORD, Cast, make_cast, sign_in

LOGIN = "/api/auth/login"


@pytest.fixture
def checks(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The hashes that bcrypt was asked about; the real one still answers."""
    seen: list[str] = []
    real = bcrypt.checkpw

    def counted(password: bytes, hashed: bytes) -> bool:
        seen.append(hashed.decode())
        return real(password, hashed)

    monkeypatch.setattr(bcrypt, "checkpw", counted)
    return seen


class TestLogin:
    def test_answers_a_token_that_opens_the_api(self, api: Clients, cast: Cast) -> None:
        answer = api.anonymous.post(LOGIN, {"email": " Admin@Example.COM ", "password": PASSWORD})
        assert answer.status_code == 200
        body = answer.json()
        assert set(body) == {"accessToken", "tokenType", "expiresIn", "user"}
        assert (body["tokenType"], body["expiresIn"]) == ("Bearer", 12 * 3600)
        assert body["user"] == {
            "id": cast.admin.user.id,
            "email": "admin@example.com",
            "name": "Admin",
            "isSuperAdmin": False,
        }
        assert api.anonymous.using(body["accessToken"]).get("/api/auth/me").status_code == 200

    @pytest.mark.parametrize(
        ("email", "password"),
        [
            ("nobody@example.com", PASSWORD),
            ("admin@example.com", "wrong"),
            ("viewer@example.com", PASSWORD),
            ("\0", "x"),
            ("", ""),
        ],
        ids=[
            "unknown user",
            "wrong password",
            "inactive user",
            "an address no database holds",
            "nothing",
        ],
    )
    def test_tells_nobody_what_was_wrong_and_works_as_hard_each_time(
        self,
        api: Clients,
        services: Services,
        cast: Cast,
        checks: list[str],
        email: str,
        password: str,
    ) -> None:
        with services.database.write() as connection:
            connection.exec_driver_sql(
                "UPDATE users SET is_active = 0 WHERE id = ?", (cast.viewer.user.id,)
            )
        answer = api.anonymous.post(LOGIN, {"email": email, "password": password})
        assert (
            problem(answer, 401, "wrong_credentials")["detail"]
            == "The email address or the password is wrong. Check both, or ask for a link to set a"
            " new password."
        )
        assert [hashed.split("$")[1:3] for hashed in checks] == [["2b", f"{passwords.COST:02}"]]

    @pytest.mark.parametrize(
        ("body", "wrong"),
        [
            ({}, ["/email", "/password"]),
            ({"email": "a@example.com"}, ["/password"]),
            ({"email": 1, "password": None}, ["/email", "/password"]),
            ({"email": ["a@example.com"], "password": {}}, ["/email", "/password"]),
            ({"email": "a@example.com", "password": "x", "remember": True}, ["/remember"]),
            ({"email": "a" * 321, "password": "x" * 1001}, ["/email", "/password"]),
            ([], [""]),
            (None, [""]),
            ("text", [""]),
        ],
    )
    def test_a_body_of_another_shape_is_refused_by_its_fields(
        self, api: Clients, body: Any, wrong: list[str], checks: list[str]
    ) -> None:
        assert pointers(api.anonymous.post(LOGIN, body)) == wrong
        assert checks == []

    def test_a_password_is_never_repeated(self, api: Clients, logs: list[Any]) -> None:
        secret = "S3cret-marker-Zürich"
        for body in (
            {"email": "admin@example.com", "password": secret},
            {"email": secret, "password": [secret]},
            {"email": {"x": secret}, "password": secret},
            {"email": "admin@example.com", "password": secret, "again": secret},
            [secret],
            secret,
            {"email": "admin@example.com", "password": secret * 100},
        ):
            answer = api.anonymous.post(LOGIN, body)
            assert answer.status_code in {401, 422}
            assert "marker" not in answer.text
        broken = api.anonymous.post(
            LOGIN, content=b'{"email": "a@example.com", "password": "' + secret.encode()
        )
        assert "marker" not in broken.text
        assert "marker" not in repr(logs)
        assert {entry["event"] for entry in logs} == {"request"}


class TestMe:
    def test_says_who_calls_and_what_they_may(self, api: Clients, cast: Cast) -> None:
        body = api.viewer.get("/api/auth/me").json()
        assert body == {
            "user": {
                "id": cast.viewer.user.id,
                "email": "viewer@example.com",
                "name": "Viewer",
                "isSuperAdmin": False,
            },
            "tenants": [
                {
                    "id": cast.acme.id,
                    "slug": "acme",
                    "name": "Acme",
                    "role": "viewer",
                    "permissions": ["exports.read"],
                }
            ],
            "secondFactorMissingFor": [],
            "mustSetUpSecondFactor": False,
        }
        assert api.admin.get("/api/auth/me").json()["tenants"][0]["permissions"] == [
            "campaigns.write",
            "exports.read",
            "exports.write",
            "tenant.manage",
        ]

    def test_a_super_admin_has_every_tenant(self, api: Clients) -> None:
        body = api.super_admin.get("/api/auth/me").json()
        assert body["user"]["isSuperAdmin"] is True
        every = ["campaigns.write", "exports.read", "exports.write", "tenant.manage"]
        assert [(t["slug"], t["role"], t["permissions"]) for t in body["tenants"]] == [
            ("acme", "super_admin", every),
            ("globex", "super_admin", every),
        ]


@pytest.fixture
def limited(
    tmp_path: Path, migrated_file: Path, runner: Any, password_hash: str
) -> Iterator[tuple[Api, Services, Cast]]:
    """A server that takes three logins and five requests an hour."""
    folder = tmp_path / "limited"
    folder.mkdir()
    shutil.copy(migrated_file, folder / "exports.db")
    services = wiring.build(
        Settings(
            data_dir=folder,
            demo=False,
            rate_limit_login="3/hour",
            rate_limit_api="5/hour",
            secret_key="k" * 40,
        )
    )
    services.files.prepare()
    cast = make_cast(services, password_hash)
    yield Api(create(services, lambda: True), runner), services, cast
    services.close()


class TestRateLimits:
    @pytest.fixture(autouse=True)
    def quick(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Here it is the count that matters, not the password."""
        monkeypatch.setattr(bcrypt, "checkpw", lambda *_: False)

    def attempt(self, client: Api, email: str, address: str) -> Any:
        return client.using(None, address).post(LOGIN, {"email": email, "password": "wrong"})

    def test_an_account_is_held_at_the_address_that_guesses(
        self, limited: tuple[Api, Services, Cast]
    ) -> None:
        client, _, _ = limited
        for _ in range(3):
            problem(self.attempt(client, "admin@example.com", "192.0.2.1"), 401)
        for spelling in ("admin@example.com", "ADMIN@example.com", " admin@EXAMPLE.com "):
            refused = self.attempt(client, spelling, "192.0.2.1")
            answer = problem(refused, 429, "rate_limited")
            assert answer["detail"] == "Too many wrong passwords: wait 1 second, then try again"
            assert refused.headers["retry-after"] == "1"
        problem(self.attempt(client, "viewer@example.com", "192.0.2.1"), 401)
        problem(self.attempt(client, "admin@example.com", "192.0.2.2"), 401)

    def test_an_address_is_held_whatever_account_it_tries(
        self, limited: tuple[Api, Services, Cast]
    ) -> None:
        client, _, _ = limited
        for i in range(30):
            problem(self.attempt(client, f"user{i}@example.com", "192.0.2.1"), 401)
        problem(self.attempt(client, "another@example.com", "192.0.2.1"), 429)
        problem(self.attempt(client, "another@example.com", "192.0.2.2"), 401)

    def test_a_known_browser_is_not_held_by_others(
        self, limited: tuple[Api, Services, Cast]
    ) -> None:
        client, services, cast = limited
        held = services.sessions.mark_browser(sign_in(services, cast.admin.user), "")
        for _ in range(3):
            self.attempt(client, "admin@example.com", "192.0.2.1")
        problem(self.attempt(client, "admin@example.com", "192.0.2.1"), 429)
        owner = client.using(None, "192.0.2.1")
        body = {"email": "admin@example.com", "password": "wrong"}
        problem(owner.post(LOGIN, body, headers={"Cookie": f"a=b; exports_known={held}"}), 401)

    def test_a_principal_is_held_whatever_token_or_address_they_use(
        self, limited: tuple[Api, Services, Cast]
    ) -> None:
        client, services, cast = limited
        tokens = [token_for(services.auth, cast.admin.user) for _ in range(6)]
        answers = [client.using(t, f"192.0.2.{i}").get(SCHEDULES) for i, t in enumerate(tokens)]
        assert [a.status_code for a in answers] == [200] * 5 + [429]
        problem(answers[-1], 429, "rate_limited")
        assert (
            client.using(token_for(services.auth, cast.viewer.user)).get(SCHEDULES).status_code
            == 200
        )
        assert client.get("/api/health").status_code == 200

    def test_what_is_refused_for_its_rate_changes_nothing(
        self, limited: tuple[Api, Services, Cast]
    ) -> None:
        client, services, cast = limited
        caller = client.using(token_for(services.auth, cast.admin.user))
        for _ in range(5):
            caller.get("/api/auth/me")
        problem(caller.post("/api/campaigns", {"name": "Late", "currency": "EUR"}), 429)
        assert (
            client.using(token_for(services.auth, cast.viewer.user))
            .get("/api/campaigns")
            .json()["total"]
            == 0
        )
