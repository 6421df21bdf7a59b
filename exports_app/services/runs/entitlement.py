"""Whom a run's file is still meant for, at the moment it is sent or downloaded. A run keeps its
recipients from the moment it was made; the scheduled export and the tenant may have changed
since."""

from exports_app.domain.runs.states import OWN_RECIPIENTS, DeliveryStatus
from exports_app.services.core.interfaces import Transaction
from exports_app.services.core.records import Run, Schedule
from exports_app.services.tenants import recipient_domains

REMOVED = "not sent: this address is no longer among the recipients of the scheduled export"


def is_recipient(target: str, run: Run, schedule: Schedule) -> bool:
    """Whether the file is still meant for this address: one of its schedule's recipients today, or,
    of a run that goes to people of its own, one of the run's."""
    recipients = run.recipients if run.trigger in OWN_RECIPIENTS else schedule.recipients
    return target.lower() in {address.lower() for address in recipients}


def refusal(tx: Transaction, run: Run, target: str) -> tuple[DeliveryStatus, str] | None:
    """How a message ends that must not be sent any more, and why; None where it may be sent. A run
    whose schedule was deleted while it was under way is sent to its end."""
    schedule = tx.schedules.get(run.scheduled_export_id)
    if schedule is not None and not is_recipient(target, run, schedule):
        return DeliveryStatus.SKIPPED, REMOVED
    tenant = tx.tenants.get(run.tenant_id)
    if tenant is not None and (reason := recipient_domains.refusal(tenant, target)):
        return DeliveryStatus.FAILED, reason
    return None
