"""The run whose details are open, in a schedule's history or in the list of all runs; what can be
done with it."""

from typing import Any, TypeVar

import reflex as rx

from exports_app.domain.access import Permission
from exports_app.domain.runs.states import DeliveryStatus
from exports_app.services.core.records import Attempt, Delivery, Run
from exports_app.services.runs.actions import waits_for_retry
from exports_app.ui.framework.actions import action, call, principal
from exports_app.ui.framework.internal import internal
from exports_app.ui.framework.services import services
from exports_app.ui.framework.session import SessionState
from exports_app.ui.pages.scheduled_exports.address import RUNS, with_parts
from exports_app.ui.pages.scheduled_exports.history.attempts import AttemptItem, attempt_row
from exports_app.ui.pages.scheduled_exports.history.delivery_rows import (
    DeliveryItem,
    delivery_rows,
)
from exports_app.ui.pages.scheduled_exports.history.rows import Detail, detail
from exports_app.ui.pages.scheduled_exports.sending.state import reload_shown

ATTENTION = [
    *(DeliveryStatus.FAILED, DeliveryStatus.UNKNOWN, DeliveryStatus.SKIPPED),
    *(DeliveryStatus.SENDING, DeliveryStatus.PENDING, DeliveryStatus.ACCEPTED),
]
"""Deliveries in this order: what asks for something to be done comes first."""
PARTS: list[type[Any]] = []
"""States of the details' parts. Each has ``follow(schedule_id, run_id)``, an internal method that
is called whenever the runs were read: with the run that is opened, or none."""
Part = TypeVar("Part")


def _attention(delivery: Delivery) -> int:
    status = delivery.status
    return ATTENTION.index(status) if status in ATTENTION else len(ATTENTION)


def part_of_run(state: type[Part]) -> type[Part]:
    """Decorates a State that shows something of the run that is open."""
    PARTS.append(state)
    return state


class OpenedRun(rx.State):
    schedule_id: str = ""
    run_id: str = ""
    """Empty where none is open."""
    writes: bool = False
    """Whether the reader may change it, so that the actions are there."""
    link: str = ""
    """The run's own address."""
    detail: Detail = Detail()
    deliveries: list[DeliveryItem] = []  # noqa: RUF012 (Reflex copies defaults)
    attempts: list[AttemptItem] = []  # noqa: RUF012
    """Where it has more than one attempt or waits for the next."""

    @internal
    async def show(self, run: Run, deliveries: list[Delivery], attempts: list[Attempt]) -> None:
        self.schedule_id, self.run_id = run.scheduled_export_id, run.id
        self.writes = principal().can(Permission.WRITE, run.tenant_id)
        self.link = await self._link(run)
        self.detail = detail(run, deliveries)
        self.deliveries = delivery_rows(run, sorted(deliveries, key=_attention))
        self.attempts = (
            [attempt_row(attempt) for attempt in attempts]
            if len(attempts) > 1 or waits_for_retry(run)
            else []
        )
        await self._follow()

    async def _link(self, run: Run) -> str:
        session = await self.get_state(SessionState)
        tenant = session.tenant_slug if len(session.tenants) > 1 else ""
        return with_parts(f"{services.settings.base_url}{RUNS}/{run.id}", {"tenant": tenant})

    @internal
    async def clear(self) -> None:
        self.reset()
        await self._follow()

    async def _follow(self) -> None:
        for part in PARTS:
            await (await self.get_state(part)).follow(self.schedule_id, self.run_id)

    @action(Permission.WRITE)
    async def cancel(self) -> None:
        """End it, whether it waits or is under way."""
        await call(services.run_actions.cancel, self.schedule_id, self.run_id)
        await reload_shown(self)

    @action(Permission.WRITE)
    async def give_up(self) -> None:
        """End it, while it waits for another attempt."""
        await call(services.run_actions.give_up, self.schedule_id, self.run_id)
        await reload_shown(self)

    @action(Permission.WRITE)
    async def arrived(self) -> None:
        """Mark the messages with an unknown outcome as delivered, after a person has asked the
        recipients."""
        await call(services.run_actions.accept_unknown, self.schedule_id, self.run_id)
        await reload_shown(self)
