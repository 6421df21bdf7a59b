"""The API while the installation is in maintenance."""

from exports_app.wiring import Services
from tests.api.client import HEALTH, SCHEDULES
from tests.api.conftest import Clients
from tests.api.operation.test_health import READY, near
from tests.doubles import NOW
from tests.world import Cast, make_schedule


def test_health_tells_it_and_stays_well_and_ready(api: Clients, services: Services) -> None:
    services.maintenance.begin("new disks")
    services.maintenance.look()
    answer = near(api).get(HEALTH)
    told = {"since": NOW.isoformat().replace("+00:00", "Z"), "reason": "new disks"}
    assert answer.status_code == 200
    assert (answer.json()["status"], answer.json()["maintenance"]) == ("ok", told)
    assert api.anonymous.get(HEALTH).json() == {"status": "ok"}
    assert api.anonymous.get(READY).json() == {"status": "ready"}


def test_a_run_that_someone_starts_is_accepted_and_waits(
    api: Clients, services: Services, cast: Cast
) -> None:
    trigger = f"{SCHEDULES}/{make_schedule(services, cast.admin.who).id}/trigger"
    assert set(api.admin.post(trigger).json()) == {"historyId", "status", "location"}
    services.maintenance.begin("")
    services.maintenance.look()
    answer = api.admin.post(trigger)
    assert (answer.status_code, answer.json()["status"]) == (202, "pending")
    assert answer.json()["maintenance"]["reason"] == ""
