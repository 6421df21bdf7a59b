"""Whether a refused call left Acme's objects as they were."""

from exports_app.wiring import Services
from tests.api.client import ABSENT


def nothing_changed(services: Services, ids: dict[str, str]) -> bool:
    with services.store.read() as tx:
        schedule, campaign = (
            tx.schedules.get(ids["schedule_id"]),
            tx.campaigns.get(ids["campaign_id"]),
        )
        _, runs = tx.runs.of_schedule(ids["schedule_id"], 10)
    before = int(ids["history_id"] != ABSENT)
    return (
        schedule is not None
        and schedule.version == 1
        and campaign is not None
        and campaign.name == "Launch"
        and runs == before
    )
