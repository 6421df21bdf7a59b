"""Forgotten passwords and one-time passwords over the API."""

import pytest

from exports_app.wiring import Services
from tests.api.client import ABSENT, pointers, problem
from tests.api.conftest import Clients
from tests.mailserver import MailServer
from tests.world import PASSWORD, Cast

FORGOT = "/api/auth/forgot-password"
RESET = "/api/auth/reset-password"
LOGIN = "/api/auth/login"
NEW = "a staple of the battery horse"


def test_the_answer_is_the_same_whether_there_is_an_account(
    api: Clients, services: Services, mail: MailServer, cast: Cast
) -> None:
    answers = [
        api.anonymous.post(FORGOT, {"email": email})
        for email in (cast.admin.user.email, "nobody@example.com")
    ]
    assert [(one.status_code, one.content) for one in answers] == [(202, b"null")] * 2
    assert {key for one in answers for key in one.headers} == set(answers[0].headers)


def test_a_mailed_link_sets_the_password_once(
    api: Clients, services: Services, mail: MailServer, cast: Cast
) -> None:
    api.anonymous.post(FORGOT, {"email": cast.admin.user.email})
    services.account_messages.send_due()
    body = mail.wait_for(1)[0].message.get_body(("plain",))
    assert body is not None
    (line,) = [line for line in body.get_content().splitlines() if "#" in line]
    token = line.partition("#")[2]
    assert pointers(api.anonymous.post(RESET, {"token": token, "newPassword": "qwertyuiop"})) == [
        "/newPassword"
    ]
    assert api.anonymous.post(RESET, {"token": token, "newPassword": NEW}).status_code == 204
    problem(api.anonymous.post(RESET, {"token": token, "newPassword": NEW}), 410, "link_not_valid")
    problem(api.admin.get("/api/auth/me"), 401)
    problem(api.anonymous.post(LOGIN, {"email": cast.admin.user.email, "password": PASSWORD}), 401)
    assert (
        api.anonymous.post(LOGIN, {"email": cast.admin.user.email, "password": NEW}).status_code
        == 200
    )


def test_bad_bodies_are_refused_by_field(api: Clients, mail: MailServer) -> None:
    assert pointers(api.anonymous.post(FORGOT, {"email": "nobody"})) == ["/email"]
    assert pointers(api.anonymous.post(FORGOT, {"email": "x" * 321})) == ["/email"]
    too_long = {"token": "x" * 1001, "newPassword": "x" * 1001}
    assert set(pointers(api.anonymous.post(RESET, too_long))) == {"/token", "/newPassword"}
    problem(api.anonymous.post(RESET, {"token": "x", "newPassword": NEW}), 410, "link_not_valid")


def test_without_a_mail_server_the_answer_says_what_to_do(api: Clients, cast: Cast) -> None:
    answer = problem(
        api.anonymous.post(FORGOT, {"email": cast.admin.user.email}), 503, "mail_not_set"
    )
    assert "super admins" in answer["detail"]


def test_a_super_admin_gets_the_link_only_where_none_can_be_mailed(
    api: Clients, cast: Cast, request: pytest.FixtureRequest
) -> None:
    path = f"/api/users/{cast.viewer.user.id}/reset-password"
    shown = api.super_admin.post(path).json()
    assert set(shown) == {"expiresAt", "link"}
    assert "/reset-password#" in shown["link"]
    request.getfixturevalue("mail")
    assert api.super_admin.post(path).json()["link"] is None


def test_a_one_time_password_signs_in_once_and_may_only_be_changed(
    api: Clients, services: Services, cast: Cast
) -> None:
    password = services.provisioning.give_one_time_password(cast.admin.user.email)
    login = {"email": cast.admin.user.email, "password": password}
    first = api.anonymous.post(LOGIN, login).json()
    problem(api.anonymous.post(LOGIN, login), 401, "one_time_password_over")
    me = api.anonymous.using(first["accessToken"])
    for path in (
        "/api/scheduled-exports",
        f"/api/scheduled-exports/{ABSENT}",
        f"/api/campaigns/{ABSENT}",
        f"/api/tenants/{ABSENT}",
        f"/api/tenants/{cast.acme.id}/members",
        f"/api/tenants/{cast.globex.id}/members",
        "/api/users",
    ):
        problem(me.get(path), 403, "own_password_first")
    weak = me.post(
        "/api/account/password", {"currentPassword": password, "newPassword": cast.admin.user.email}
    )
    assert pointers(weak) == ["/newPassword"]
    done = me.post("/api/account/password", {"currentPassword": password, "newPassword": NEW})
    assert (
        api.anonymous.using(done.json()["accessToken"]).get("/api/scheduled-exports").status_code
        == 200
    )
