"""POST with an Idempotency-Key: carried out once, answered as often as it is sent."""

from datetime import timedelta
from typing import Any

import httpx
import pytest

from exports_app.domain.errors import Unavailable
from exports_app.services.idempotency import KEPT, LOCKED, KeptAnswer
from exports_app.wiring import Services
from tests.api.client import CAMPAIGNS, SCHEDULES, Api, pointers, problem, schedule_body, token_for
from tests.api.conftest import Clients
from tests.api.routes import CASES, DEFINITION, PUBLIC, SUPER_ADMINS, Case, call
from tests.doubles import FakeClock
from tests.world import Cast, sql

KEY = {"Idempotency-Key": "8e03978e-40d5-43dd-bc93-6894a57f9324"}
REFUSED = "/Idempotency-Key"
NOT_KEPT = ("/api/auth", "/api/account", "/api/invitations")
"""What signs people in, keys, and links of people without an account."""
FEEDS = "/api/account/feeds"
READ = (
    SCHEDULES + "/preview",
    SCHEDULES + "/preview-message",
    SCHEDULES + "/validate-cron",
    DEFINITION + "/plan",
    CAMPAIGNS + "/import",
)
"""They change nothing, or store the same once more, and pass the header over."""
POSTS = [case for case in CASES + SUPER_ADMINS if case.method == "POST"]
SECONDS = timedelta(seconds=1)


def keeps(case: Case) -> bool:
    is_secret = case.path.endswith("/keys") or case.path.startswith(NOT_KEPT)
    return case.path == FEEDS or not (is_secret or case.path in READ)


def same(first: httpx.Response, second: httpx.Response) -> None:
    assert (second.status_code, second.content) == (first.status_code, first.content)
    assert second.headers["idempotency-replayed"] == "true"
    assert "idempotency-replayed" not in first.headers
    for name in ("content-type", "content-length", "location"):
        assert second.headers.get(name) == first.headers.get(name)


def runs(services: Services) -> int:
    return len(sql(services, "SELECT id FROM export_history"))


def test_a_trigger_that_is_repeated_starts_one_run(
    api: Clients, services: Services, schedule: dict[str, Any]
) -> None:
    path = f"{SCHEDULES}/{schedule['id']}/trigger"
    first = api.admin.post(path, {"recipients": []}, headers=KEY)
    assert first.status_code == 202
    same(first, api.admin.post(path, {"recipients": []}, headers=KEY))
    assert runs(services) == 1
    assert api.admin.post(path, {"recipients": []}).json() != first.json()


@pytest.mark.parametrize("case", POSTS, ids=lambda case: case.path)
def test_every_post_repeats_its_answer_or_refuses_the_header(
    api: Clients, ids: dict[str, str], case: Case
) -> None:
    client = api.super_admin if case in SUPER_ADMINS else api.admin
    if case.path in READ:
        assert call(client, case, ids, headers=KEY).status_code == case.good
        return
    if not keeps(case):
        assert pointers(call(client, case, ids, headers=KEY)) == [REFUSED]
        assert call(client, case, ids).status_code == case.good
        return
    first = call(client, case, ids, headers=KEY)
    assert first.status_code == case.good
    again = call(client, case, ids, headers=KEY)
    if case.good < 400:
        same(first, again)
    else:
        assert again.status_code == case.good
        assert "idempotency-replayed" not in again.headers


def test_an_answer_with_a_link_is_not_sent_again_to_who_may_not_see_it(
    api: Clients, ids: dict[str, str], cast: Cast
) -> None:
    members = f"/api/tenants/{cast.acme.id}/members"
    resend = f"/api/tenants/{cast.acme.id}/invitations/{ids['invitation_id']}/resend"
    first = api.admin.post(resend, headers=KEY)
    assert "/invitation#" in first.json()["link"]
    same(first, api.admin.post(resend, headers=KEY))
    problem(api.viewer.post(resend, headers=KEY), 403)
    for user_id, role in ((cast.viewer.user.id, "admin"), (cast.admin.user.id, "viewer")):
        assert api.super_admin.put(f"{members}/{user_id}", {"role": role}).status_code == 200
    problem(api.admin.post(resend, headers=KEY), 403)


def test_an_invitation_that_is_repeated_is_one(
    api: Clients, services: Services, cast: Cast
) -> None:
    path, body = f"/api/tenants/{cast.acme.id}/members", {"email": "new@example.com"}
    same(*(api.admin.post(path, body, headers=KEY) for _ in range(2)))
    assert len(sql(services, "SELECT id FROM invitations")) == 1
    problem(api.admin.post(path, body), 409, "already_invited")


def test_routes_without_sign_in_refuse_the_header(api: Clients) -> None:
    for path in (path for method, path in PUBLIC if method == "POST"):
        assert pointers(api.anonymous.post(path, {}, headers=KEY)) == [REFUSED]


def test_other_methods_pass_it_over(api: Clients, schedule: dict[str, Any]) -> None:
    path = f"{SCHEDULES}/{schedule['id']}"
    for name in ("One", "Two"):
        assert api.admin.put(path, {"name": name}, headers=KEY).json()["name"] == name
    assert api.admin.get(path, headers=KEY).json()["name"] == "Two"


def test_a_key_is_good_for_one_request(api: Clients, schedule: dict[str, Any]) -> None:
    assert api.admin.post(SCHEDULES, schedule_body(), headers=KEY).status_code == 201
    other = api.admin.post(SCHEDULES, schedule_body(name="Other"), headers=KEY)
    (error,) = problem(other, 422, "idempotency_key_reused")["errors"]
    assert error["pointer"] == REFUSED
    elsewhere = api.admin.post(f"{SCHEDULES}/{schedule['id']}/trigger", headers=KEY)
    problem(elsewhere, 422, "idempotency_key_reused")


def test_each_caller_has_keys_of_their_own(api: Clients, services: Services) -> None:
    made = [
        client.post(SCHEDULES, body, headers=KEY)
        for client, body in (
            (api.admin, schedule_body()),
            (api.outsider, schedule_body()),
        )
    ]
    assert [answer.status_code for answer in made] == [201, 201]
    assert made[0].json()["tenantId"] != made[1].json()["tenantId"]


def test_what_was_refused_can_be_sent_again(api: Clients) -> None:
    for _ in range(2):
        problem(api.viewer.post(SCHEDULES, schedule_body(), headers=KEY), 403)
    problem(api.admin.post(SCHEDULES, schedule_body(name=""), headers=KEY), 422, "invalid")
    assert api.admin.post(SCHEDULES, schedule_body(), headers=KEY).status_code == 201


@pytest.mark.parametrize("key", ["", "a b", "é", "x" * 256, "\t"])
def test_a_key_is_visible_ascii_of_some_length(api: Clients, key: str) -> None:
    headers = {"Idempotency-Key": key.encode("latin-1")}
    assert pointers(api.admin.post(SCHEDULES, schedule_body(), headers=headers)) == [REFUSED]


class TestWithoutAnAnswer:
    """A request that has begun, and of which no answer is known."""

    @pytest.fixture
    def send(
        self,
        admin_api: Api,
        services: Services,
        cast: Cast,
        schedule: dict[str, Any],
        monkeypatch: pytest.MonkeyPatch,
    ) -> Any:
        """Sends it again. It was begun by a process that has died."""

        def lost(*_: Any) -> None:
            raise Unavailable

        path = f"{SCHEDULES}/{schedule['id']}/trigger"
        with monkeypatch.context() as patched:
            patched.setattr(services.idempotency, "finish", lost)
            assert admin_api.post(path, headers=KEY).status_code == 202

        def again() -> httpx.Response:
            token = token_for(services.auth, cast.admin.user)  # the first one does not last a day
            return admin_api.using(token).post(path, headers=KEY)

        return again

    def test_it_is_under_way_for_a_time(
        self, send: Any, services: Services, clock: FakeClock
    ) -> None:
        problem(send(), 409, "idempotency_in_progress")
        clock.advance(seconds=(LOCKED - SECONDS).total_seconds())
        problem(send(), 409, "idempotency_in_progress")
        assert runs(services) == 1

    def test_then_it_is_not_known_and_not_carried_out_again(
        self, send: Any, services: Services, clock: FakeClock
    ) -> None:
        clock.advance(seconds=LOCKED.total_seconds())
        problem(send(), 409, "idempotency_outcome_unknown")
        clock.advance(seconds=(KEPT - LOCKED - SECONDS).total_seconds())
        problem(send(), 409, "idempotency_outcome_unknown")
        assert runs(services) == 1

    def test_after_a_day_the_key_is_free(
        self, send: Any, services: Services, clock: FakeClock, admin_api: Api
    ) -> None:
        who = services.auth.principal(admin_api.token or "")
        clock.advance(seconds=KEPT.total_seconds())
        begun = services.idempotency.begin(who, KEY["Idempotency-Key"], b"another")
        assert isinstance(begun, str)
        services.idempotency.finish(begun, KeptAnswer(204, [], b""))
        again = services.idempotency.begin(who, KEY["Idempotency-Key"], b"another")
        assert again == KeptAnswer(204, [], b"")


def test_an_error_that_may_have_come_too_late_frees_no_key(
    api: Clients, services: Services, schedule: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = f"{SCHEDULES}/{schedule['id']}/trigger"
    for error, status in ((RuntimeError("unforeseen"), 500), (Unavailable(), 503)):
        headers = {"Idempotency-Key": type(error).__name__}

        def fail(*_: Any, error: Exception = error) -> None:
            raise error

        with monkeypatch.context() as patched:
            patched.setattr(services.schedules, "trigger", fail)
            assert api.admin.post(path, headers=headers).status_code == status
        problem(api.admin.post(path, headers=headers), 409, "idempotency_in_progress")


def test_it_is_in_the_document(api: Clients) -> None:
    paths = api.anonymous.get("/api/openapi.json").json()["paths"]
    for case in POSTS:
        named = [p["name"] for p in paths[case.path]["post"].get("parameters", ())]
        assert ("Idempotency-Key" in named) == keeps(case), case
