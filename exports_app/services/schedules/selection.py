"""Which scheduled exports are selected in a list: all that match its filters, and which of those
that were selected still do."""

from collections.abc import Collection, Mapping
from typing import Any

from exports_app.domain import bounds
from exports_app.domain.access import Principal
from exports_app.services.core.authorization import sorting, visible
from exports_app.services.core.field_rules import check_search, is_uuid
from exports_app.services.core.interfaces import Store
from exports_app.services.core.records import Page
from exports_app.services.schedules.service import NEWEST, SORTS
from exports_app.services.schedules.tagging import with_folded_tags


class ScheduleSelection:
    def __init__(self, store: Store) -> None:
        self._store = store

    def matching(
        self, who: Principal, tenant_id: str, where: Mapping[str, Any], q: str, sort: str
    ) -> dict[str, str]:
        """The names by id of all that `Schedules.find` gives, in its order: the first `bounds.BULK`
        of them. Raises NotFound, Forbidden, Invalid."""
        within = visible(who, tenant_id)
        check_search({"q": q})
        first = Page(1, bounds.BULK, sorting(sort or NEWEST, SORTS))
        with self._store.read() as tx:
            return tx.schedules.names(within, with_folded_tags(where), q, first)

    def among(
        self,
        who: Principal,
        tenant_id: str,
        where: Mapping[str, Any],
        q: str,
        ids: Collection[str],
    ) -> set[str]:
        """Those of the ids that `Schedules.find` gives, on any page. Raises NotFound, Forbidden,
        Invalid."""
        within = visible(who, tenant_id)
        check_search({"q": q})
        known = [schedule_id for schedule_id in ids if is_uuid(schedule_id)][: bounds.BULK]
        with self._store.read() as tx:
            return tx.schedules.among(within, with_folded_tags(where), q, known)
