"""Who may receive a run's file at the moment it is sent or downloaded. The run's own recipients are
those of its creation; the scheduled export and the tenant may have changed since."""

from collections.abc import Iterable

from exports_app.domain.access import Permission
from exports_app.domain.errors import (
    ExporterLostAccess,
)
from exports_app.domain.runs.states import OWN_RECIPIENTS, UNDELIVERED, DeliveryStatus
from exports_app.services.core.current_rights import principal_of
from exports_app.services.core.interfaces import Transaction
from exports_app.services.core.records import Delivery, Run, Schedule
from exports_app.services.destinations import states
from exports_app.services.tenants import recipient_domains

REMOVED = "not sent: this address is no longer among the recipients of the scheduled export"

REMOVED_DESTINATION = (
    "not sent: this destination is no longer one of the scheduled export's destinations"
)

REPLACED = "replaced by "
"""Begins the error of a delivery whose address a person replaced."""


def is_dropped(delivery: Delivery) -> bool:
    """Whether it is not sent because its address is no recipient any more."""
    error = delivery.error or ""
    is_skipped = delivery.status is DeliveryStatus.SKIPPED
    return is_skipped and (error in {REMOVED, REMOVED_DESTINATION} or error.startswith(REPLACED))


def unsent(deliveries: Iterable[Delivery]) -> list[Delivery]:
    """Those that a resend of their run sends again."""
    return [d for d in deliveries if d.status in UNDELIVERED and not is_dropped(d)]


def acts_for(run: Run) -> str:
    """The id of the user whose rights a run needs: who started it, else its schedule's owner."""
    return run.spec.owner_id if run.triggered_by is None else run.triggered_by


def require_exporter(tx: Transaction, run: Run) -> None:
    """Raises Conflict where the user that the run acts for can no longer export there: sent again,
    it would fail."""
    who = principal_of(tx, acts_for(run))
    if who is not None and who.can(Permission.WRITE, run.tenant_id):
        return
    if run.trigger in OWN_RECIPIENTS:
        raise ExporterLostAccess(
            "The user who started this test can no longer export this tenant's data: send"
            " yourself a test instead"
        )
    whose = "its owner" if run.triggered_by is None else "the user who started it"
    raise ExporterLostAccess(
        f"This run cannot be resent, since {whose} can no longer export this tenant's data: rerun"
        " it instead"
    )


def is_wanted(delivery: Delivery, run: Run, schedule: Schedule) -> bool:
    """Whether it goes to one of the schedule's current recipients or destinations; for a test, to
    one of the run's own."""
    own = run.trigger in OWN_RECIPIENTS
    if delivery.destination_id is not None:
        return delivery.destination_id in (
            run.spec.destination_ids if own else schedule.destination_ids
        )
    return delivery.target.lower() in {one.lower() for one in recipients_of(run, schedule)}


def recipients_of(run: Run, schedule: Schedule) -> list[str]:
    """Whom the run may be sent to now."""
    return run.recipients if run.trigger in OWN_RECIPIENTS else schedule.recipients


def may_receive(tx: Transaction, delivery: Delivery, run: Run, schedule: Schedule) -> bool:
    """Whether its recipient or destination may have the file now."""
    return is_wanted(delivery, run, schedule) and not _refusal(tx, delivery, run)


def refusal(tx: Transaction, run: Run, delivery: Delivery) -> tuple[DeliveryStatus, str] | None:
    """The status and the reason of a delivery that must not be made any more; None where it may. A
    run that was processing when its schedule was deleted is still delivered, to whom the schedule
    had as recipients and destinations then."""
    schedule_id = run.scheduled_export_id
    schedule = tx.schedules.get(schedule_id) or tx.deleted_schedules.get(schedule_id)
    if schedule is None or not is_wanted(delivery, run, schedule):
        return DeliveryStatus.SKIPPED, REMOVED_DESTINATION if delivery.destination_id else REMOVED
    return _refusal(tx, delivery, run)


def _refusal(tx: Transaction, delivery: Delivery, run: Run) -> tuple[DeliveryStatus, str] | None:
    """By the rules of the tenant and of the destination."""
    if delivery.destination_id is not None:
        destination = tx.destinations.get(delivery.destination_id)
        if destination is not None and destination.tenant_id != run.tenant_id:
            destination = None
        return states.refusal(destination)
    tenant = tx.tenants.get(run.tenant_id)
    if tenant is not None and (reason := recipient_domains.refusal(tenant, delivery.target)):
        return DeliveryStatus.FAILED, reason
    return None
