"""The words of the question before runs are started."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from exports_app.domain.humanize import counted, sentence
from exports_app.domain.runs.send_to import SendTo
from exports_app.services.runs.mailings import Mailing
from exports_app.ui.components.question import Option

MOST_UNTYPED = 10
"""Emails that are sent without their number being typed."""
NAMED = 3
"""Addresses that are shown."""


class Kind(StrEnum):
    RUN = "run"
    RUN_SELECTED = "run selected"
    RERUN = "rerun"
    RESEND = "resend"
    RETRY = "retry"
    BACKFILL = "backfill"


SAME_RUN = frozenset({Kind.RESEND, Kind.RETRY})
"""What goes on with a run, to its own recipients alone: see decision 30."""


@dataclass(frozen=True)
class Words:
    """confirm: of the button."""

    title: str
    text: str
    confirm: str


def words(kind: Kind, mailing: Mailing) -> Words:
    name = f"“{mailing.names[0]}”" if mailing.names else ""
    if kind is Kind.RUN_SELECTED:
        title = f"Run {counted(mailing.runs, 'scheduled export')} now?"
        names = [f"“{one}”" for one in mailing.names]
        return Words(title, f"{_list(names)}.", "Run now")
    if kind is Kind.RERUN:
        text = "A new run with the current settings, for the dates of the old one."
        return Words(f"Rerun {name} for the same dates?", text, "Rerun")
    if kind is Kind.RESEND:
        text = f"{_sent(mailing)}. They get the same file."
        return Words(f"Resend the file of {name}?", text, "Resend")
    if kind is Kind.RETRY:
        text = f"{_sent(mailing)}. Those who already have the file get no second email."
        return Words(f"Retry {name} now?", text, "Retry now")
    if kind is Kind.BACKFILL:
        text = f"Creates {counted(mailing.runs, 'run')} of {name}, one for each scheduled time."
        return Words(f"Backfill {counted(mailing.runs, 'run')}?", text, "Run backfill")
    return Words(f"Run {name} now?", "The regular schedule does not change.", "Run now")


def options(kind: Kind, mailing: Mailing, me: str) -> list[Option]:
    """me: the address of the person who is asked."""
    if kind in SAME_RUN:
        return []
    runs = mailing.runs
    to_me = f"{counted(runs, 'email')} to {me}, marked as {'a test' if runs == 1 else 'tests'}"
    file = "The file is" if runs == 1 else "The files are"
    return [
        Option(SendTo.RECIPIENTS, _all(mailing), _sent(mailing)),
        Option(SendTo.CALLER, "Send to me only", to_me),
        Option(SendTo.NOBODY, "Run without sending", f"{file} created and kept in the history"),
    ]


def to_type(mailing: Mailing, to: SendTo) -> str:
    """The number of emails, where it must be typed; empty where it need not."""
    counts = {SendTo.RECIPIENTS: mailing.emails, SendTo.CALLER: mailing.runs, SendTo.NOBODY: 0}
    return str(counts[to]) if counts[to] > MOST_UNTYPED else ""


def _all(mailing: Mailing) -> str:
    if not mailing.destinations:
        return "Send to the recipients"
    both = "the recipients and destinations" if mailing.emails else "the destinations"
    return f"Send to {both}"


def _sent(mailing: Mailing) -> str:
    files = "the file" if mailing.runs == 1 else "the files"
    places = f"{files} to {_list([f'“{one}”' for one in mailing.destinations])}"
    if not mailing.destinations:
        return _emails(mailing)
    return f"{_emails(mailing)}, and {places}" if mailing.emails else sentence(places)


def _emails(mailing: Mailing) -> str:
    people = len(mailing.addresses)
    if not mailing.emails:
        return "No emails"
    shown = _list(mailing.addresses)
    if people == mailing.emails == 1:
        return f"1 email to {shown}"
    return f"{counted(mailing.emails, 'email')} to {_people(people)}: {shown}"


def _people(count: int) -> str:
    return "1 person" if count == 1 else f"{count:,} people"


def _list(names: Sequence[str]) -> str:
    more = len(names) - NAMED
    return ", ".join(names[:NAMED]) + (f" and {more} more" if more > 0 else "")
