"""A new run of a schedule: the snapshot of its settings, and to whom it goes."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from exports_app.domain.access import Principal
from exports_app.domain.errors import (
    DomainNotAllowed,
    FieldError,
    Invalid,
    NoMailbox,
    NotFound,
)
from exports_app.domain.runs.policies import Overlap
from exports_app.domain.runs.send_to import SendTo
from exports_app.domain.runs.states import RunStatus, Trigger
from exports_app.domain.schedules.option_kinds import option_values
from exports_app.domain.schedules.options import RunOptions
from exports_app.domain.schedules.run_spec import RunSpec
from exports_app.domain.timing import tick_day
from exports_app.domain.timing.period import Window
from exports_app.services.core.interfaces import Transaction
from exports_app.services.core.records import Run, Schedule, new_id
from exports_app.services.schedules.filters import Filters
from exports_app.services.schedules.recipients import merge_recipients
from exports_app.services.tenants import recipient_domains


def new_run(schedule: Schedule, trigger: Trigger, at: datetime, **values: Any) -> Run:
    """A pending run with the snapshot of its schedule, covering the window of `at`: a tick, or
    the present."""
    filters = Filters.from_json(schedule.filters)
    window = filters.window(tick_day.day_of(at, schedule.schedule, schedule.timezone))
    spec = RunSpec(
        name=schedule.name,
        export_type=schedule.export_type,
        format=schedule.format,
        filters=schedule.filters,
        timezone=schedule.timezone,
        recipients=schedule.recipients,
        destination_ids=schedule.destination_ids,
        owner_id=schedule.owner_id,
        **option_values(schedule, RunOptions),
    )
    return Run(
        id=new_id(),
        scheduled_export_id=schedule.id,
        tenant_id=schedule.tenant_id,
        trigger=trigger,
        spec=spec,
        format=schedule.format,
        status=RunStatus.PENDING,
        recipients=schedule.recipients,
        window_start=window.start,
        window_end=window.end,
        overlaps=schedule.overlap == Overlap.ALLOW,
        **values,
    )


def addressed(tx: Transaction, who: Principal, schedule: Schedule, to: SendTo) -> Schedule:
    """The schedule with the recipients that its run gets. Raises Conflict where the tenant does not
    send to the caller's domain, or the caller has no mailbox."""
    if to is SendTo.RECIPIENTS:
        return schedule
    if to is SendTo.NOBODY:
        return replace(schedule, recipients=[], destination_ids=[])
    user = tx.users.get(who.user_id)
    tenant = tx.tenants.get(schedule.tenant_id)
    if user is None or tenant is None:
        raise NotFound
    if user.service_of:
        raise NoMailbox
    if not recipient_domains.allows(tenant, user.email):
        raise DomainNotAllowed(
            "Your own address is outside the domains that this tenant sends to:"
            " allow its domain first"
        )
    return replace(schedule, recipients=[user.email], destination_ids=[])


NO_MAILBOX = "this API key is a tenant's and has no mailbox: name the recipients, or send []"


@dataclass(frozen=True)
class RunOrder:
    """What a run that a person starts has instead of its schedule's. recipients: valid addresses;
    such a run is a test. window: the days it covers."""

    recipients: Sequence[str] | None = None
    is_test: bool = False
    window: Window | None = None


def ordered(
    tx: Transaction, who: Principal, schedule: Schedule, to: SendTo, order: RunOrder
) -> tuple[Schedule, Trigger]:
    """The schedule with the recipients that the run gets, and what the run is. Raises Invalid for
    addresses that the tenant does not send to, and where a service account is to get it; else as
    `addressed`."""
    is_test = order.is_test or order.recipients is not None
    trigger = Trigger.TEST if is_test else trigger_of(to, Trigger.MANUAL)
    if to is SendTo.CALLER and (user := tx.users.get(who.user_id)) and user.service_of:
        raise Invalid([FieldError("/recipients", NO_MAILBOX)])
    if order.recipients is None:
        return addressed(tx, who, schedule, to), trigger
    tenant = tx.tenants.get(schedule.tenant_id)
    if tenant is None:
        raise NotFound
    if wrong := recipient_domains.check(tenant, order.recipients):
        raise Invalid(wrong)
    return replace(schedule, recipients=list(order.recipients), destination_ids=[]), trigger


def check_order(order: RunOrder) -> RunOrder:
    """Its addresses in their normal form, without duplicates. Raises Invalid."""
    errors = list[FieldError]()
    if order.recipients is not None:
        recipients, errors = merge_recipients(order.recipients)
        order = replace(order, recipients=recipients)
    window = order.window
    if window and window.start and window.end and window.end < window.start:
        errors.append(FieldError("/window/end", "must not be before the start"))
    if errors:
        raise Invalid(errors)
    return order


def trigger_of(to: SendTo, otherwise: Trigger) -> Trigger:
    """What goes to the caller alone is a test, which says nothing about its schedule."""
    return Trigger.TEST if to is SendTo.CALLER else otherwise


def sent_to(to: SendTo) -> dict[str, str]:
    """For the audit: to whom, where it is not the recipients."""
    names = {SendTo.CALLER: "caller", SendTo.NOBODY: "nobody"}
    return {"sent_to": names[to]} if to in names else {}
