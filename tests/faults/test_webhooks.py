"""A process that dies between a receiver's answer and the note of it."""

from ipaddress import ip_network

from exports_app.services.webhooks.rules import WebhookDraft
from tests.e2e.client import wait_until
from tests.faults.app import PATIENCE
from tests.faults.house import House
from tests.receiver import receiver
from tests.world import sql


def test_a_message_to_a_webhook_is_sent_again_with_the_same_id(house: House) -> None:
    house.services.guard._allowed = (ip_network("127.0.0.0/8"),)
    with receiver() as listener:
        draft = WebhookDraft("Hook", listener.url, ["export.schedule.created"])
        _, secret = house.services.webhooks.create(house.admin, None, draft)
        house.once("Weekly")
        fault = house.faulty("between a webhook's answer and its note")
        app = house.serve(ALLOWED_NETWORKS="127.0.0.0/8", **fault)

        def delivered() -> bool:
            app.tend()
            states = sql(house.services, "SELECT status, attempts FROM webhook_deliveries")
            return states == [("delivered", 2)]

        wait_until("the message was delivered", delivered, PATIENCE)
        first, second = listener.received
    assert house.deaths == 1
    assert first.id == second.id
    assert first.body == second.body
    assert second.verify(secret)
