"""The audit of what callers of the API do and are refused, as super admins read it."""

from typing import Any

import pytest

from exports_app.services.core.records import User
from exports_app.wiring import Services
from tests.api.client import SCHEDULES, problem, schedule_body
from tests.api.conftest import Clients
from tests.invited import shown_token
from tests.world import Cast, Person


def entries(api: Clients, services: Services, action: str) -> list[dict[str, Any]]:
    services.repeated_entries.flush()
    answer = api.super_admin.get("/api/audit?size=100")
    assert answer.status_code == 200, answer.text
    return [entry for entry in answer.json()["items"] if entry["action"] == action]


def stored(services: Services, person: Person) -> User:
    with services.store.read() as tx:
        user = tx.users.get(person.user.id)
    assert user is not None
    return user


class TestRefusedRights:
    def test_of_a_member_names_them_and_what_they_called(
        self, api: Clients, services: Services, cast: Cast
    ) -> None:
        assert api.viewer.post(SCHEDULES, schedule_body()).status_code == 403
        (entry,) = entries(api, services, "access.refused")
        assert (entry["actorName"], entry["tenantId"]) == (cast.viewer.user.name, cast.acme.id)
        assert entry["subjectName"] == f"POST {SCHEDULES}"
        assert entry["requestId"]

    @pytest.mark.parametrize("path", ["", "/history"])
    def test_of_an_outsider_is_noted_though_the_answer_is_404(
        self, api: Clients, services: Services, cast: Cast, schedule: dict[str, Any], path: str
    ) -> None:
        assert api.outsider.get(f"{SCHEDULES}/{schedule['id']}{path}").status_code == 404
        (entry,) = entries(api, services, "access.refused")
        assert (entry["actorName"], entry["tenantId"]) == (cast.outsider.user.name, None)

    def test_of_an_invitation_to_whoever_has_a_one_time_password(
        self, api: Clients, services: Services, cast: Cast
    ) -> None:
        invited = services.invitations.invite(
            cast.super_admin.who, cast.acme.id, cast.outsider.user.email, "viewer"
        )
        services.provisioning.give_one_time_password(cast.outsider.user.email)
        token = services.auth.token_for(stored(services, cast.outsider)).access_token
        accept = "/api/invitations/accept"
        problem(
            api.anonymous.using(token).post(accept, {"token": shown_token(invited)}),
            403,
            "own_password_first",
        )
        (entry,) = entries(api, services, "access.refused")
        assert (entry["actorName"], entry["subjectName"]) == (
            cast.outsider.user.name,
            f"POST {accept}",
        )

    def test_what_anybody_may_not_is_no_refusal_of_a_right(
        self, api: Clients, services: Services
    ) -> None:
        assert api.anonymous.get(SCHEDULES).status_code == 401
        assert api.admin.get(f"{SCHEDULES}/00000000-0000-4000-8000-000000000000").status_code == 404
        assert entries(api, services, "access.refused") == []
