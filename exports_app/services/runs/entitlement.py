"""Who may receive a run's file at the moment it is sent or downloaded. The run's own recipients are
those of its creation; the scheduled export and the tenant may have changed since."""

from exports_app.domain.runs.states import OWN_RECIPIENTS, DeliveryStatus
from exports_app.services.core.interfaces import Transaction
from exports_app.services.core.records import Delivery, Run, Schedule
from exports_app.services.tenants import recipient_domains

REMOVED = "not sent: this address is no longer among the recipients of the scheduled export"

REPLACED = "replaced by "
"""Begins the error of a delivery whose address a person replaced."""


def is_dropped(delivery: Delivery) -> bool:
    """Whether it is not sent because its address is no recipient any more."""
    error = delivery.error or ""
    is_skipped = delivery.status is DeliveryStatus.SKIPPED
    return is_skipped and (error == REMOVED or error.startswith(REPLACED))


def is_recipient(target: str, run: Run, schedule: Schedule) -> bool:
    """Whether the address is among the schedule's current recipients; for a test, among the run's
    own."""
    recipients = run.recipients if run.trigger in OWN_RECIPIENTS else schedule.recipients
    return target.lower() in {address.lower() for address in recipients}


def refusal(tx: Transaction, run: Run, target: str) -> tuple[DeliveryStatus, str] | None:
    """The status and the reason of a message that must not be sent any more; None where it may be
    sent. A run that was processing when its schedule was deleted is still sent."""
    schedule = tx.schedules.get(run.scheduled_export_id)
    if schedule is not None and not is_recipient(target, run, schedule):
        return DeliveryStatus.SKIPPED, REMOVED
    tenant = tx.tenants.get(run.tenant_id)
    if tenant is not None and (reason := recipient_domains.refusal(tenant, target)):
        return DeliveryStatus.FAILED, reason
    return None
