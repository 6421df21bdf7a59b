"""`python -m bench.data FOLDER ROWS`: a real database with so many days of metrics, 1,000 to a
campaign."""

import json
import sys
import uuid
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import insert

from exports_app import log, startup, wiring
from exports_app.db.models import MetricRow
from exports_app.db.repositories import table
from exports_app.domain.access import Principal
from exports_app.services.core.records import Campaign
from exports_app.settings import Settings
from exports_app.wiring import Services

DAYS = 1000
FIRST_DAY = date(2024, 1, 1)
NAMES = (
    "Spring Sale",
    "Brand Awareness",
    "Rückkehrer",
    "Été 2026",
    "Retargeting, EU",
    'The "Big" One',
)
TENANT, OWNER = "bench", "bench@example.com"


def open_services(folder: Path) -> Services:
    """Over the database in the folder, ready to work."""
    log.configure("error")  # that nothing is sent would be said at each run
    services = wiring.build(Settings(data_dir=folder))
    startup.migrate_database(services)
    services.files.prepare()
    return services


def people(services: Services) -> tuple[str, Principal]:
    """A tenant's id, and a super admin."""
    tenant = services.provisioning.create_tenant(TENANT, "Bench")
    user = services.provisioning.create_user(OWNER, "Bench", uuid.uuid4().hex, super_admin=True)
    return tenant.id, Principal(user.id, is_super_admin=True)


def who(services: Services) -> tuple[str, Principal]:
    """The same, of a database that has them."""
    with services.store.read() as tx:
        tenant, user = tx.tenants.by_slug(TENANT), tx.users.by_email(OWNER)
    assert tenant is not None
    assert user is not None
    return tenant.id, Principal(user.id, is_super_admin=True)


def seed(services: Services, tenant_id: str, campaigns: int, days: int = DAYS) -> None:
    """Straight into the tables: what is measured is reading them."""
    made = [
        Campaign(
            str(uuid.uuid4()),
            tenant_id,
            f"{NAMES[i % len(NAMES)]} {i:04}",
            "search",
            "active",
            "EUR",
        )
        for i in range(campaigns)
    ]
    with services.store.write() as tx:
        tx.campaigns.add(made)
    for campaign in made:
        with services.database.write() as connection:
            connection.execute(insert(table(MetricRow)), list(_days(campaign, days)))


def _days(campaign: Campaign, days: int) -> Iterator[dict[str, Any]]:
    for day in range(days):
        clicks = 10 + day * 7 % 400
        yield {
            "campaign_id": campaign.id,
            "date": FIRST_DAY + timedelta(days=day),
            "impressions": clicks * 37,
            "clicks": clicks,
            "conversions": clicks // 9,
            "spend": clicks * 83,
            "revenue": clicks * 211,
        }


if __name__ == "__main__":
    opened = open_services(Path(sys.argv[1]))
    tenant, _ = people(opened)
    seed(opened, tenant, int(sys.argv[2]) // DAYS)
    print(json.dumps({"rows": int(sys.argv[2])}))
