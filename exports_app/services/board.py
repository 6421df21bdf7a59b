"""The list of scheduled exports as many open pages show it: what they all ask for in the same moment is read once.

A change of a tenant makes every page that shows it load anew, most of them with the same view. Access is asked for each time;
what is shared depends on the tenant and the view alone.
"""

import threading
import time
from collections.abc import Mapping
from concurrent.futures import Future
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

from exports_app.domain.access import Principal
from exports_app.services.changes import Change, Changes
from exports_app.services.overview import Overview
from exports_app.services.records import LatestRun, Page, Schedule, Summary
from exports_app.services.schedules import Schedules
from exports_app.services.scope import visible

KEPT = 0.25
"""Seconds. Other processes change the database without a word: what they did is seen after so long at the latest."""

_Key: TypeAlias = tuple[str, tuple[tuple[str, Any], ...], str, Page]


@dataclass(frozen=True)
class Listed:
    """One page of the list. page: the one that was asked for, or the last one where there are fewer."""

    schedules: list[Schedule]
    total: int
    page: Page
    latest: dict[str, LatestRun]
    summary: Summary


@dataclass(frozen=True)
class _Reading:
    begun: float
    future: "Future[Listed]"


class Board:
    def __init__(self, schedules: Schedules, overview: Overview, changes: Changes) -> None:
        self._schedules, self._overview = schedules, overview
        self._lock = threading.Lock()
        self._readings: dict[_Key, _Reading] = {}
        changes.subscribe(self._on_change)

    def page(
        self, who: Principal, tenant_id: str, where: Mapping[str, Any], q: str, page: Page, *, fresh: bool = False
    ) -> Listed:
        """As of `Schedules.find`, with the newest runs and the tenant's summary. Raises NotFound, Forbidden, Invalid.

        fresh: a reading of one's own, for who has just learnt that what is shown is no longer so.
        """
        visible(who, tenant_id)
        key, now = (tenant_id, tuple(sorted(where.items())), q, page), time.monotonic()
        with self._lock:
            self._readings = {k: r for k, r in self._readings.items() if now - r.begun < KEPT}
            held = None if fresh else self._readings.get(key)
            mine = self._readings[key] = held or _Reading(now, Future())
        if held is None:
            try:
                mine.future.set_result(self._read(who, tenant_id, where, q, page))
            except BaseException as e:  # noqa: BLE001  (raised below, to everybody who waits for it, and to nobody later)
                with self._lock:
                    self._readings = {k: r for k, r in self._readings.items() if r is not mine}
                mine.future.set_exception(e)
        return mine.future.result()

    def _on_change(self, change: Change) -> None:
        """Nothing that was begun before it serves anybody who comes after it."""
        with self._lock:
            self._readings = {k: r for k, r in self._readings.items() if not change.concerns(frozenset({k[0]}))}

    def _read(self, who: Principal, tenant_id: str, where: Mapping[str, Any], q: str, page: Page) -> Listed:
        found, total = self._schedules.find(who, tenant_id, where, q, page)
        if not found and total:  # the page is past the end
            page = replace(page, number=-(-total // page.size))
            found, total = self._schedules.find(who, tenant_id, where, q, page)
        return Listed(found, total, page, self._overview.latest(who, found), self._overview.summary(who, tenant_id))
