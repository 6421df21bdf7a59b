"""Choosing from the tenant's campaigns: searched on the server, shown in part."""

from dataclasses import dataclass
from typing import Any

import reflex as rx

from exports_app.domain import bounds
from exports_app.domain.access import Permission
from exports_app.services.core.export_filters import MAX_CAMPAIGNS
from exports_app.services.core.records import Page
from exports_app.ui.framework.actions import action, call
from exports_app.ui.framework.services import services
from exports_app.ui.pages.scheduled_exports.editor.draft import DraftState
from exports_app.ui.pages.scheduled_exports.editor.preview import DataPanel

SHOWN = 50
CHIPS = 6
LONGEST = bounds.SEARCH


@dataclass
class Option:
    key: str
    label: str
    chosen: bool


class CampaignPicker(rx.State):
    q: str = ""
    options: list[Option] = []  # noqa: RUF012 (Reflex copies defaults)
    total: int = 0
    chosen: list[Option] = []  # noqa: RUF012
    """The first few that are chosen, by name."""
    count: int = 0

    @action(Permission.WRITE)
    async def opened(self, is_open: bool) -> None:
        self.q = ""
        if is_open:
            await self._search()

    @action(Permission.WRITE)
    async def search(self, text: str) -> None:
        self.q = str(text)[:LONGEST]
        await self._search()

    async def _search(self) -> None:
        draft, find = await self.get_state(DraftState), services.campaigns.find
        campaigns, self.total = await call(find, draft.tenant_id, {}, self.q, Page(1, SHOWN))
        self.options = [
            Option(campaign.id, campaign.name, campaign.id in draft.campaign_ids)
            for campaign in campaigns
        ]

    @action(Permission.WRITE, longest={"campaign_id": bounds.ID})
    async def toggle(self, campaign_id: str) -> Any:
        """Choose a campaign, or no longer. Which ones exist for the tenant, saving and the preview
        judge."""
        draft = await self.get_state(DraftState)
        rest = [chosen for chosen in draft.campaign_ids if chosen != campaign_id]
        if len(rest) == len(draft.campaign_ids) and len(rest) < MAX_CAMPAIGNS:
            rest = [*rest, str(campaign_id)]
        return await self._take(rest)

    @action(Permission.WRITE)
    async def clear(self) -> Any:
        return await self._take([])

    async def _take(self, ids: list[str]) -> Any:
        draft = await self.get_state(DraftState)
        draft.campaign_ids = ids
        draft.clear_error("campaigns")
        self.options = [
            Option(option.key, option.label, option.key in ids) for option in self.options
        ]
        await self._name(ids)
        return DataPanel.load

    @action(Permission.WRITE)
    async def name_chosen(self) -> None:
        """When the form opens."""
        await self._name((await self.get_state(DraftState)).campaign_ids)

    async def _name(self, ids: list[str]) -> None:
        tenant = (await self.get_state(DraftState)).tenant_id
        names = await call(services.campaigns.names, tenant, ids[:CHIPS])
        self.count = len(ids)
        self.chosen = [
            Option(campaign_id, names.get(campaign_id, "a deleted campaign"), chosen=True)
            for campaign_id in ids[:CHIPS]
        ]
