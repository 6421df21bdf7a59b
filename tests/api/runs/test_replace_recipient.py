"""POST …/history/{id}/replace-recipient."""

from exports_app.services.core.extension_points import CHANNELS
from exports_app.wiring import Services
from tests.api.client import SCHEDULES, pointers, problem
from tests.api.conftest import Clients
from tests.doubles import WatchedEmail
from tests.mailserver import mail_server
from tests.world import Cast, make_schedule, registered, trigger_and_execute

BOB, NEW = "bob@example.com", "robert@example.com"


def test_it_answers_with_the_run_that_waits_again(
    services: Services, api: Clients, cast: Cast
) -> None:
    schedule = make_schedule(services, cast.admin.who, recipients=(BOB,))
    with mail_server(refuse={BOB: "550 no"}) as server, registered(CHANNELS, WatchedEmail(server)):
        run = trigger_and_execute(services, cast.admin.who, schedule)
    path = f"{SCHEDULES}/{schedule.id}/history/{run.id}/replace-recipient"
    body = {"from": BOB, "to": NEW, "version": 1}
    problem(api.viewer.post(path, body), 403)
    problem(api.outsider.post(path, body), 404)
    problem(api.admin.post(path, body | {"version": 9}), 409)
    assert pointers(api.admin.post(path, {"from": BOB})) == ["/to"]
    assert pointers(api.admin.post(path, body | {"to": "nobody"})) == ["/to"]
    answer = api.admin.post(path, body)
    assert answer.status_code == 200
    told = answer.json()
    assert (told["status"], told["recipients"]) == ("pending", [NEW])
    assert {d["target"]: (d["status"], d["error"]) for d in told["deliveries"]} == {
        BOB: ("skipped", f"replaced by {NEW}"),
        NEW: ("pending", None),
    }
    assert api.viewer.get(f"{SCHEDULES}/{schedule.id}").json()["recipients"] == [NEW]
