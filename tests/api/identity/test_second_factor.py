"""The second factor over the API: a script's whole way."""

from typing import Any

import pyotp
import pytest

from exports_app.services.identity.one_time_passwords import PERIOD
from exports_app.wiring import Services
from tests.api.access.wait import Wait
from tests.api.client import problem
from tests.api.conftest import Clients
from tests.doubles import FakeClock
from tests.invited import mailed_token
from tests.mailserver import MailServer
from tests.world import PASSWORD, Cast

LOGIN, FACTOR = "/api/auth/login", "/api/account/second-factor"


def credentials(cast: Cast, **more: str) -> dict[str, str]:
    return {"email": cast.admin.user.email, "password": PASSWORD} | more


def test_a_script_sets_it_up_signs_in_with_it_and_gives_it_up(
    api: Clients, cast: Cast, clock: FakeClock
) -> None:
    assert api.admin.get(FACTOR).json() == {
        "enabledAt": None,
        "recoveryCodesLeft": 0,
        "required": False,
        "requiredBy": [],
    }
    wrong = problem(api.admin.post(FACTOR, {"currentPassword": "wrong"}), 422, "invalid")
    assert [error["pointer"] for error in wrong["errors"]] == ["/currentPassword"]
    begun = api.admin.post(FACTOR, {"currentPassword": PASSWORD}).json()
    assert set(begun) == {"secret", "uri"}
    app = pyotp.TOTP(begun["secret"])
    wrong = problem(api.admin.post(f"{FACTOR}/confirm", {"otp": "000000"}), 422, "invalid")
    assert [error["pointer"] for error in wrong["errors"]] == ["/otp"]
    enabled = api.admin.post(f"{FACTOR}/confirm", {"otp": app.at(clock())}).json()
    codes = enabled["recoveryCodes"]
    problem(api.admin.get("/api/auth/me"), 401)
    admin = api.anonymous.using(enabled["token"]["accessToken"])
    state: dict[str, Any] = admin.get(FACTOR).json()
    assert state["recoveryCodesLeft"] == len(codes) == 10
    assert begun["secret"] not in admin.get(FACTOR).text

    problem(api.anonymous.post(LOGIN, credentials(cast)), 401, "otp_required")
    problem(
        api.anonymous.post(LOGIN, credentials(cast, password="wrong")), 401, "wrong_credentials"
    )
    clock.advance(seconds=PERIOD)
    good = credentials(cast, otp=app.at(clock()))
    assert api.anonymous.post(LOGIN, good).status_code == 200
    problem(api.anonymous.post(LOGIN, good), 401, "wrong_otp")
    assert api.anonymous.post(LOGIN, credentials(cast, otp=codes[0])).status_code == 200
    problem(api.anonymous.post(LOGIN, credentials(cast, otp="x" * 101)), 422, "invalid")

    clock.advance(seconds=PERIOD)
    problem(admin.post(f"{FACTOR}/recovery-codes", {"otp": app.at(clock())}), 422, "invalid")
    both = {"currentPassword": PASSWORD, "otp": app.at(clock())}
    new = admin.post(f"{FACTOR}/recovery-codes", both).json()["recoveryCodes"]
    assert set(new).isdisjoint(codes)
    gone = admin.request("DELETE", FACTOR, json={"currentPassword": PASSWORD, "otp": new[0]})
    assert gone.status_code == 204
    assert api.anonymous.post(LOGIN, credentials(cast)).status_code == 200


@pytest.mark.parametrize("values", [{"is_active": False}, {"token_version": 99}])
@pytest.mark.parametrize("what", ["confirm", "recovery-codes", "disable"])
def test_a_sign_in_that_ends_meanwhile_changes_nothing(
    api: Clients,
    services: Services,
    cast: Cast,
    clock: FakeClock,
    wait: Wait,
    what: str,
    values: dict[str, object],
) -> None:
    """The owner signs out everywhere while someone else's call waits for the database."""
    app = pyotp.TOTP(services.second_factors.begin(cast.admin.who, PASSWORD).secret)
    caller = api.admin
    if what != "confirm":
        enabled = services.second_factors.confirm(cast.admin.who, app.at(clock()))
        caller = api.anonymous.using(enabled.token.access_token)
        clock.advance(seconds=PERIOD)

    def end() -> None:
        with services.store.write() as tx:
            tx.users.update(cast.admin.user.id, values)

    with services.store.read() as tx:
        before = tx.second_factors.get(cast.admin.user.id)
    wait.use(end)
    both = {"currentPassword": PASSWORD, "otp": app.at(clock())}
    if what == "confirm":
        answer = caller.post(f"{FACTOR}/confirm", {"otp": both["otp"]})
    elif what == "disable":
        answer = caller.request("DELETE", FACTOR, json=both)
    else:
        answer = caller.post(f"{FACTOR}/recovery-codes", both)
    problem(answer, 401, "invalid_token")
    with services.store.read() as tx:
        after, user = tx.second_factors.get(cast.admin.user.id), tx.users.get(cast.admin.user.id)
    assert before
    assert after
    assert user
    assert (after.is_confirmed, user.second_factor_at is None) == (
        before.is_confirmed,
        what == "confirm",
    )


def test_a_tenant_that_requires_it_says_so_with_a_code(
    api: Clients, services: Services, cast: Cast
) -> None:
    refused = problem(
        api.admin.put(f"/api/tenants/{cast.acme.id}", {"secondFactorRequired": True}),
        409,
        "own_second_factor_first",
    )
    assert "for yourself first" in refused["detail"]
    problem(
        api.viewer.put(f"/api/tenants/{cast.acme.id}", {"secondFactorRequired": True}),
        403,
        "forbidden",
    )
    with services.store.write() as tx:
        tx.tenants.update(cast.acme.id, {"second_factor_required": True})
    told = problem(api.admin.get(f"/api/tenants/{cast.acme.id}"), 403, "second_factor_required")
    assert "Settings" in told["detail"]
    problem(api.admin.get("/api/scheduled-exports"), 403, "second_factor_required")
    problem(api.outsider.get(f"/api/tenants/{cast.acme.id}"), 404, "not_found")
    me = api.admin.get("/api/auth/me").json()
    assert me["tenants"] == []
    assert [tenant["slug"] for tenant in me["secondFactorMissingFor"]] == ["acme"]
    assert api.admin.get(FACTOR).json()["requiredBy"][0]["slug"] == "acme"


def test_an_invitation_is_no_way_round_it(
    api: Clients, services: Services, cast: Cast, clock: FakeClock, mail: MailServer
) -> None:
    with services.store.write() as tx:
        tx.users.update(cast.admin.user.id, {"email_proven_at": services.clock()})
    app = pyotp.TOTP(api.admin.post(FACTOR, {"currentPassword": PASSWORD}).json()["secret"])
    assert api.admin.post(f"{FACTOR}/confirm", {"otp": app.at(clock())}).status_code == 200
    members = f"/api/tenants/{cast.globex.id}/members"
    assert (
        api.outsider.post(members, {"email": cast.admin.user.email, "role": "viewer"}).status_code
        == 202
    )
    token = mailed_token(services, mail, cast.admin.user.email)
    accept, body = (
        "/api/invitations/accept",
        {"token": token, "name": "Another", "password": PASSWORD},
    )
    problem(api.anonymous.post(accept, body), 401, "sign_in_required")
    problem(api.anonymous.post(LOGIN, credentials(cast)), 401, "otp_required")
    clock.advance(seconds=PERIOD)
    signed_in = api.anonymous.post(LOGIN, credentials(cast, otp=app.at(clock()))).json()
    assert (
        api.anonymous.using(signed_in["accessToken"]).post(accept, {"token": token}).status_code
        == 200
    )


def test_super_admins_who_need_it_can_only_set_it_up(
    api: Clients, services: Services, cast: Cast, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(services.auth, "super_admins_need_otp", True)
    for path in (
        "/api/users",
        "/api/scheduled-exports",
        f"/api/tenants/{cast.acme.id}",
        f"/api/tenants/{cast.acme.id}/members",
    ):
        told = problem(api.super_admin.get(path), 403, "second_factor_required")
        assert "set it up under Settings, Account" in told["detail"]
    assert api.super_admin.get("/api/auth/me").json()["mustSetUpSecondFactor"]
    assert api.super_admin.get(FACTOR).json()["required"]
    app = pyotp.TOTP(api.super_admin.post(FACTOR, {"currentPassword": PASSWORD}).json()["secret"])
    enabled = api.super_admin.post(f"{FACTOR}/confirm", {"otp": app.at(clock())}).json()
    assert api.anonymous.using(enabled["token"]["accessToken"]).get("/api/users").status_code == 200
