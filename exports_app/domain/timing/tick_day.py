"""The day that a tick belongs to: "today" of its run."""

from datetime import date, datetime, time, timedelta

from cronsim import CronSim

from exports_app.domain.timing import cron

SECOND = timedelta(seconds=1)


def local_day(instant: datetime, timezone: str) -> date:
    """The date of an aware instant in an IANA zone. Raises TimezoneError."""
    if instant.tzinfo is None:
        raise ValueError("an instant needs a time zone")
    return instant.astimezone(cron.zone(timezone)).date()


def day_of(tick: datetime, expression: str, timezone: str) -> date:
    """The date in the zone for which a schedule fires at an aware instant.

    It is the instant's own date but for one case: the clocks jump over midnight (in Nuuk from 23:00
    to 0:00 of the next day), and the schedule names a time that they leave out. It fires at the
    moment of the jump, which has the next day's date, and is meant for the day before. Where a time
    of the next day falls on the same moment, the tick is the earlier day's too, which has no other.
    Raises TimezoneError.
    """
    today = local_day(tick, timezone)
    zone = cron.zone(timezone)
    shown = tick.astimezone(zone).replace(tzinfo=None)
    unchanged = (tick - SECOND).astimezone(zone).replace(tzinfo=None) + SECOND
    if unchanged.date() >= today:
        return today
    return _first_left_out(expression, unchanged, shown) or today


def _first_left_out(expression: str, start: datetime, end: datetime) -> date | None:
    """The first date with a time of the schedule among wall times from start to before end; None
    without any, or where the expression is not valid any more."""
    try:
        parsed = cron.parse(expression)
    except cron.CronError:
        return None
    if parsed.follows_clock:
        return None
    before = datetime.combine(start.date(), time()) - SECOND
    for midnight in CronSim(parsed.calendar, before):
        if midnight >= end:
            return None
        if any(start <= midnight + timedelta(seconds=seconds) < end for seconds in parsed.times):
            return midnight.date()
    return None
