"""Who calls the API and opens the pages, and what of theirs is asked for."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import httpx
from fastapi import FastAPI
from sqlalchemy import func, select

from bench.growth.databases import PASSWORD
from bench.growth.shape import ELEVEN, LARGE
from exports_app.db.models import CampaignRow, RunRow, ScheduleRow, UserRow
from exports_app.db.repositories import table
from exports_app.domain.access import Principal
from exports_app.wiring import Services

ADMIN, FEW, SUPER = "large", "small", "super"
"""An admin of the large tenant, one of the tenant of 11 people, a super admin."""
NAMES = {ADMIN: "admin of 20,000", FEW: "admin of 20", SUPER: "super admin", "": ""}
"""As tables name them: by the schedules of their tenant in the full database."""


@dataclass(frozen=True)
class Caller:
    """places: what stands for the names in the paths of requests."""

    key: str
    who: Principal
    token: str = field(repr=False)
    places: Mapping[str, str]

    @property
    def tenant_id(self) -> str:
        return self.places["tenant"]


async def sign_in(services: Services, app: FastAPI) -> dict[str, Caller]:
    tenants = {ADMIN: LARGE, FEW: ELEVEN, SUPER: LARGE}
    callers = {}
    for key, number in tenants.items():
        places = _places(services, f"tenant-{number:03}")
        email = "super-0@example.com" if key == SUPER else places["admin"]
        async with client(app) as http:
            answer = await http.post("/api/auth/login", json={"email": email, "password": PASSWORD})
        answer.raise_for_status()
        token = answer.json()["accessToken"]
        callers[key] = Caller(key, services.auth.principal(token), token, places)
    return callers


def client(app: FastAPI, token: str = "") -> httpx.AsyncClient:
    """Without sockets. The caller is this machine itself."""
    return httpx.AsyncClient(
        transport=httpx.ASGITransport(app=app, client=("127.0.0.1", 1)),
        base_url="http://127.0.0.1",
        headers={"Authorization": f"Bearer {token}"} if token else {},
        timeout=600,
    )


def _places(services: Services, slug: str) -> dict[str, str]:
    """Of the tenant: its first admin, its busiest schedule, and a run of that which failed."""
    runs, schedules = table(RunRow), table(ScheduleRow)
    campaigns, users = table(CampaignRow), table(UserRow)
    with services.store.read() as tx:
        tenant = tx.tenants.by_slug(slug)
    assert tenant is not None
    with services.database.read() as connection:
        busiest, _ = connection.execute(
            select(runs.c.scheduled_export_id, func.count())
            .where(runs.c.tenant_id == tenant.id)
            .group_by(runs.c.scheduled_export_id)
            .order_by(func.count().desc(), runs.c.scheduled_export_id)
            .limit(1)
        ).one()
        of_busiest = runs.c.scheduled_export_id == busiest
        run = connection.execute(
            select(runs.c.id)
            .where(of_busiest, runs.c.status == "completed")
            .order_by(runs.c.created_at.desc())
            .limit(1)
        ).scalar_one()
        owner, email = connection.execute(
            select(users.c.id, users.c.email)
            .join(schedules, schedules.c.owner_id == users.c.id)
            .where(schedules.c.tenant_id == tenant.id, users.c.is_active)
            .order_by(users.c.email)
            .limit(1)
        ).one()
        campaign = connection.execute(
            select(campaigns.c.id)
            .where(campaigns.c.tenant_id == tenant.id)
            .order_by(campaigns.c.name)
            .limit(1)
        ).scalar_one()
    return {
        "tenant": tenant.id,
        "schedule": busiest,
        "run": run,
        "campaign": campaign,
        "user": owner,
        "admin": email,
    }
