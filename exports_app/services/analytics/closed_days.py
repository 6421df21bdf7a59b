"""Past days, whose figures are counted once and kept: what a page or the API asks for costs as many
runs as there were today, and not as there were in a month."""

import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from datetime import time as time_of_day
from zoneinfo import ZoneInfo

from exports_app import log
from exports_app.domain.errors import ExportsError, Unavailable
from exports_app.domain.timing import cron
from exports_app.services.core.interfaces import Clock, Span, Store
from exports_app.services.core.records import Tenant

DAYS = 30
OVER = timedelta(hours=1)
"""After its end a day may be closed: no transaction that adds a run to it is still open."""
KEPT = timedelta(days=DAYS + 10)
"""How long figures are kept. The history is kept for at least a month: a day that is opened again
is counted anew from it."""
QUICK = 0.1
"""Seconds. So long may days be counted in one transaction, which blocks other writers on SQLite."""
FORGET = 500

_log = log.get(__name__)


def last_days(zone: ZoneInfo, now: datetime) -> list[Span]:
    """DAYS of them until today, in the zone."""
    today = now.astimezone(zone).date()
    dates = [today - timedelta(days=back) for back in reversed(range(DAYS))]
    begins = [datetime.combine(day, time_of_day.min, zone).astimezone(UTC) for day in dates]
    return [Span(at, until) for at, until in zip(begins, [*begins[1:], None], strict=True)]


class ClosedDays:
    """timezone: for tenants without their own."""

    def __init__(self, store: Store, clock: Clock, timezone: str) -> None:
        self._store = store
        self._clock = clock
        self._timezone = timezone

    def close_all(self, stopped: Callable[[], bool] = lambda: False) -> None:
        """Close the past days of all tenants, so that nobody who asks for them waits. stopped:
        checked between days. Raises Unavailable."""
        with self._store.read() as tx:
            tenants = tx.tenants.within(None)
        for tenant in tenants:
            if stopped():
                return
            try:
                spans = last_days(self.zone(tenant), self._clock())
            except ExportsError:
                continue  # this machine does not know the zone: who asks is told so
            self._close(tenant.id, spans, stopped)
        with self._store.write() as tx:
            tx.analytics.forget_days(self._clock() - KEPT, FORGET)

    def zone(self, tenant: Tenant) -> ZoneInfo:
        """Raises TimezoneError."""
        return cron.zone(tenant.timezone or self._timezone)

    def close(self, tenant_id: str, spans: Sequence[Span]) -> None:
        """Close those of the days that are past. Never raises: figures of open days are counted
        from the runs."""
        try:
            self._close(tenant_id, spans, lambda: False)
        except Unavailable as e:
            _log.warning(
                "past days could not be closed: the database cannot be reached", reason=e.why
            )

    def _close(self, tenant_id: str, spans: Sequence[Span], stopped: Callable[[], bool]) -> None:
        past = self._clock() - OVER
        over = [span for span in spans if span.ends is not None and span.ends <= past]
        with self._store.read() as tx:
            left = tx.analytics.open_days(tenant_id, over)
        at_once = 1
        while left and not stopped():
            began = time.monotonic()
            with self._store.write() as tx:
                tx.analytics.close_days(tenant_id, left[:at_once])
            left = left[at_once:]
            at_once = at_once * 2 if time.monotonic() - began < QUICK / 2 else 1
