"""What a caller may change about the run that they start."""

from datetime import date
from typing import Any

import pytest

from exports_app.domain.runs.states import RunStatus, Trigger
from exports_app.services.core.extension_points import CHANNELS
from exports_app.services.core.records import Run
from exports_app.wiring import Services
from tests.api.client import SCHEDULES, pointers, problem
from tests.api.conftest import Clients
from tests.api.keys.making import of_acme
from tests.api.runs.test_waiting import end, meanwhile
from tests.doubles import WatchedEmail
from tests.mailserver import mail_server
from tests.world import Cast, claim, deliveries_of, execute, registered, sql, the_run

OTHERS = ["Bob@Example.com", "cy@example.org", "bob@example.com"]


@pytest.fixture
def path(schedule: dict[str, Any]) -> str:
    return f"{SCHEDULES}/{schedule['id']}/trigger"


@pytest.fixture
def started(api: Clients, services: Services, path: str) -> Any:
    """Starts a run, and returns it as it is stored."""

    def start(body: Any = None) -> Run:
        answer = api.admin.post(path, body)
        assert answer.status_code == 202, answer.text
        run_id = answer.json()["historyId"]
        assert answer.json()["location"] == f"/api/runs/{run_id}"
        assert answer.headers["location"].endswith(f"/history/{run_id}")
        with services.store.read() as tx:
            run = tx.runs.get(run_id)
        assert run is not None
        return run

    return start


@pytest.mark.parametrize("body", [None, {}])
def test_nothing_else_is_as_on_schedule(started: Any, body: Any) -> None:
    run = started(body)
    assert (run.trigger, run.recipients) == (Trigger.MANUAL, ["ann@example.com"])


@pytest.mark.parametrize(
    "body", [{"test": True}, {"recipients": "me"}, {"test": True, "recipients": "me"}]
)
def test_to_the_caller_alone(started: Any, cast: Cast, body: Any) -> None:
    run = started(body)
    assert (run.trigger, run.recipients) == (Trigger.TEST, [cast.admin.user.email])
    assert run.spec.recipients == [cast.admin.user.email]


def test_without_sending(started: Any) -> None:
    run = started({"recipients": []})
    assert (run.trigger, run.recipients) == (Trigger.MANUAL, [])
    run = started({"recipients": [], "test": True})
    assert (run.trigger, run.recipients) == (Trigger.TEST, [])


def test_to_chosen_addresses_which_get_it(api: Clients, services: Services, started: Any) -> None:
    run = started({"recipients": OTHERS})
    assert (run.trigger, run.recipients) == (Trigger.TEST, ["Bob@example.com", "cy@example.org"])
    with mail_server() as mails, registered(CHANNELS, WatchedEmail(mails)):
        done = execute(services, claim(services))
    assert done.status is RunStatus.COMPLETED
    assert [d.target for d in deliveries_of(services, run)] == ["Bob@example.com", "cy@example.org"]
    (entry,) = api.admin.get("/api/audit", params={"area": "run", "size": 1}).json()["items"]
    assert entry["detail"]["recipients"] == ["Bob@example.com", "cy@example.org"]


def test_over_chosen_days(started: Any) -> None:
    run = started({"window": {"start": "2026-01-01", "end": "2026-01-31"}})
    assert (run.window_start, run.window_end) == (date(2026, 1, 1), date(2026, 1, 31))
    assert run.trigger is Trigger.MANUAL


@pytest.mark.parametrize(
    ("body", "wrong"),
    [
        ({"recipients": "you"}, ["/recipients"]),
        ({"recipients": ["ann@example.com", "ann"]}, ["/recipients/1"]),
        ({"recipients": ["a@example.com"] * 1001}, ["/recipients"]),
        ({"recipients": [f"a{i}@example.com" for i in range(51)]}, ["/recipients"]),
        ({"test": False, "recipients": "me"}, ["/test"]),
        ({"test": False, "recipients": ["ann@example.com"]}, ["/test"]),
        ({"test": "yes"}, ["/test"]),
        ({"window": {"start": "2026-02-01", "end": "2026-01-31"}}, ["/window/end"]),
        ({"window": {"start": "2026-02-01"}}, ["/window/end"]),
        ({"sendTo": "me"}, ["/sendTo"]),
        ([], [""]),
    ],
)
def test_what_is_wrong_starts_nothing(
    api: Clients, services: Services, path: str, body: Any, wrong: list[str]
) -> None:
    assert pointers(api.admin.post(path, body)) == wrong
    assert sql(services, "SELECT count(*) FROM export_history") == [(0,)]


@pytest.mark.parametrize("wrong", ["all", 1, {"me": True}])
def test_recipients_are_me_or_a_list(api: Clients, path: str, wrong: Any) -> None:
    refused = problem(api.admin.post(path, {"recipients": wrong}), 422, "invalid")
    assert refused["errors"] == [
        {"pointer": "/recipients", "detail": 'must be "me" or a list of addresses'}
    ]


def test_addresses_outside_the_tenants_domains_are_refused(
    api: Clients, services: Services, path: str, cast: Cast
) -> None:
    tenant = f"/api/tenants/{cast.acme.id}"
    assert api.admin.put(tenant, {"recipientDomains": ["example.org"]}).status_code == 200
    refused = api.admin.post(path, {"recipients": ["cy@example.org", "bob@example.com"]})
    assert pointers(refused) == ["/recipients/1"]
    problem(api.admin.post(path, {"recipients": "me"}), 409)
    assert sql(services, "SELECT count(*) FROM export_history") == [(0,)]


@pytest.mark.parametrize("body", [{"recipients": "me"}, {"test": True}])
def test_a_tenants_key_has_no_mailbox(
    api: Clients, services: Services, path: str, cast: Cast, body: Any
) -> None:
    key = of_acme(services, api, cast)
    assert pointers(key.post(path, body)) == ["/recipients"]
    assert key.post(path, body | {"recipients": ["ann@example.com"]}).status_code == 202


class TestWaiting:
    def test_until_it_has_ended(self, api: Clients, services: Services, path: str) -> None:
        def finish() -> None:
            run_id = sql(services, "SELECT id FROM export_history")[0][0]
            with services.store.read() as tx:
                run = tx.runs.get(run_id)
            assert run is not None
            end(services, run)

        answer = meanwhile(api.admin, path, finish, method="POST", wait=60)
        assert (answer.status_code, answer.json()["status"]) == (202, "completed")

    def test_who_loses_their_rights_meanwhile_hears_that_it_began(
        self, api: Clients, services: Services, path: str, cast: Cast
    ) -> None:
        def leave() -> None:
            services.members.change_role(
                cast.super_admin.who, cast.acme.id, cast.viewer.user.id, "admin"
            )
            services.members.remove(
                cast.super_admin.who, cast.acme.id, cast.admin.user.id, cast.viewer.user.id
            )

        answer = meanwhile(api.admin, path, leave, method="POST", wait=2)
        assert (answer.status_code, answer.json()["status"]) == (202, "pending")
        with services.store.read() as tx:
            run = tx.runs.get(answer.json()["historyId"])
        assert run is not None
        assert the_run(services, run).id == run.id
