"""The words of the question before runs are started."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from exports_app.domain.humanize import counted
from exports_app.domain.runs.send_to import SendTo
from exports_app.services.runs.mailings import Mailing, ToDestinations
from exports_app.ui.components.question import Option

MOST_UNTYPED = 10
"""Emails and messages that are sent without their number being typed. Files in stores are not
counted: they tell nobody, and can be deleted there."""
NAMED = 3
"""Addresses or names that are shown."""


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
        return Words(title, f"{_list(_quoted(mailing.names))}.", "Run now")
    if kind is Kind.RERUN:
        text = "A new run with the current settings, for the dates of the old one."
        return Words(f"Rerun {name} for the same dates?", text, "Rerun")
    if kind is Kind.RESEND:
        text = f"{_sent(mailing)}. They get the same file."
        return Words(f"Resend the file of {name}?", text, "Resend")
    if kind is Kind.RETRY:
        text = f"{_sent(mailing)}. Those who already have the file do not get it again."
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


@dataclass(frozen=True)
class ToType:
    """What must be typed. number: empty where it need not. of: what it counts."""

    number: str = ""
    of: str = ""


def to_type(mailing: Mailing, to: SendTo, *, mails: bool = True) -> ToType:
    """mails: whether emails can be sent at all."""
    emails = {SendTo.RECIPIENTS: mailing.emails, SendTo.CALLER: mailing.runs}.get(to, 0)
    counts = {
        "emails": emails if mails else 0,
        "messages": mailing.messages.count if to is SendTo.RECIPIENTS else 0,
    }
    total = sum(counts.values())
    if total <= MOST_UNTYPED:
        return ToType()
    return ToType(str(total), " and ".join(name for name, count in counts.items() if count))


def _all(mailing: Mailing) -> str:
    if not mailing.delivers:
        return "Send to the recipients"
    both = "the recipients and destinations" if mailing.emails else "the destinations"
    return f"Send to {both}"


def _sent(mailing: Mailing) -> str:
    """``96 emails to 2 people: …; 48 files to “Archive”; 48 messages to “#sales”``."""
    parts = [
        *([_emails(mailing)] if mailing.emails or not mailing.delivers else []),
        *_to(mailing.files, "file"),
        *_to(mailing.messages, "message"),
    ]
    return "; ".join(parts) + _idle(mailing.idle)


def _to(destinations: ToDestinations, noun: str) -> list[str]:
    if not destinations.count:
        return []
    return [f"{counted(destinations.count, noun)} to {_list(_quoted(destinations.names))}"]


def _idle(names: Sequence[str]) -> str:
    if not names:
        return ""
    verbs = "is not active and gets" if len(names) == 1 else "are not active and get"
    return f". {_list(_quoted(names))} {verbs} nothing"


def _quoted(names: Sequence[str]) -> list[str]:
    return [f"“{name}”" for name in names]


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
