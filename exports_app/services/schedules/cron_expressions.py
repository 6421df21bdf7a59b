"""Cron expressions before they are saved: whether one is valid, and what it means in words."""

from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from exports_app.domain.access import Permission, Principal, require_anywhere
from exports_app.domain.errors import ExportsError, FieldError, Invalid
from exports_app.domain.timing import clock_changes, cron, presets
from exports_app.services.core.interfaces import Clock


@dataclass(frozen=True)
class CronAnswer:
    """next_runs: UTC instants. description: the schedule in words, None when invalid."""

    valid: bool
    expression: str
    message: str
    description: str | None
    next_runs: list[datetime]


@dataclass(frozen=True)
class CronExplanation:
    """note: what a change of the clocks does to the next runs. preset: a key, or
    presets.CUSTOM. at: the present."""

    valid: bool
    message: str
    description: str | None
    next_runs: list[datetime]
    note: str | None
    preset: str
    at: datetime


class CronExpressions:
    """minimum_seconds: between two runs. default_zone: where the caller names no zone."""

    def __init__(self, clock: Clock, minimum_seconds: int, default_zone: str) -> None:
        self._clock = clock
        self._minimum = minimum_seconds
        self._default_zone = default_zone

    def validate(
        self,
        who: Principal,
        expression: str,
        timezone: str | None,
        after: datetime | None,
        count: int,
    ) -> CronAnswer:
        """What the engine would do with the expression. after: None: now. count: of next runs.

        An invalid expression is an answer. Raises Invalid for an unknown zone, or an instant out
        of range; Forbidden.
        """
        require_anywhere(who, Permission.READ)
        start = _in_utc(after or self._clock())
        zone = self._zone(timezone)
        try:
            parsed = cron.parse(expression)
            cron.check_interval(parsed, zone, start, self._minimum)
        except ExportsError as e:
            return CronAnswer(False, expression, e.message, None, [])
        runs = cron.next_runs(parsed, zone, start, count)
        return CronAnswer(True, expression, "Valid cron expression", cron.describe(parsed), runs)

    def explain(
        self, who: Principal, expression: str, timezone: str | None, count: int = 5
    ) -> CronExplanation:
        """As `validate` from now on, with what helps a person who writes an expression."""
        now = self._clock()
        answer = self.validate(who, expression, timezone, now, count)
        note = None
        if answer.valid:
            parsed = cron.parse(expression)
            note = clock_changes.shift_note(parsed, self._zone(timezone), answer.next_runs)
        return CronExplanation(
            valid=answer.valid,
            message=answer.message,
            description=answer.description,
            next_runs=answer.next_runs,
            note=note,
            preset=presets.preset_of(expression),
            at=now,
        )

    def _zone(self, timezone: str | None) -> ZoneInfo:
        """Raises Invalid."""
        try:
            return cron.zone(self._default_zone if timezone is None else timezone)
        except ExportsError as e:
            raise Invalid([FieldError("/timezone", e.message)]) from e


def _in_utc(instant: datetime) -> datetime:
    """Raises Invalid."""
    try:
        return instant.astimezone(UTC)
    except OverflowError:
        detail = "must lie between the years 1 and 9999 in UTC"
        raise Invalid([FieldError("/after", detail)]) from None
