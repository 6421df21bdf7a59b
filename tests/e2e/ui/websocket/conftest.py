"""A tenant whose secrets nobody else may read, and one beside it."""

import pytest

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
    told = [
        NAMES,
        "zeppelin@",
        other["id"],
        run["fileName"],
        run["sha256"],
        company.admin.user.id,
        company.admin.user.email,
    ]
    return Acme(company, made["id"], run["id"], campaign.id, told)


@pytest.fixture(scope="module")
def outsider(house: House) -> Company:
    return house.company("Rival")
