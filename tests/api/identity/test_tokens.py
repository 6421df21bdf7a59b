"""Access tokens: one that is not whole, right and of today opens nothing."""

import base64
import hmac
import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import jwt
import pytest

from exports_app.services.core.records import User
from exports_app.services.identity.access_tokens import ALGORITHM, AUDIENCE, ISSUER, TYPE
from exports_app.services.keys.derived_keys import ACCESS_TOKENS, Keys, key_id
from exports_app.wiring import Services
from tests.api.client import ABSENT, SCHEDULES, problem
from tests.api.conftest import SECRET_KEY, Clients
from tests.api.routes import CASES, NOWHERE, call
from tests.doubles import FakeClock
from tests.world import Cast

Claims = dict[str, Any]


def claims_for(user: User, now: datetime) -> Claims:
    return {
        "iss": ISSUER,
        "aud": AUDIENCE,
        "sub": user.id,
        "iat": now,
        "exp": now + timedelta(hours=12),
        "jti": "1",
        "typ": TYPE,
        "ver": user.token_version,
    }


DERIVED = Keys([SECRET_KEY.encode()]).current(ACCESS_TOKENS)


def signed(
    claims: Claims, key: bytes | str = DERIVED, algorithm: str = ALGORITHM, **headers: Any
) -> str:
    return jwt.encode(claims, key, algorithm, headers)


def part(value: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


def under_a_list_of_keys(claims: Claims) -> str:
    """Signed rightly, under a `kid` that is no text; the library itself makes no such token."""
    head = {"alg": ALGORITHM, "typ": "JWT", "kid": ["0123456789abcdef"]}
    _, body, _ = signed(claims).split(".")
    signature = hmac.digest(DERIVED, f"{part(head)}.{body}".encode(), "sha256")
    return f"{part(head)}.{body}.{base64.urlsafe_b64encode(signature).decode().rstrip('=')}"


def unsigned(claims: Claims) -> str:
    return jwt.encode(claims, None, "none")


def tampered(claims: Claims) -> str:
    """Another user's id under a signature that was good for this one."""
    head, _, signature = signed(claims).split(".")
    moved = {k: int(v.timestamp()) if isinstance(v, datetime) else v for k, v in claims.items()}
    return f"{head}.{part(moved | {'sub': '00000000-0000-4000-8000-000000000014'})}.{signature}"


def stripped(claims: Claims) -> str:
    return signed(claims).rsplit(".", 1)[0] + "."


def nested(_: Claims) -> str:
    deep = base64.urlsafe_b64encode(b"[" * 30_000).decode()
    return f"{deep}.{deep}.{deep}"


BAD_TOKENS: dict[str, Callable[[Claims], str]] = {
    "expired": lambda c: signed(
        c | {"iat": c["iat"] - timedelta(hours=13), "exp": c["iat"] - timedelta(seconds=1)}
    ),
    "expired this second": lambda c: signed(c | {"exp": c["iat"]}),
    "signed with another key": lambda c: signed(
        c, "another key, just as long as the one of the server"
    ),
    "without a signature": stripped,
    "with another user's id": tampered,
    "algorithm none": unsigned,
    "signed with the secret itself": lambda c: signed(c, SECRET_KEY),
    "algorithm HS512": lambda c: signed(c, algorithm="HS512"),
    "algorithm HS384": lambda c: signed(c, algorithm="HS384"),
    "another issuer": lambda c: signed(c | {"iss": "someone"}),
    "another audience": lambda c: signed(c | {"aud": "someone"}),
    "another type": lambda c: signed(c | {"typ": "refresh"}),
    "a stale version": lambda c: signed(c | {"ver": c["ver"] - 1}),
    "a version of another kind": lambda c: signed(c | {"ver": str(c["ver"])}),
    "a user that does not exist": lambda c: signed(c | {"sub": ABSENT}),
    "a user id with a NUL": lambda c: signed(c | {"sub": "\0"}),
    "times that are no numbers": lambda c: signed(c | {"iat": "yesterday"}),
    "the id of a key that is not there": lambda c: signed(c, kid="0123456789abcdef"),
    "the id of a key in another form": under_a_list_of_keys,
    "another key under the id of ours": lambda c: signed(
        c, "another key, just as long as the one of ours", kid=key_id(DERIVED)
    ),
    "no token at all": lambda _: "",
    "no JWT": lambda _: "x.y.z",
    "a letter that no token has": lambda _: "\xfc",
    "deeply nested JSON": nested,
} | {
    f"no {name}": (lambda c, name=name: signed({k: v for k, v in c.items() if k != name}))
    for name in claims_for(User("", "", "", ""), datetime.fromisoformat("2026-01-01T00:00:00Z"))
}


class TestTokens:
    @pytest.mark.parametrize("bad", BAD_TOKENS)
    def test_a_token_that_is_not_whole_is_refused_on_every_route(
        self, api: Clients, cast: Cast, clock: FakeClock, bad: str
    ) -> None:
        claims = claims_for(cast.super_admin.user, clock())
        client = api.anonymous.using(BAD_TOKENS[bad](claims))
        for case in CASES:
            answer = call(client, case, NOWHERE)
            code = "invalid_token" if client.token else "unauthenticated"
            problem(answer, 401, code)
            error = ', error="invalid_token"' if client.token else ""
            assert answer.headers["www-authenticate"] == f'Bearer realm="exports_app"{error}'

    @pytest.mark.parametrize("other", ["Bearer x", "Basic x", ""])
    def test_two_headers_with_tokens_are_refused(self, api: Clients, other: str) -> None:
        one = f"Bearer {api.admin.token}"
        for both in ((one, other), (other, one)):
            headers = dict(zip(("Authorization", "authorization"), both, strict=True))
            problem(api.anonymous.get(SCHEDULES, headers=headers), 401)
        assert api.anonymous.get(SCHEDULES, headers={"Authorization": one}).status_code == 200

    @pytest.mark.parametrize("back", [timedelta(minutes=5), timedelta(hours=11), timedelta(days=1)])
    def test_a_clock_that_is_set_back_ends_no_sign_in(
        self, api: Clients, cast: Cast, clock: FakeClock, back: timedelta
    ) -> None:
        token = signed(claims_for(cast.admin.user, clock()))
        clock.now -= back
        assert api.anonymous.using(token).get("/api/auth/me").status_code == 200

    def test_the_same_token_made_rightly_is_taken(
        self, api: Clients, cast: Cast, clock: FakeClock
    ) -> None:
        good = signed(claims_for(cast.admin.user, clock()))
        assert api.anonymous.using(good).get("/api/auth/me").status_code == 200

    def test_a_token_ends_after_its_time(self, api: Clients, clock: FakeClock) -> None:
        clock.advance(hours=11, minutes=59, seconds=59)
        assert api.admin.get("/api/auth/me").status_code == 200
        clock.advance(seconds=1)
        problem(api.admin.get("/api/auth/me"), 401)

    @pytest.mark.parametrize("change", ["token_version = token_version + 1", "is_active = 0"])
    def test_a_token_ends_with_its_version_and_its_user(
        self, api: Clients, services: Services, cast: Cast, change: str
    ) -> None:
        with services.database.write() as connection:
            connection.exec_driver_sql(
                f"UPDATE users SET {change} WHERE id = ?", (cast.admin.user.id,)
            )
        for case in CASES:
            problem(call(api.admin, case, NOWHERE), 401)
        assert api.viewer.get("/api/auth/me").status_code == 200

    def test_a_lost_role_counts_at_once(
        self, api: Clients, services: Services, cast: Cast, schedule: dict[str, Any]
    ) -> None:
        with services.database.write() as connection:
            connection.exec_driver_sql(
                "DELETE FROM memberships WHERE user_id = ?", (cast.admin.user.id,)
            )
        problem(api.admin.get(f"{SCHEDULES}/{schedule['id']}"), 404)
        problem(api.admin.get(SCHEDULES), 403)

    @pytest.mark.parametrize(
        "header",
        ["", "Bearer", "Bearer ", "Basic YTpi", "Token x", "bearer\tx", "\xfc"],
    )
    def test_another_kind_of_authorization_is_no_token(self, api: Clients, header: str) -> None:
        answer = api.anonymous.get(
            "/api/auth/me", headers={"Authorization": header.encode("latin1")}
        )
        problem(answer, 401, "unauthenticated")
        assert answer.headers["www-authenticate"] == 'Bearer realm="exports_app"'

    def test_the_token_stands_nowhere_but_in_its_header(self, api: Clients) -> None:
        for place in (
            {"params": {"access_token": api.admin.token}},
            {"headers": {"Cookie": f"access_token={api.admin.token}"}},
        ):
            problem(api.anonymous.get("/api/auth/me", **place), 401)
