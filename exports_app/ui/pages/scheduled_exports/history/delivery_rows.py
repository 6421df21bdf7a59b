"""What became of each recipient and destination of a run, as the history shows it."""

from collections import Counter
from dataclasses import dataclass

from exports_app.domain.humanize import counted, size
from exports_app.domain.runs.delivery_mode import DeliveryMode
from exports_app.domain.runs.states import OWN_RECIPIENTS, RESENT, DeliveryStatus
from exports_app.services.core.records import Delivery, Run
from exports_app.services.runs.actions import waits_for_retry
from exports_app.ui.framework.services import services
from exports_app.ui.pages.scheduled_exports import run_errors
from exports_app.ui.pages.scheduled_exports.delivery_advice import advice
from exports_app.ui.pages.scheduled_exports.history.attempts import DELIVERY_WORDS
from exports_app.ui.pages.scheduled_exports.labels import iso


@dataclass
class DeliveryItem:
    target: str
    status: str
    word: str
    at: str
    form: str
    """How its email brings the file, where those of the run differ in it; of a destination where
    the file is."""
    error: str
    advice: str
    """What to do about it."""
    can_replace: bool
    """Its address may be replaced, and the file sent to the new one."""
    channel: str
    """Of a destination; empty for a recipient."""


def has_file(run: Run) -> bool:
    return bool(run.file_key) and run.file_removed_at is None


def forms_of(deliveries: list[Delivery]) -> Counter[str]:
    """How many emails brought the file in each form."""
    mails = (d for d in deliveries if d.destination_id is None)
    sent = (d.sent_as for d in mails if d.status is DeliveryStatus.ACCEPTED)
    return Counter(filter(None, sent))


def form_words(mode: str | None, attached: int | None) -> str:
    if not mode:
        return ""
    if mode == DeliveryMode.LINK:
        return "as a download link"
    how = "attached as ZIP" if mode == DeliveryMode.ZIP else "attached"
    return how if attached is None else f"{how}, {size(attached)}"


def resend_words(left: list[Delivery]) -> str:
    places = sum(d.destination_id is not None for d in left)
    if places and places < len(left):
        return f"Resend to {len(left)} failed recipients and destinations"
    return f"Resend to {counted(len(left), 'failed destination' if places else 'failed recipient')}"


def delivery_rows(run: Run, deliveries: list[Delivery]) -> list[DeliveryItem]:
    mixed = len(forms_of(deliveries)) > 1
    return [_delivery_row(run, delivery, mixed=mixed) for delivery in deliveries]


def _brought(delivery: Delivery, *, mixed: bool) -> str:
    """What it brought, of a destination where, and after how many attempts."""
    if delivery.destination_id is not None:
        sent_size = "" if delivery.sent_size is None else size(delivery.sent_size)
        tries = counted(delivery.attempts, "attempt") if delivery.attempts > 1 else ""
        return " · ".join(filter(None, (delivery.location, sent_size, tries)))
    is_told = mixed and delivery.sent_at is not None
    return form_words(delivery.sent_as, delivery.sent_size) if is_told else ""


def _delivery_row(run: Run, delivery: Delivery, *, mixed: bool) -> DeliveryItem:
    return DeliveryItem(
        delivery.target,
        str(delivery.status),
        DELIVERY_WORDS[delivery.status],
        iso(delivery.sent_at),
        _brought(delivery, mixed=mixed),
        run_errors.readable(delivery.error),
        advice(run, delivery, services.settings.unknown_resends),
        delivery.status is DeliveryStatus.FAILED
        and delivery.destination_id is None
        and (run.status in RESENT or waits_for_retry(run))
        and run.trigger not in OWN_RECIPIENTS
        and has_file(run),
        delivery.channel if delivery.destination_id is not None else "",
    )
