"""A page of the list of scheduled exports, shared by the open pages that show it."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from exports_app.domain.access import Principal
from exports_app.services.core.authorization import visible
from exports_app.services.core.change_events import Changes
from exports_app.services.core.records import LatestRun, Page, Schedule, Summary
from exports_app.services.core.request_coalescing import RequestCoalescing
from exports_app.services.destinations.names import DestinationNames, NamedDestination
from exports_app.services.schedules.service import Schedules
from exports_app.services.schedules.summaries import ScheduleSummaries

KEPT = 0.25
"""Seconds that a reading is shared: changes by other processes show after this time at the
latest."""


@dataclass(frozen=True, eq=False)
class ScheduleListPage:
    """Equal to itself only. page: the requested page, or the last one where the list is shorter."""

    schedules: list[Schedule]
    total: int
    page: Page
    latest: dict[str, LatestRun]
    summary: Summary
    owners: dict[str, str]
    """Names by id."""
    destinations: Mapping[str, NamedDestination]
    """By id."""


class ScheduleListing:
    def __init__(
        self,
        schedules: Schedules,
        overview: ScheduleSummaries,
        destinations: DestinationNames,
        changes: Changes,
    ) -> None:
        self._schedules = schedules
        self._overview = overview
        self._destinations = destinations
        self._readings: RequestCoalescing[ScheduleListPage] = RequestCoalescing(changes, KEPT)

    def page(
        self,
        who: Principal,
        tenant_id: str,
        where: Mapping[str, Any],
        q: str,
        page: Page,
        *,
        fresh: bool = False,
    ) -> ScheduleListPage:
        """As of `Schedules.find`, with the newest runs and the tenant's summary. Raises NotFound,
        Forbidden, Invalid.

        fresh: see `RequestCoalescing.get`.
        """
        visible(who, tenant_id)
        view = (tuple(sorted(where.items())), q, page)
        return self._readings.get(
            tenant_id, view, lambda: self._read(who, tenant_id, where, q, page), fresh=fresh
        )

    def _read(
        self, who: Principal, tenant_id: str, where: Mapping[str, Any], q: str, page: Page
    ) -> ScheduleListPage:
        schedules, total = self._schedules.find(who, tenant_id, where, q, page)
        if not schedules and total:  # the page is past the end
            page = replace(page, number=-(-total // page.size))
            schedules, total = self._schedules.find(who, tenant_id, where, q, page)
        return ScheduleListPage(
            schedules,
            total,
            page,
            self._overview.latest(who, schedules),
            self._overview.summary(who, tenant_id),
            self._overview.people(who, {schedule.owner_id for schedule in schedules}),
            self._named(who, tenant_id, schedules),
        )

    def _named(
        self, who: Principal, tenant_id: str, schedules: list[Schedule]
    ) -> Mapping[str, NamedDestination]:
        if not any(schedule.destination_ids for schedule in schedules):
            return {}
        return {one.id: one for one in self._destinations.named(who, tenant_id)}
