"""The next runs as a calendar (iCalendar, RFC 5545).

Written here: the icalendar package takes a quarter of a second of CPU for a full one, twenty
times as long (decision 40). Tests read it with that package.
"""

import re
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime

from exports_app.services.accounts.feeds import Calendar
from exports_app.services.schedules.upcoming import NextRun

MEDIA_TYPE = "text/calendar; charset=utf-8"
LINE = 75
"""Bytes of a line without its end (section 3.1)."""
REFRESH = "PT1H"
_ESCAPED = str.maketrans({"\\": "\\\\", ";": "\\;", ",": "\\,", "\n": "\\n"})
_BREAK = re.compile(r"\r\n|[\r\x0b\x0c\x1c-\x1e\x85\u2028\u2029]")
"""Some programs end a line at each of these."""
_NO_TEXT = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")


def write(calendar: Calendar, base: str) -> bytes:
    """base: what stands before the paths of pages."""
    return b"".join(_folded(line) for line in _lines(calendar, base))


def _lines(calendar: Calendar, base: str) -> Iterator[str]:
    name = _text(calendar.feed.schedule or f"{calendar.feed.tenant}: scheduled exports")
    yield "BEGIN:VCALENDAR"
    yield "VERSION:2.0"
    yield "PRODID:-//exports_app//Scheduled exports//EN"
    yield f"NAME:{name}"
    yield f"X-WR-CALNAME:{name}"  # what most programs read in place of NAME (RFC 7986)
    yield f"REFRESH-INTERVAL;VALUE=DURATION:{REFRESH}"
    yield f"X-PUBLISHED-TTL:{REFRESH}"
    for run in calendar.runs:
        yield from _event(run, base)
    yield "END:VCALENDAR"


def _event(run: NextRun, base: str) -> Iterator[str]:
    """It has no end and takes no time (section 3.6.1), so that nobody looks busy."""
    schedule = run.schedule
    at = _instant(run.at)
    yield "BEGIN:VEVENT"
    # The same for each reading, so that a program keeps what people noted to the event
    yield f"UID:{uuid.uuid5(uuid.UUID(schedule.id), at)}"
    yield f"DTSTAMP:{_instant(schedule.updated_at)}"
    yield f"DTSTART:{at}"
    yield f"SUMMARY:{_text(schedule.name)}"
    if schedule.description:
        yield f"DESCRIPTION:{_text(schedule.description)}"
    yield f"URL:{base}/scheduled-exports/{schedule.id}"
    yield "TRANSP:TRANSPARENT"
    yield "END:VEVENT"


def _instant(at: datetime) -> str:
    """In UTC: each program shows it in its own zone, and needs no rules of ours."""
    return f"{at.astimezone(UTC):%Y%m%dT%H%M%SZ}"


def _text(text: str) -> str:
    """Section 3.3.11."""
    return _NO_TEXT.sub("", _BREAK.sub("\n", text)).translate(_ESCAPED)


def _folded(line: str) -> bytes:
    """At most LINE bytes each, without a character in two of them."""
    rest, parts = line.encode(), list[bytes]()
    while len(rest) > LINE - bool(parts):
        end = LINE - bool(parts)
        while rest[end] & 0xC0 == 0x80:
            end -= 1
        parts.append(rest[:end])
        rest = rest[end:]
    return b"\r\n ".join([*parts, rest]) + b"\r\n"
