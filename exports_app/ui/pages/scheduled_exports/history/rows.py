"""Runs of a schedule and the details of one, as the history shows them."""

import re
from dataclasses import dataclass

from exports_app.domain.humanize import counted, duration, place, sentence, size
from exports_app.domain.open_enum import Words
from exports_app.domain.runs.delivery_mode import DeliveryMode
from exports_app.domain.runs.states import (
    FAILING,
    FINISHED,
    RESENT,
    UNFINISHED,
    DeliveryStatus,
    RunStatus,
    Trigger,
)
from exports_app.domain.timing import period
from exports_app.services.core.records import Delivery, Run
from exports_app.services.runs import entitlement
from exports_app.services.runs.actions import waits_for_retry
from exports_app.ui.components.run_words import nominal
from exports_app.ui.framework.services import services
from exports_app.ui.pages.scheduled_exports import run_errors
from exports_app.ui.pages.scheduled_exports.history.delivery_rows import (
    form_words,
    forms_of,
    has_file,
    resend_words,
)
from exports_app.ui.pages.scheduled_exports.labels import (
    STATUS_WORDS,
    format_label,
    iso,
    kind_label,
    moment,
)

TRIGGERS = Words(
    {
        Trigger.SCHEDULE: "Scheduled",
        Trigger.MANUAL: "Manual",
        Trigger.TEST: "Test",
        Trigger.RERUN: "Rerun",
        Trigger.BACKFILL: "Backfill",
    }
)
NOT_SENT = "Not sent: it was started without sending."


@dataclass
class RunItem:
    id: str
    schedule_id: str
    schedule_name: str
    """As it is now; empty where the rows are of one schedule."""
    status: str
    status_word: str
    at: str
    since: str
    is_test: bool
    how: str
    """Trigger, who, and whether it was started without sending."""
    window: str
    file_name: str
    parts: list[str]
    """The file's name, cut where a line may end."""
    size: str
    has_file: bool
    records: str
    took: str
    attempts: str
    waits: str
    """What it waits for."""
    waits_at: str
    """Until when; empty where it is no time."""
    waits_after: str
    """Follows that time."""
    bar: str
    """Height of its bar in the strip, in per cent."""
    title: str


@dataclass
class Detail:
    """Of the run that is opened."""

    error: str = ""
    raw: str = ""
    """The error with all its ids, to be copied."""
    hint: str = ""
    sha256: str = ""
    made: str = ""
    """What it is, in one line, as of when it ran."""
    sent: str = ""
    """How the file went out, and what became of it; in one line."""
    can_resend: bool = False
    can_rerun: bool = False
    can_cancel: bool = False
    can_revoke: bool = False
    """It sent download links that may still work."""
    can_retry: bool = False
    """It waits for another attempt."""
    unknown: int = 0
    """Messages that may have arrived, or not, and wait for a person's word."""
    unsent: int = 0
    resend: str = ""
    """The words of the button that resends it."""
    no_emails: str = ""
    """Why there are no deliveries; empty where there are."""


def run_row(
    run: Run,
    deliveries: list[Delivery],
    names: dict[str, str],
    longest: float,
    schedule_name: str = "",
) -> RunItem:
    """names: of people, by id. longest: seconds that the longest run beside it took."""
    how = f"{TRIGGERS[run.trigger]} {nominal(run)}".rstrip()
    if run.triggered_by:
        how += f" · {names.get(run.triggered_by, 'a deleted user')}"
    if not (run.recipients or run.spec.destination_ids):
        how += " · not sent"
    if run.missed_ticks:
        how += f" · {counted(run.missed_ticks, 'earlier run')} missed"
    took = duration(run_seconds(run)) if run.started_at and run.completed_at else ""
    word = STATUS_WORDS[run.status]
    return RunItem(
        id=run.id,
        schedule_id=run.scheduled_export_id,
        schedule_name=schedule_name,
        status=str(run.status),
        status_word=word,
        at=iso(run.date) if run.status in UNFINISHED else iso(moment(run)),
        since=iso(run.started_at) if run.status is RunStatus.PROCESSING else "",
        is_test=run.trigger is Trigger.TEST,
        how=how,
        window=period.words(period.Window(run.window_start, run.window_end)),
        file_name=run.file_name or "",
        parts=re.findall(r"[^_]*_|[^_]+", run.file_name or ""),
        size=size(run.file_size) if run.file_size is not None else "",
        has_file=has_file(run),
        records="" if run.record_count is None else f"{run.record_count:,}",
        took=took,
        attempts="" if run.number < 2 else f"attempt {run.number}",
        waits=_waits(run, deliveries),
        waits_at=iso(run.next_attempt_at) if run.status is RunStatus.PENDING else "",
        waits_after=_next_attempt(run),
        bar=f"{round(12 + 88 * run_seconds(run) / longest) if longest else 12}%",
        title=f"{word}{f', {took}' if took else ''}, {run.created_at:%d %b %Y %H:%M} UTC",
    )


def _waits(run: Run, deliveries: list[Delivery]) -> str:
    if run.status is RunStatus.PROCESSING:
        sending = [d for d in deliveries if d.status is DeliveryStatus.SENDING]
        mails = any(d.destination_id is None for d in sending)
        where = "the mail server" if mails else "the destination"
        return f"Waiting for {where}" if sending else ""
    if run.status is not RunStatus.PENDING or run.next_attempt_at is None:
        return ""
    return "Will retry" if run.attempt else "Starts"


def _next_attempt(run: Run) -> str:
    if run.status is not RunStatus.PENDING or run.next_attempt_at is None or not run.attempt:
        return ""
    most = run.spec.retry_attempts or services.settings.retry_attempts
    return f" (attempt {run.number + 1} of {run.attempts_before + most + run.deaths})"


def _sent(run: Run, deliveries: list[Delivery]) -> str:
    facts = []
    if len(forms := forms_of(deliveries)) > 1:
        words = [
            f"{form_words(mode, None)} to {forms[mode]}" for mode in DeliveryMode if forms[mode]
        ]
        facts.append(f"Sent {' and '.join(words)}: the mail server refused larger messages")
    elif run.sent_as == DeliveryMode.LINK and run.link_expires_at:
        facts.append(f"Sent as a download link until {run.link_expires_at:%d %b %Y, %H:%M} UTC")
    elif run.sent_as and run.sent_size is not None:
        facts.append(sentence(form_words(run.sent_as, run.sent_size)))
    if run.links_revoked_at:
        facts.append(f"its links were revoked on {run.links_revoked_at:%d %b %Y, %H:%M} UTC")
    if run.removed_characters:
        facts.append(
            f"{counted(run.removed_characters, 'unsupported character')} removed or replaced"
        )
    if run.file_removed_at:
        facts.append(f"the file was removed on {run.file_removed_at:%d %b %Y}")
    return sentence(" · ".join(facts))


def run_seconds(run: Run) -> float:
    return (
        (run.completed_at - run.started_at).total_seconds()
        if run.started_at and run.completed_at
        else 0.0
    )


def detail(run: Run, deliveries: list[Delivery]) -> Detail:
    left = entitlement.unsent(deliveries)
    unknown = (
        sum(d.status is DeliveryStatus.UNKNOWN for d in deliveries) if run.status in FAILING else 0
    )
    # Of one that has not ended, the error is that of an attempt before
    after = run_errors.hint(run.error_code) if run.status in FINISHED else ""
    hint = run_errors.WAITS if waits_for_retry(run) else after
    return Detail(
        error=f"{run_errors.readable(run.error).rstrip('.')}." if run.error else "",
        raw=run.error or "",
        hint=hint,
        sha256=run.sha256 or "",
        made=f"{kind_label(run.spec.export_type)}, {format_label(run.format)}"
        f" · time zone: {place(run.spec.timezone)}",
        sent=_sent(run, deliveries),
        can_resend=run.status in RESENT and has_file(run) and bool(left),
        can_rerun=run.status in FINISHED,
        can_cancel=run.status in UNFINISHED,
        can_revoke=run.sent_as == DeliveryMode.LINK
        and run.links_revoked_at is None
        and has_file(run),
        can_retry=waits_for_retry(run),
        unknown=unknown,
        unsent=len(left),
        resend="Resend" if unknown == len(left) else resend_words(left),
        no_emails="" if deliveries else _no_emails(run),
    )


def _no_emails(run: Run) -> str:
    if run.spec.destination_ids:
        return "No deliveries yet." if run.status in UNFINISHED else "Nothing was delivered."
    if not run.recipients:
        return NOT_SENT
    return "No emails yet." if run.status in UNFINISHED else "No emails were sent."
