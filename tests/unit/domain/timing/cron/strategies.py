"""Random expressions and zones, and the runs by a walk over every minute."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from exports_app.domain.timing.cron import Cron, CronError, parse
from tests.unit.domain.timing.cron.instants import MINUTE

SIZES = ((0, 59), (0, 23), (1, 31), (1, 12), (0, 7))
ZONES = (
    *(
        "America/New_York",
        "Europe/Berlin",
        "Australia/Lord_Howe",
        "Pacific/Apia",
        "America/Sao_Paulo",
        "Asia/Kathmandu",
    ),
    *(
        "Africa/Casablanca",
        "America/St_Johns",
        "Pacific/Kwajalein",
        "Asia/Pyongyang",
        "America/Caracas",
        "UTC",
    ),
)


@cache
def changes(name: str) -> list[datetime]:
    """The days (UTC) between 1969 and 2030 before a change of the zone's offset."""
    zone = ZoneInfo(name)
    days = [datetime(1969, 1, 1, tzinfo=UTC) + timedelta(days=d) for d in range(62 * 365)]
    offsets = [day.astimezone(zone).utcoffset() for day in days]
    return [
        day
        for day, before, after in zip(days, offsets, offsets[1:], strict=False)
        if before != after
    ] or days[:1]


@st.composite
def terms(draw: st.DrawFn, low: int, high: int) -> tuple[str, set[int]]:
    first, last = draw(st.integers(low, high)), draw(st.integers(low, high))
    step = draw(st.integers(1, 30))
    every = list(range(low, high + 1))
    if first <= last:
        span = list(range(first, last + 1))
    elif (low, high) == (0, 7):
        span = [day % 7 for day in range(first % 7, (first % 7) + (last - first) % 7 + 1)]
    else:
        span = every[first - low :] + every[: last - low + 1]
    return draw(
        st.sampled_from(
            [
                ("*", set(every)),
                (f"*/{step}", set(every[::step])),
                (f"{first}", {first}),
                (f"{first}/{step}", set(range(first, high + 1, step))),
                (f"{first}-{last}", set(span)),
                (f"{first}-{last}/{step}", set(span[::step])),
            ]
        )
    )


@st.composite
def fields(draw: st.DrawFn, low: int, high: int) -> tuple[str, set[int]]:
    items = draw(st.lists(terms(low, high), min_size=1, max_size=3))
    return ",".join(text for text, _ in items), set().union(*(values for _, values in items))


@st.composite
def schedules(draw: st.DrawFn) -> tuple[str, tuple[set[int], ...]]:
    """An expression with the values of its fields; months and days are often open, or hardly
    anything would fire."""
    opened = draw(
        st.sampled_from(
            [
                (False, False, True, True, True),
                (False, False, False, True, False),
                (True, False, True, True, True),
            ]
        )
    )
    drawn = [
        ("*", set(range(low, high + 1))) if is_open else draw(fields(low, high))
        for (low, high), is_open in zip(SIZES, opened, strict=True)
    ]
    return " ".join(text for text, _ in drawn), tuple(values for _, values in drawn)


@st.composite
def places(draw: st.DrawFn) -> tuple[ZoneInfo, datetime]:
    name = draw(st.sampled_from(ZONES))
    start = draw(st.sampled_from(changes(name))) + timedelta(
        seconds=draw(st.integers(-86_400, 2 * 86_400))
    )
    return ZoneInfo(name), start


def parsed_or_none(expression: str) -> Cron | None:
    """None for what never fires; these schedules have nothing else wrong."""
    try:
        return parse(expression)
    except CronError as error:
        if "no such day" not in error.message:
            raise
        return None


def matches(expression: str, values: tuple[set[int], ...], wall: datetime) -> bool:
    minutes, hours, days, months, weekdays = values
    if wall.minute not in minutes or wall.hour not in hours or wall.month not in months:
        return False
    texts = expression.split()
    day, weekday = (
        wall.day in days,
        wall.isoweekday() in weekdays or wall.isoweekday() % 7 in weekdays,
    )
    either = not texts[2].startswith("*") and not texts[4].startswith("*")
    return (day or weekday) if either else (day and weekday)


def walk(
    expression: str, values: tuple[set[int], ...], zone: ZoneInfo, after: datetime, until: datetime
) -> Iterator[datetime]:
    """The rules, applied to the clock on the wall at every minute."""
    follows = any(text.startswith("*") for text in expression.split()[:2])
    instant = after.replace(second=0, microsecond=0)
    before = instant.astimezone(zone).replace(tzinfo=None)
    while (instant := instant + MINUTE) <= until:
        local = instant.astimezone(zone)
        wall = local.replace(tzinfo=None, fold=0)
        if follows:
            shown = [wall]
        elif wall > before:  # with all that the clock jumped over
            shown = (
                []
                if local.fold
                else [before + n * MINUTE for n in range(1, (wall - before) // MINUTE + 1)]
            )
        else:
            shown = [] if local.fold else [wall]
        if any(matches(expression, values, one) for one in shown):
            yield instant
        before = wall
