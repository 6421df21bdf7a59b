"""What the question before runs says of destinations."""

from exports_app.domain.access import Principal
from exports_app.services.core.records import Destination, DestinationState, Tenant
from exports_app.services.runs.mailings import Mailing, ToDestinations
from exports_app.wiring import Services
from tests.world import make_schedule

TOKEN = "xoxb-1-abc"


def test_files_and_messages_are_counted_for_each_run_and_idle_destinations_are_named(
    services: Services, admin: Principal, acme: Tenant, share: Destination
) -> None:
    create, of_schedules = services.destinations.create, services.mailings.of_schedules
    chat = create(admin, acme.id, "slack", "#sales", {"channel": "C0123456789", "token": TOKEN})
    off = create(admin, acme.id, "folder", "Off", {}, is_active=False)
    paused = create(admin, acme.id, "folder", "Paused", {})
    with services.store.write() as tx:
        tx.destinations.note_state(paused.id, {"state": DestinationState.PAUSED, "reason": "x"})
    all_places = (share.id, chat.id, off.id, paused.id)
    one = make_schedule(services, admin, name="One", destination_ids=all_places)
    two = make_schedule(services, admin, name="Two", recipients=(), destination_ids=(share.id,))
    both = of_schedules(admin, [one.id, two.id])
    assert both == Mailing(
        *(("One", "Two"), 2, 1, ("ann@example.com",)),
        ToDestinations(2, ("Share",)),
        ToDestinations(1, ("#sales",)),
        ("Off", "Paused"),
    )
    assert both.delivers
    assert both.times(3).files == ToDestinations(6, ("Share",))
    assert both.times(3).messages == ToDestinations(3, ("#sales",))
    services.destinations.update(admin, share.id, {"is_active": False})
    assert not of_schedules(admin, [two.id]).delivers
