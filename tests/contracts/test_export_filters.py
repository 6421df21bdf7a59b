"""What an export type declares about its filters is what validation, the form and the query keep
to."""

from typing import Any

from exports_app import wiring
from exports_app.domain.table import Column, integer
from exports_app.services.core.export_filters import (
    CampaignFilter,
    ExportFilter,
    GroupByFilter,
    Scope,
    resolve_own,
)
from exports_app.services.core.extension_points import EXPORT_TYPES
from exports_app.services.schedules.filters import Filters, check_filters
from exports_app.ui.pages.scheduled_exports.editor import form
from tests.world import registered, uuid_of

CAMPAIGN = uuid_of(1)
wiring.load_plugins()


class Plain:
    key = "plain"
    label = "Plain"
    description = "Numbers."

    def __init__(self, *filters: ExportFilter) -> None:
        self.filters = filters

    def columns(self) -> tuple[Column, ...]:
        return (integer("number", "Number"),)

    def select(self, scope: Scope) -> Any:
        raise NotImplementedError


def errors(filters: Filters) -> list[tuple[str, str]]:
    return [(e.pointer, e.detail) for e in check_filters(filters, Plain.key)]


def test_what_a_type_does_not_take_is_refused_and_left_out_by_the_form() -> None:
    with registered(EXPORT_TYPES, Plain()) as export_type:
        assert errors(Filters(campaign_ids=(CAMPAIGN,), group_by="day")) == [
            ("/filters/groupBy", "the export type plain does not support groupBy: leave it out"),
            (
                "/filters/campaignIds",
                "the export type plain does not support campaignIds: leave it out",
            ),
        ]
        values = form.EMPTY | {"export_type": Plain.key}
        assert errors(form.filters_of(values, [CAMPAIGN])) == []
        assert Plain.key not in form.groupings()
        assert resolve_own(export_type, Filters()) == {}


def test_what_a_type_takes_is_checked_offered_and_has_its_default() -> None:
    filters = (CampaignFilter(required=True), GroupByFilter(("week", "year")))
    with registered(EXPORT_TYPES, Plain(*filters)) as export_type:
        assert errors(Filters(group_by="day")) == [
            ("/filters/groupBy", "must be one of week, year"),
            ("/filters/campaignIds", "the export type plain needs at least one campaign"),
        ]
        values = form.EMPTY | {"export_type": Plain.key, "group_by": "day"}
        chosen = form.filters_of(values, [CAMPAIGN])
        assert chosen.group_by == "week"
        assert errors(chosen) == []
        assert form.groupings()[Plain.key] == [("week", "By week"), ("year", "By year")]
        assert resolve_own(export_type, Filters(campaign_ids=(CAMPAIGN,))) == {
            "campaign_ids": (CAMPAIGN,),
            "group_by": "week",
        }
