"""A tenant whose secrets nobody else may read, and one beside it."""

import pytest

from tests.e2e.client import wait_until
from tests.e2e.ui.house import GONE, Company, House
from tests.e2e.ui.websocket.walking import NAMES, Acme


@pytest.fixture(scope="module")
def acme(house: House) -> Acme:
    company = house.company(f"{NAMES} Works")
    campaign = house.campaign(company, f"{NAMES} campaign")
    recipients = ["zeppelin@example.com", GONE]
    made = house.schedule(
        company, f"{NAMES} numbers", description=f"{NAMES} only", recipients=recipients
    )
    other = house.schedule(company, f"{NAMES} other")
    run = house.run(company, made["id"])
    webhook_id, delivery_id, secret = _webhook(house, company)
    told = [
        NAMES,
        "zeppelin@",
        other["id"],
        run["fileName"],
        run["sha256"],
        company.admin.user.id,
        company.admin.user.email,
        secret,
        "zeppelin-hook",
    ]
    return Acme(
        company, made["id"], run["id"], campaign.id, webhook_id, delivery_id, never_told=told
    )


def _webhook(house: House, company: Company) -> tuple[str, str, str]:
    """The ids of one whose address nobody answers and of its delivery, and its secret."""
    body = {
        "name": f"{NAMES} hook",
        "url": "http://127.0.0.1:9/zeppelin-hook",
        "events": ["export.run.failed"],
    }
    made = house.call(company.admin, "POST", "/api/webhooks", 201, json=body)
    house.call(company.admin, "POST", f"/api/webhooks/{made['id']}/test", 202)
    found = "SELECT id FROM webhook_deliveries WHERE webhook_id = ? AND status = 'failed'"
    (delivery,) = wait_until("the test failed", lambda: house.rows(found, made["id"]), 20)
    return made["id"], delivery["id"], made["secret"]


@pytest.fixture(scope="module")
def outsider(house: House) -> Company:
    return house.company("Rival")
