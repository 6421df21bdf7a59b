"""Invitations over the API."""

from typing import Any

import pytest

from exports_app.wiring import Services
from tests.api.access.wait import Wait
from tests.api.client import Api, pointers, problem, token_for
from tests.api.conftest import Clients
from tests.invited import mailed_token
from tests.mailserver import MailServer
from tests.world import Cast

CEO = "ceo@other.example"
THEIRS = "the password of the real ceo"
KEYS = {"id", "email", "role", "invitedBy", "createdAt", "expiresAt", "status", "mail"}


def token_of(answer: Any) -> str:
    """Of the link that is shown where no mail server is set."""
    token: str = answer.json()["link"].partition("#")[2]
    assert token
    return token


def invite(api: Api, cast: Cast, email: str = CEO, role: str = "viewer") -> Any:
    answer = api.post(f"/api/tenants/{cast.acme.id}/members", {"email": email, "role": role})
    assert answer.status_code == 202, answer.text
    return answer


def test_a_tenants_admin_cannot_make_an_account_of_a_foreign_address_their_own(
    api: Clients, cast: Cast, mail: MailServer
) -> None:
    """Add ceo@other.example, take its password, wait until another tenant makes it an admin."""
    made = invite(api.admin, cast)
    assert not {"password", "oneTimePassword", "token"} & set(made.json())
    assert made.json()["link"] is None
    theirs = api.outsider.post(
        f"/api/tenants/{cast.globex.id}/members", {"email": CEO, "role": "admin"}
    )
    assert {**theirs.json(), "id": "", "role": "", "invitedBy": ""} == {
        **made.json(),
        "id": "",
        "role": "",
        "invitedBy": "",
    }
    people = api.outsider.get(f"/api/tenants/{cast.globex.id}/members").json()["items"]
    assert CEO not in {one["email"] for one in people}


def test_one_is_listed_sent_again_and_revoked(api: Clients, cast: Cast) -> None:
    path = f"/api/tenants/{cast.acme.id}/invitations"
    made = invite(api.admin, cast)
    assert set(made.json()) == KEYS | {"link"}
    assert (made.json()["invitedBy"], made.json()["status"]) == ("Admin", "open")
    (listed,) = api.admin.get(path).json()["items"]
    assert set(listed) == KEYS
    problem(api.admin.post(f"/api/tenants/{cast.acme.id}/members", {"email": CEO}), 409)
    again = api.admin.post(f"{path}/{listed['id']}/resend")
    assert again.status_code == 202
    look = "/api/invitations/look"
    problem(api.anonymous.post(look, {"token": token_of(made)}), 410, "link_not_valid")
    offer = api.anonymous.post(look, {"token": token_of(again)}).json()
    assert offer == {
        "tenant": {"id": cast.acme.id, "slug": "acme", "name": "Acme"},
        "invitedBy": "Admin",
        "email": CEO,
        "role": "viewer",
        "expiresAt": "2026-03-07T10:30:00Z",
        "way": "either",
    }
    assert api.admin.delete(f"{path}/{listed['id']}").status_code == 204
    problem(api.admin.delete(f"{path}/{listed['id']}"), 404)
    problem(api.anonymous.post(look, {"token": token_of(again)}), 410)
    assert api.admin.get(path).json() == {"items": []}


def test_a_member_is_known_to_their_admin(api: Clients, cast: Cast) -> None:
    body = {"email": cast.viewer.user.email}
    problem(api.admin.post(f"/api/tenants/{cast.acme.id}/members", body), 409, "already_member")


def test_who_reads_the_mailbox_joins_with_a_password(
    api: Clients, services: Services, cast: Cast, mail: MailServer
) -> None:
    invite(api.admin, cast, role="admin")
    token = mailed_token(services, mail, CEO)
    accept = "/api/invitations/accept"
    assert pointers(api.anonymous.post(accept, {"token": token})) == ["/password"]
    body = {"token": token, "name": "The ceo", "password": THEIRS}
    joined = api.anonymous.post(accept, body)
    assert joined.json() == {
        "tenant": {"id": cast.acme.id, "slug": "acme", "name": "Acme"},
        "email": CEO,
        "role": "admin",
    }
    problem(api.anonymous.post(accept, body), 410, "link_not_valid")
    signed_in = api.anonymous.post("/api/auth/login", {"email": CEO, "password": THEIRS}).json()
    theirs = api.anonymous.using(signed_in["accessToken"])
    assert [one["slug"] for one in theirs.get("/api/auth/me").json()["tenants"]] == ["acme"]


def test_who_has_an_account_signs_in(api: Clients, services: Services, cast: Cast) -> None:
    with services.store.write() as tx:
        tx.users.update(cast.outsider.user.id, {"email_proven_at": services.clock()})
    token = token_of(invite(api.admin, cast, cast.outsider.user.email))
    accept, body = "/api/invitations/accept", {"token": token}
    problem(api.anonymous.post(accept, body), 401, "sign_in_required")
    problem(api.admin.post(accept, body), 403, "wrong_account")
    problem(api.anonymous.using("forged").post(accept, body), 401, "invalid_token")
    with services.store.write() as tx:
        tx.users.update(cast.outsider.user.id, {"must_change_password": True})
    problem(api.outsider.post(accept, body), 403, "own_password_first")
    with services.store.write() as tx:
        tx.users.update(cast.outsider.user.id, {"must_change_password": False})
    assert api.outsider.post(accept, body).status_code == 200
    assert api.outsider.get(f"/api/tenants/{cast.acme.id}").status_code == 200


@pytest.mark.parametrize("values", [{"is_active": False}, {"token_version": 99}])
def test_a_sign_in_that_ends_meanwhile_accepts_nothing(
    api: Clients, services: Services, cast: Cast, wait: Wait, values: dict[str, object]
) -> None:
    with services.store.write() as tx:
        tx.users.update(cast.outsider.user.id, {"email_proven_at": services.clock()})
    token = token_of(invite(api.admin, cast, cast.outsider.user.email))

    def end() -> None:
        with services.store.write() as tx:
            tx.users.update(cast.outsider.user.id, values)

    wait.use(end)
    answer = api.outsider.post("/api/invitations/accept", {"token": token})
    problem(answer, 401, "invalid_token")
    with services.store.read() as tx:
        assert cast.acme.id not in tx.users.roles(cast.outsider.user.id)


@pytest.mark.parametrize("path", ["look", "accept"])
def test_a_body_is_judged(api: Clients, path: str) -> None:
    for body, wrong in (
        ({}, "/token"),
        ({"token": 1}, "/token"),
        ({"token": "x" * 1001}, "/token"),
        ({"token": "x", "more": 1}, "/more"),
    ):
        assert pointers(api.anonymous.post(f"/api/invitations/{path}", body)) == [wrong]
    for token in ("", "nonsense", "\0", "x" * 1000):
        answer = api.anonymous.post(f"/api/invitations/{path}", {"token": token})
        problem(answer, 410, "link_not_valid")


def test_the_link_is_in_no_log(api: Clients, cast: Cast, logs: list[Any]) -> None:
    token = token_of(invite(api.admin, cast))
    body = {"token": token, "name": "The ceo", "password": THEIRS}
    assert api.anonymous.post("/api/invitations/look", {"token": token}).status_code == 200
    assert api.anonymous.post("/api/invitations/accept", body).status_code == 200
    assert logs
    assert token not in repr(logs)
    assert THEIRS not in repr(logs)


def test_a_member_leaves_and_says_who_gets_their_exports(
    api: Clients, services: Services, cast: Cast, schedule: dict[str, Any]
) -> None:
    services.members.change_role(cast.admin.who, cast.acme.id, cast.viewer.user.id, "admin")
    path = f"/api/account/tenants/{cast.acme.id}"
    leaving = api.admin.get(path).json()
    assert (leaving["role"], leaving["scheduledExports"]) == ("admin", 1)
    assert leaving["successors"] == [{"id": cast.viewer.user.id, "name": "Viewer"}]
    problem(api.admin.delete(path), 409)
    assert pointers(api.admin.delete(path, params={"schedulesTo": cast.admin.user.id})) == [
        "/schedulesTo"
    ]
    to = {"schedulesTo": cast.viewer.user.id}
    assert api.admin.delete(path, params=to).status_code == 204
    problem(api.admin.get(f"/api/tenants/{cast.acme.id}"), 404)
    viewer = api.anonymous.using(token_for(services.auth, cast.viewer.user))
    owned = viewer.get(f"/api/scheduled-exports/{schedule['id']}").json()
    assert owned["ownerId"] == cast.viewer.user.id


def test_a_member_is_removed_and_their_address_dropped(
    api: Clients, services: Services, cast: Cast, schedule: dict[str, Any]
) -> None:
    theirs, path = cast.viewer.user.email, f"/api/scheduled-exports/{schedule['id']}"
    services.schedules.update(cast.admin.who, schedule["id"], {"recipients": (theirs,)})
    member = f"/api/tenants/{cast.acme.id}/members/{cast.viewer.user.id}"
    drop = {"dropRecipient": "true"}
    assert api.admin.delete(member, params={"dropRecipient": "perhaps"}).status_code == 422
    refused = problem(api.admin.delete(member, params=drop), 409, "only_recipient")
    assert schedule["name"] in refused["detail"]
    services.schedules.update(
        cast.admin.who, schedule["id"], {"recipients": (theirs, "bob@example.com")}
    )
    before = api.admin.get(path).json()["version"]
    assert api.admin.delete(member, params=drop).status_code == 204
    after = api.admin.get(path).json()
    assert (after["recipients"], after["version"]) == (["bob@example.com"], before + 1)
