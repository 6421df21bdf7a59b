"""Rights that are taken away while the body of a request still arrives."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx
import pytest

from exports_app.domain.access import Principal, Role
from exports_app.domain.errors import Forbidden, NotFound, Unauthenticated
from exports_app.services.core.records import Membership
from exports_app.wiring import Services
from tests.api.access.unchanged import nothing_changed
from tests.api.client import Api, problem
from tests.api.conftest import Clients
from tests.api.routes import SUPER_ADMINS, TAKES_BODY, Case, named
from tests.world import Cast, Person


def sent_slowly(
    client: Api, method: str, path: str, body: Any, meanwhile: Callable[[], None]
) -> httpx.Response:
    """`meanwhile` is done once the server has the first part of the body."""

    async def parts() -> AsyncIterator[bytes]:
        yield b" "
        await asyncio.to_thread(meanwhile)
        yield json.dumps(body).encode()

    return client.request(method, path, content=parts())


def second_admin(services: Services, cast: Cast) -> Principal:
    made = services.provisioning.create_user(
        "second@example.com", "Second", "a staple of the horse", tenant="acme", role=Role.ADMIN
    )
    return Principal(made.id, roles={cast.acme.id: Role.ADMIN})


def set_active(services: Services, person: Person, *, active: bool) -> None:
    with services.store.write() as tx:
        tx.users.update(person.user.id, {"is_active": active})


class TestWhileABodyArrives:
    @named([*TAKES_BODY, *(case for case in SUPER_ADMINS if case.body is not None)])
    def test_a_caller_who_was_deactivated_is_refused(
        self, api: Clients, services: Services, case: Case, ids: dict[str, str], cast: Cast
    ) -> None:
        callers, person = (
            (api.super_admin, cast.super_admin) if case in SUPER_ADMINS else (api.admin, cast.admin)
        )

        def deactivate() -> None:
            set_active(services, person, active=False)

        answer = sent_slowly(callers, case.method, case.path.format(**ids), case.body, deactivate)
        problem(answer, 401, "invalid_token")
        set_active(services, person, active=True)
        assert nothing_changed(services, ids)

    def test_an_admin_who_was_removed_makes_nobody_else_an_admin(
        self, api: Clients, services: Services, cast: Cast
    ) -> None:
        other = second_admin(services, cast)

        def remove() -> None:
            services.members.remove(other, cast.acme.id, cast.admin.user.id)

        path = f"/api/tenants/{cast.acme.id}/members/{cast.viewer.user.id}"
        problem(
            sent_slowly(api.admin, "PUT", path, {"role": "admin"}, remove), 409, "rights_changed"
        )
        problem(api.admin.put(path, {"role": "admin"}), 404)
        with services.store.read() as tx:
            assert tx.users.roles(cast.viewer.user.id) == {cast.acme.id: Role.VIEWER}

    def test_rights_are_settled_before_the_content(
        self, api: Clients, services: Services, cast: Cast
    ) -> None:
        def deactivate() -> None:
            set_active(services, cast.admin, active=False)

        problem(sent_slowly(api.admin, "POST", "/api/campaigns", ["no campaign"], deactivate), 401)

    def test_so_is_the_caller_who_accepts_an_invitation(
        self, api: Clients, services: Services, cast: Cast
    ) -> None:
        sent = services.invitations.invite(
            cast.super_admin.who, cast.acme.id, cast.outsider.user.email, "viewer"
        )
        assert sent.link is not None

        def deactivate() -> None:
            set_active(services, cast.outsider, active=False)

        body = {"token": sent.link.partition("#")[2]}
        problem(sent_slowly(api.outsider, "POST", "/api/invitations/accept", body, deactivate), 401)

    def test_a_body_that_takes_a_while_is_fine(self, api: Clients, cast: Cast) -> None:
        path = f"/api/tenants/{cast.acme.id}/members/{cast.viewer.user.id}"
        assert (
            sent_slowly(api.admin, "PUT", path, {"role": "admin"}, lambda: None).status_code == 200
        )


class TestOnceTheWriteBegins:
    """The caller was read before: their rights are checked again under the lock of the tenant."""

    @pytest.mark.parametrize("lost", ["removed", "demoted", "deactivated"])
    def test_a_tenant_and_its_people_are_changed_by_who_manages_it_now(
        self, services: Services, cast: Cast, lost: str
    ) -> None:
        second_admin(services, cast)
        who = cast.admin.who
        tenant = cast.acme.id
        viewer = cast.viewer.user.id
        sent = services.invitations.invite(who, tenant, "ann@example.com", "viewer").invitation
        with services.store.write() as tx:
            if lost == "removed":
                tx.users.leave(who.user_id, tenant)
            elif lost == "demoted":
                tx.users.join(Membership(who.user_id, tenant, Role.VIEWER))
            else:
                tx.users.update(who.user_id, {"is_active": False})
        writes: list[Callable[[], Any]] = [
            lambda: services.members.change_role(who, tenant, viewer, "admin"),
            lambda: services.members.remove(who, tenant, viewer),
            lambda: services.invitations.invite(who, tenant, "ben@example.com", "admin"),
            lambda: services.invitations.resend(who, tenant, sent.id),
            lambda: services.invitations.revoke(who, tenant, sent.id),
            lambda: services.tenants.update(who, tenant, {"name": "Mine"}),
        ]
        for write in writes:
            with pytest.raises(
                {"removed": NotFound, "demoted": Forbidden}.get(lost, Unauthenticated)
            ):
                write()

    def test_a_super_admin_who_was_deactivated_sets_no_quotas(
        self, services: Services, cast: Cast
    ) -> None:
        set_active(services, cast.super_admin, active=False)
        with pytest.raises(Unauthenticated):
            services.quotas.change(cast.super_admin.who, cast.acme.id, {"pending_runs": 1})
