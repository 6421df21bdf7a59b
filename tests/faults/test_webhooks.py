"""A process that ends while a message to a webhook is on its way."""

import threading
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


def test_a_restart_while_a_message_is_sent_sends_it_again_with_the_same_id(house: House) -> None:
    house.services.guard._allowed = (ip_network("127.0.0.0/8"),)
    over = threading.Event()
    with receiver() as listener:
        listener.before = lambda _: None if listener.received[1:] else over.wait(PATIENCE)
        draft = WebhookDraft("Hook", listener.url, ["export.schedule.created"])
        _, secret = house.services.webhooks.create(house.admin, None, draft)
        house.once("Weekly")
        app = house.serve(ALLOWED_NETWORKS="127.0.0.0/8")
        wait_until("it is being sent", lambda: listener.received, PATIENCE)
        app.stop()
        over.set()
        app.tend()

        def noted() -> bool:
            states = sql(house.services, "SELECT status, attempts FROM webhook_deliveries")
            return states == [("delivered", 2)]

        wait_until("the message was delivered", noted, PATIENCE)
        first, second = listener.received
    assert (first.id, first.body) == (second.id, second.body)
    assert second.verify(secret)
