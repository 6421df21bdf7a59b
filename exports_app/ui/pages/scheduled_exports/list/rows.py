"""What one line of the list shows, ready to be read. Instants are ISO 8601, or empty."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from weakref import WeakKeyDictionary

from exports_app.domain.humanize import place
from exports_app.domain.runs.states import FAILING, FINISHED, RunStatus
from exports_app.services.core.records import LatestRun, Run, Schedule, Summary
from exports_app.services.destinations.names import NamedDestination
from exports_app.services.schedules.listing import ScheduleListPage
from exports_app.ui.components.run_words import nominal
from exports_app.ui.pages.scheduled_exports import run_errors
from exports_app.ui.pages.scheduled_exports.labels import (
    STATUS_WORDS,
    failing_words,
    format_label,
    in_words,
    iso,
    kind_label,
    moment,
    outcome_words,
)

NO_DESTINATIONS: Mapping[str, NamedDestination] = {}


@dataclass(frozen=True)
class Row:
    id: str
    name: str
    description: str
    kind: str
    format: str
    words: str
    place: str
    zone: str
    next_at: str
    recipient: str
    others: str
    """Further recipients, as the title of `+n`."""
    more: int
    destination: str
    """The first one's name."""
    channel: str
    """Of that destination."""
    other_destinations: str
    """Their names, as the title of `+n`."""
    more_destinations: int
    active: bool
    status: str
    status_word: str
    detail: str
    is_reason: bool
    """detail: why it did not come to what it should."""
    at: str
    since: str
    """Since when its newest run is processing; empty when it is not."""
    streak: str
    """Why it counts as failing, where its last run does not say so: how many scheduled runs failed
    in a row, or that the latest one did before it was run in another way."""
    failing_at: str
    """Since when its scheduled runs have not gone well: the first of them may have been partial, or
    before a pause."""
    paused: str
    """Why it was paused automatically; empty when it was not."""
    paused_at: str
    owner: str
    tags: list[str]


def counts(summary: Summary) -> str:
    """``3 active · 1 failing · 2 paused (1 automatically)``."""
    paused = summary.total - summary.active
    words = [f"{summary.active:,} active" if summary.active else "None active"]
    if summary.failing:
        words.append(f"{summary.failing:,} failing")
    if paused:
        automatically = f" ({summary.stopped:,} automatically)" if summary.stopped else ""
        words.append(f"{paused:,} paused{automatically}")
    return " · ".join(words)


def row(
    schedule: Schedule,
    latest: LatestRun | None,
    owner: str = "",
    destinations: Mapping[str, NamedDestination] = NO_DESTINATIONS,
) -> Row:
    """destinations: those of the tenant, by id."""
    run = latest.run if latest else None
    status = run.status if run else None
    places = [destinations[key] for key in schedule.destination_ids if key in destinations]
    first, others = (places[0] if places else None), [one.name for one in places[1:]]
    detail = _told(run, latest) if run and latest and not _told_below(schedule, run) else ""
    return Row(
        id=schedule.id,
        name=schedule.name,
        description=schedule.description or "",
        kind=kind_label(schedule.export_type),
        format=format_label(schedule.format),
        words=in_words(schedule.schedule),
        place=place(schedule.timezone),
        zone=schedule.timezone,
        next_at=iso(schedule.next_run_at),
        recipient=schedule.recipients[0] if schedule.recipients else "",
        others=", ".join(schedule.recipients[1:]),
        more=max(0, len(schedule.recipients) - 1),
        destination=first.name if first else "",
        channel=first.channel if first else "",
        other_destinations=", ".join(others),
        more_destinations=len(others),
        active=schedule.is_active,
        status=str(status or "never"),
        status_word=STATUS_WORDS[status] if status else "No runs yet",
        detail=detail,
        is_reason=bool(
            detail and run and run.error and status is not RunStatus.PARTIAL and status in FINISHED
        ),
        at=iso(moment(run)) if run else iso(schedule.created_at),
        since=iso(run.started_at) if run and status is RunStatus.PROCESSING else "",
        streak=_streak(schedule, status),
        failing_at=iso(schedule.failing_since),
        paused=run_errors.readable(schedule.paused_reason) if schedule.paused_at else "",
        paused_at=iso(schedule.paused_at),
        owner=owner,
        tags=schedule.tags,
    )


def _streak(schedule: Schedule, status: RunStatus | None) -> str:
    """Empty where the last run says it already."""
    hides_it = schedule.failing and status not in FAILING
    return failing_words(schedule) if schedule.failures > 1 or hides_it else ""


def _told(run: Run, latest: LatestRun) -> str:
    outcome = outcome_words(run, latest.accepted, latest.total)
    return f"Backfill {made_up}: {outcome}" if (made_up := nominal(run)) else outcome


def _told_below(schedule: Schedule, run: Run) -> bool:
    """The line below says why it was paused, and the run's error in it."""
    return bool(run.error and schedule.paused_reason and run.error in schedule.paused_reason)


def between(ids: Sequence[str], first: str, last: str) -> list[str]:
    """The ids from one to the other, both included, in either direction; the last alone where the
    first is not among them."""
    end = ids.index(last)
    begin = ids.index(first) if first in ids else end
    return list(ids[min(begin, end) : max(begin, end) + 1])


@dataclass(frozen=True)
class Shown:
    """What all pages that read the same reading show of it. names: of the rows, by id."""

    rows: tuple[Row, ...]
    names: Mapping[str, str]
    counts: str
    next_at: str


_shown: WeakKeyDictionary[ScheduleListPage, Shown] = WeakKeyDictionary()


def shown(listed: ScheduleListPage) -> Shown:
    """Made once for each reading. On the event loop only."""
    if (made := _shown.get(listed)) is None:
        rows = tuple(
            row(
                one,
                listed.latest.get(one.id),
                listed.owners.get(one.owner_id, "Unknown"),
                listed.destinations,
            )
            for one in listed.schedules
        )
        names = {one.id: one.name for one in listed.schedules}
        summary = listed.summary
        made = Shown(rows, names, counts(summary), iso(summary.next_run_at))
        _shown[listed] = made
    return made
