"""Which stored campaigns a file means, and in which details it differs from them."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from exports_app.domain.table import decimal_text
from exports_app.services.campaigns.imports.lines import as_compared
from exports_app.services.campaigns.imports.report import Difference, ImportReport, JoinedName
from exports_app.services.campaigns.imports.spool import Spool, SpooledCampaign
from exports_app.services.campaigns.service import check_campaign
from exports_app.services.core.interfaces import Transaction
from exports_app.services.core.records import Campaign, new_id

_TWINS = "the tenant has several campaigns with this name: rename all but one"


class Matcher:
    """Matches by id where the file has one that the tenant knows, else by the exact name, else by a
    name that looks the same."""

    def __init__(
        self,
        spool: Spool,
        tx: Transaction,
        tenant_id: str,
        report: ImportReport,
        *,
        update_details: bool,
    ) -> None:
        self._spool = spool
        self._tx = tx
        self._tenant_id = tenant_id
        self._report = report
        self._update_details = update_details
        self._knows_names = False
        self.changes: list[tuple[Campaign, Mapping[str, Any]]] = []
        """Details to be changed: the stored campaign, and the new values."""

    def run(self) -> None:
        for batch in self._spool.campaigns():
            by_id = self._by_id([c.campaign_id for c in batch if c.campaign_id])
            by_name: dict[str, list[Campaign]] = {}
            names = {name for c in batch for name in (c.name, c.raw_name)}
            for stored in self._tx.campaigns.by_name(self._tenant_id, names):
                by_name.setdefault(stored.name, []).append(stored)
            for campaign in batch:
                stored_id = by_id.get(campaign.campaign_id)
                exact = by_name.get(campaign.name) or by_name.get(campaign.raw_name) or []
                matches = [stored_id] if stored_id else exact or self._similar(campaign.name)
                self._match(campaign, matches)
        for first, second in self._spool.twice_matched():
            self._report.bad(
                second,
                f"is the same campaign as in line {first}, spelled differently: use one spelling",
            )
        for first, second in self._spool.new_twins():
            self._report.bad(
                second,
                f"has the name of the campaign of line {first} and another campaign_id, and the"
                " tenant has neither: leave the column campaign_id out",
            )

    def _by_id(self, ids: list[str]) -> dict[str, Campaign]:
        return {c.id: c for c in self._tx.campaigns.by_id(self._tenant_id, ids)} if ids else {}

    def _similar(self, name: str) -> list[Campaign]:
        if not self._knows_names:
            self._spool.add_stored_names(self._tx.campaigns.all_names(self._tenant_id))
            self._knows_names = True
        ids = self._spool.stored_ids(name)
        return self._tx.campaigns.by_id(self._tenant_id, ids) if ids else []

    def _match(self, campaign: SpooledCampaign, matches: list[Campaign]) -> None:
        if len(matches) > 1:
            self._report.bad(campaign.line, _TWINS)
            return
        stored = matches[0] if matches else None
        self._spool.match(campaign.number, stored.id if stored else new_id(), is_new=stored is None)
        self._note_names(campaign, stored)
        if stored is None:
            self._report.campaigns_new += 1
        elif stored.currency != campaign.details["currency"]:
            self._report.bad(
                campaign.line, f"currency: the campaign's currency is {stored.currency}"
            )
        else:
            self._report.campaigns_known += 1
            self._compare(campaign, stored)

    def _note_names(self, campaign: SpooledCampaign, stored: Campaign | None) -> None:
        kept = stored.name if stored else campaign.name
        if as_compared(kept) not in map(as_compared, (campaign.name, campaign.raw_name)):
            self._report.differ(
                Difference(kept, "campaign_name", kept, campaign.name, campaign.line, applied=False)
            )
            return
        if kept not in {campaign.name, campaign.raw_name}:
            self._report.join(JoinedName(campaign.name, kept, campaign.line))
        for spelling, line in self._spool.spellings(campaign.number):
            if spelling != kept:
                self._report.join(JoinedName(spelling, kept, line))
            elif campaign.name == kept:  # so the first spelling had a ' before it
                self._report.join(JoinedName(campaign.raw_name, kept, campaign.line))

    def _compare(self, campaign: SpooledCampaign, stored: Campaign) -> None:
        changes = {
            key: value for key, value in campaign.details.items() if getattr(stored, key) != value
        }
        if not changes:
            return
        if self._update_details:
            if errors := check_campaign(replace(stored, **changes)):
                reason = "; ".join(f"{e.pointer[1:]}: {e.detail}" for e in errors)
                self._report.bad(campaign.line, reason)
                return
            self.changes.append((stored, changes))
        for key, value in changes.items():
            texts = (_shown(key, getattr(stored, key)), _shown(key, value))
            self._report.differ(
                Difference(stored.name, key, *texts, campaign.line, self._update_details)
            )


def _shown(key: str, value: Any) -> str:
    if value is None:
        return ""
    return decimal_text(value, 2) if key == "budget" else str(value)
