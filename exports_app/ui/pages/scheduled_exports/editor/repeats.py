"""How often it runs, as it is chosen in the form. The cron expression is what is stored: a choice
here writes it, and an expression that fits a choice shows as that choice."""

from dataclasses import replace
from typing import Any

import reflex as rx

from exports_app.domain import bounds
from exports_app.domain.errors import NotFound
from exports_app.domain.timing import repeats
from exports_app.domain.timing.cron import CronError
from exports_app.domain.timing.repeats import Repeat, Rhythm
from exports_app.ui.framework.internal import internal
from exports_app.ui.framework.vars import put

CUSTOM = "custom"
DATE, LAST = "date", "last"
DAY, WORKDAY = "day", "workday"
NO_TIME = "Enter a time as HH:MM, e.g. 09:30"
NO_DAY = "Choose at least one day"
TIME, WEEKDAYS = "repeat_time", "repeat_weekdays"
"""Fields that may be wrong: the ids of their controls."""


class RepeatState(rx.State):
    rhythm: str = Rhythm.WEEKLY.value
    """A `Rhythm`, or CUSTOM."""
    step: str = "1"
    time: str = "09:00"
    """As it is typed."""
    minute: str = "0"
    weekdays: list[str] = ["1"]  # noqa: RUF012 (Reflex copies defaults)
    which: str = DATE
    """Of the days in a month: DATE, ``1`` to ``4`` or LAST."""
    day: str = "1"
    """The date; a weekday; of LAST also DAY and WORKDAY."""
    month: str = "1"
    skips: bool = False
    """Some months have no such day."""
    errors: dict[str, str] = {}  # noqa: RUF012
    _of: str = ""
    """The expression that is shown."""
    _repeat: Repeat = Repeat(Rhythm.WEEKLY)
    """The last choice that was complete."""

    @internal
    async def follow(self, expression: str, *, anew: bool = False) -> None:
        """Show the expression in the form. anew: the form was opened."""
        if expression == self._of and not anew:
            return
        self._of, self.errors = expression, {}
        try:
            found = repeats.read(expression)
        except CronError:
            found = None
        if found is None:
            self.rhythm = CUSTOM
        else:
            self._show(_with_kept(found, self._repeat))

    @internal
    async def change(self, name: str, value: str) -> str | None:
        """What is chosen or typed in one of the fields. Returns the expression; None where it stays
        as it is. Raises NotFound for what cannot be chosen."""
        if name == "rhythm":
            self.errors = {}
            if value == CUSTOM:
                self.rhythm = CUSTOM
                return None
        try:
            repeat = self._changed(name, value)
            if repeat is None:
                return None
            self._of = repeats.build(repeat)
        except ValueError:
            raise NotFound from None
        self._show(repeat, typed=name == "time")
        return self._of

    def _changed(self, name: str, value: str) -> Repeat | None:
        """None where what was typed is not complete: `errors` says so."""
        if name == "time":
            self.time = value[: bounds.TIME_OF_DAY]
            return self._at(self.time)
        if name == "weekday":
            return self._toggled(value)
        return self._chosen(name, value)

    def _chosen(self, name: str, value: str) -> Repeat:
        """Raises ValueError."""
        was = self._repeat
        match name:
            case "rhythm":
                return _in_rhythm(was, Rhythm(value))
            case "step" | "minute" | "month":
                numbers: dict[str, Any] = {name: int(value)}
                return replace(was, **numbers)
            case "which":
                return replace(was, day=_cron_day(value, _first_day(value)))
            case "day":
                return replace(was, day=_cron_day(self.which, value))
        raise ValueError(name)

    def _at(self, text: str) -> Repeat | None:
        at = repeats.read_time(text)
        if at is None:
            self.errors = self.errors | {TIME: NO_TIME}
            return None
        self._right(TIME)
        return replace(self._repeat, hour=at[0], minute=at[1])

    def _toggled(self, day: str) -> Repeat | None:
        """One of the weekdays on or off."""
        chosen = {*self.weekdays} ^ {str(int(day))}
        if not chosen:
            self.weekdays, self.errors = [], self.errors | {WEEKDAYS: NO_DAY}
            return None
        self._right(WEEKDAYS)
        return replace(self._repeat, weekdays=tuple(sorted(map(int, chosen))))

    def _right(self, name: str) -> None:
        self.errors = {k: v for k, v in self.errors.items() if k != name}

    def _show(self, repeat: Repeat, *, typed: bool = False) -> None:
        self._repeat = repeat
        which, day = _split(repeat.day)
        put(
            self,
            rhythm=repeat.rhythm.value,
            step=str(repeat.step),
            minute=str(repeat.minute),
            weekdays=[str(weekday) for weekday in repeat.weekdays],
            which=which,
            day=day,
            month=str(repeat.month),
            skips=repeat.rhythm in {Rhythm.MONTHLY, Rhythm.QUARTERLY}
            and repeats.is_left_out(repeat.day),
        )
        if not typed and TIME not in self.errors:
            self.settle()

    @internal
    def settle(self) -> None:
        """Write the time in full, as HH:MM, once it is typed."""
        if TIME not in self.errors:
            self.time = repeats.time_text(self._repeat)


def _in_rhythm(was: Repeat, rhythm: Rhythm) -> Repeat:
    """The same in another rhythm; of minutes and hours a moderate step."""
    steps = {Rhythm.MINUTES: 30, Rhythm.HOURS: 1}
    return replace(was, rhythm=rhythm, step=steps.get(rhythm, was.step))


def _with_kept(found: Repeat, was: Repeat) -> Repeat:
    """What the rhythm does not look at stays as it was chosen before."""
    kept: dict[str, Any] = {}
    if found.rhythm in repeats.STEPS:
        kept["hour"] = was.hour
    if found.rhythm is Rhythm.MINUTES:
        kept["minute"] = was.minute
    if found.rhythm is not Rhythm.WEEKLY:
        kept["weekdays"] = was.weekdays
    if found.rhythm not in {Rhythm.MONTHLY, Rhythm.QUARTERLY}:
        kept["day"] = was.day
    if found.rhythm is not Rhythm.QUARTERLY:
        kept["month"] = was.month
    return replace(found, **kept)


def _split(day: str) -> tuple[str, str]:
    """Which, and of what: the two fields for a day of the month."""
    if day.isdigit():
        return DATE, day
    if "#" in day:
        weekday, _, nth = day.partition("#")
        return nth, weekday
    return LAST, {repeats.LAST_DAY: DAY, repeats.LAST_WORKDAY: WORKDAY}.get(day, day[0])


def _cron_day(which: str, day: str) -> str:
    """Back from the two fields, as `Repeat.day`."""
    if which == DATE:
        return day
    if which == LAST:
        words = {DAY: repeats.LAST_DAY, WORKDAY: repeats.LAST_WORKDAY}
        return words.get(day, f"{day}L")
    return f"{day}#{which}"


def _first_day(which: str) -> str:
    return DAY if which == LAST else "1"
