"""What to do about one recipient who did not get the file: by the delivery's state, and by what the
mail server said."""

import re

from exports_app.domain.runs.states import FINISHED, DeliveryStatus, RunStatus
from exports_app.services.core.records import Delivery, Run
from exports_app.services.runs.actions import waits_for_retry
from exports_app.services.runs.ending import holds_unknown
from exports_app.services.runs.entitlement import is_dropped

WAITS = "We'll retry automatically."
SENT_AGAIN = "It may have arrived. We'll resend it automatically."
UNKNOWN = (
    "Ask them whether it arrived. Then mark it as delivered, or resend it: most email apps show "
    "the same message only once."
)
UNKNOWN_THERE = "Look whether the file is there. Then mark it as delivered, or resend it."
FIX = "Fix the destination, then resend."
SKIPPED = "Resend it if they should still get the file."
RERUN = "Rerun it once this is fixed."
ADDRESS = "Check the address, and replace it if it is wrong."
FULL = "Their mailbox is full. Ask them to make room, then resend."
TOO_LARGE = "Choose a download link under “Delivery” in the form, then rerun it."
BLOCKED = "Their mail server blocks our emails. Ask its operator to allow our sender, then resend."
LATER = "The mail server refused it temporarily. Resend it later."
SETTINGS = "Ask the server's operator to check the mail settings, then resend."
REFUSED = "The mail server refused it permanently. Ask them whether they can receive our emails."
STOP_FIRST = "You can do this when the retries have ended. To do it now, stop retrying first."
"""To what needs a run that has ended."""
SAYS_IT_ALL = "outside the domains that"
"""In an error that says what to do."""
_CODE = re.compile(r"^(?P<code>[45]\d\d)\b(?:[ (#-]*(?P<enhanced>[45]\.\d{1,3}\.\d{1,3}))?")
"""A mail server's reply about this message. Behind other words it is about the connection."""
_REASONS = (
    (re.compile(r"too large|5\.3\.4|5\.2\.3"), TOO_LARGE),
    (re.compile(r"[45]\.2\.2|quota|\bfull\b|exceeded storage", re.IGNORECASE), FULL),
    (re.compile(r"check SMTP_"), SETTINGS),
    (re.compile(r"^4"), LATER),
    (re.compile(r"5\.7\.\d|spam|blocked|block ?list|blacklist|policy", re.IGNORECASE), BLOCKED),
    (re.compile(r"5\.1\.\d|5\.2\.1|^55[013]\b"), ADDRESS),
)
"""The first that fits a reply: RFC 3463's codes, else the words that servers use."""


def advice(run: Run, delivery: Delivery, resends: int) -> str:
    """Empty where nothing is to be done, or the error says it. resends: how often an unknown
    message is sent again automatically."""
    error = delivery.error or ""
    if SAYS_IT_ALL in error or is_dropped(delivery):
        return ""
    match delivery.status:
        case DeliveryStatus.PENDING:
            return WAITS if error and waits_for_retry(run) else ""
        case DeliveryStatus.UNKNOWN:
            waits = run.status not in FINISHED and not holds_unknown(run)
            ask = UNKNOWN_THERE if delivery.destination_id else UNKNOWN
            return SENT_AGAIN if waits and delivery.resends < resends else ask
        case DeliveryStatus.SKIPPED:
            return RERUN if run.status in {RunStatus.COMPLETED, RunStatus.SKIPPED} else SKIPPED
        case DeliveryStatus.FAILED:
            said = FIX if delivery.destination_id else _after_failure(error)
            at_once = said in {ADDRESS, REFUSED}
            return f"{said} {STOP_FIRST}" if waits_for_retry(run) and not at_once else said
        case _:
            return ""


def _after_failure(error: str) -> str:
    if not _CODE.match(error):
        return TOO_LARGE if "takes at most" in error else SETTINGS
    return next((said for pattern, said in _REASONS if pattern.search(error)), REFUSED)
