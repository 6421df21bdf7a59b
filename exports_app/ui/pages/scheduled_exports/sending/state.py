"""The question before runs are started, with what they would send; what was asked is then done."""

from dataclasses import dataclass
from datetime import date
from typing import Any, TypeVar

import reflex as rx
from reflex.state import BaseState

from exports_app.domain import bounds
from exports_app.domain.access import Permission
from exports_app.domain.humanize import counted
from exports_app.domain.runs.send_to import SendTo
from exports_app.domain.runs.states import Trigger
from exports_app.services.core.records import Run
from exports_app.services.delivery import channels
from exports_app.services.runs.mailings import Mailing
from exports_app.ui.components.question import Option
from exports_app.ui.framework.actions import action, call
from exports_app.ui.framework.browser_commands import notify
from exports_app.ui.framework.internal import internal
from exports_app.ui.framework.services import services
from exports_app.ui.framework.session import SessionState, of_tenant
from exports_app.ui.pages.scheduled_exports.list.actions import ScheduleActions
from exports_app.ui.pages.scheduled_exports.list.selection import Selection
from exports_app.ui.pages.scheduled_exports.sending.words import Kind, options, to_type, words

CHANGED = "What will be sent has changed since then. "
SHOWING: list[type[Any]] = []
"""States that show runs. Each has ``reload()``, an internal method that is called after runs were
started or changed here."""
Shows = TypeVar("Shows")


def shows_runs(state: type[Shows]) -> type[Shows]:
    """Decorates a State of `SHOWING`."""
    SHOWING.append(state)
    return state


async def reload_shown(state: BaseState) -> None:
    """After something was done with runs: read them anew where this tab shows them."""
    for showing in SHOWING:
        await (await state.get_state(showing)).reload()


@dataclass(frozen=True)
class Asked:
    """What a person is asked about. run_id: of RERUN, RESEND and RETRY. days: of BACKFILL."""

    kind: Kind
    schedule_ids: tuple[str, ...]
    run_id: str = ""
    days: tuple[date, date] | None = None
    include_removed: bool = False


@of_tenant
class SendQuestion(rx.State):
    is_open: bool = False
    title: str = ""
    text: str = ""
    confirm_words: str = ""
    options: list[Option] = []  # noqa: RUF012 (Reflex copies defaults)
    to: str = SendTo.RECIPIENTS.value
    """One of `SendTo`."""
    expected: str = ""
    """The number that must be typed; empty: none."""
    counted: str = ""
    """What that is the number of: emails, messages, or both."""
    typed: str = ""
    _asked: Asked | None = None
    _mailing: Mailing | None = None
    """What the person was told."""

    @action(Permission.WRITE)
    async def ask_run(self, schedule_id: str) -> None:
        await self.ask(Asked(Kind.RUN, (str(schedule_id),)))

    @action(Permission.WRITE)
    async def ask_selected(self) -> None:
        selected = tuple((await self.get_state(Selection)).chosen())
        if selected:
            await self.ask(Asked(Kind.RUN_SELECTED, selected))

    @action(Permission.WRITE)
    async def ask_rerun(self, schedule_id: str, run_id: str) -> None:
        """Of a test, which only goes to the person who asks, nothing is asked."""
        asked = Asked(Kind.RERUN, (str(schedule_id),), str(run_id))
        _, run = await call(services.mailings.of_rerun, asked.schedule_ids[0], asked.run_id)
        if run.trigger is Trigger.TEST:
            await self._do(asked, SendTo.CALLER)
        else:
            await self.ask(asked)

    @action(Permission.WRITE)
    async def ask_resend(self, schedule_id: str, run_id: str) -> None:
        """The same file to those who did not get it."""
        await self.ask(Asked(Kind.RESEND, (str(schedule_id),), str(run_id)))

    @action(Permission.WRITE)
    async def ask_retry(self, schedule_id: str, run_id: str) -> None:
        """The attempt that the run waits for, at once. Where it sends nothing, nothing is asked."""
        asked = Asked(Kind.RETRY, (str(schedule_id),), str(run_id))
        mailing = await self._read(asked)
        if mailing.emails or mailing.delivers:
            await self.ask(asked)
        else:
            await self._do(asked, SendTo.RECIPIENTS)

    @action(Permission.WRITE)
    async def choose(self, to: str) -> None:
        if to in {option.key for option in self.options} and self._mailing is not None:
            self.to = SendTo(to).value
            self._ask_number(self._mailing)

    @action(Permission.WRITE)
    async def type_number(self, text: str) -> None:
        self.typed = str(text).strip()[: bounds.TYPED_NUMBER]

    @action(Permission.WRITE)
    async def cancel(self) -> None:
        self.close()

    @action(Permission.WRITE)
    async def confirm(self) -> None:
        """Do what was asked about. Where it would send something else by now, ask again."""
        asked, to = self._asked, SendTo(self.to)
        if asked is None or self.typed != self.expected:
            return
        now = await self._read(asked)
        if now != self._mailing:
            await self._show(asked, now)
            self.text = CHANGED + self.text
            return
        self.close()
        await self._do(asked, to)

    @internal
    def close(self) -> None:
        self.is_open = False
        self._asked = self._mailing = None

    @internal
    def leave_tenant(self) -> None:
        self.close()

    @internal
    async def ask(self, asked: Asked) -> None:
        self.to = SendTo.RECIPIENTS.value
        await self._show(asked, await self._read(asked))

    async def _read(self, asked: Asked) -> Mailing:
        """What it would send."""
        if asked.kind is Kind.RESEND:
            return await call(services.mailings.of_resend, asked.schedule_ids[0], asked.run_id)
        if asked.kind is Kind.RETRY:
            return await call(services.mailings.of_retry, asked.schedule_ids[0], asked.run_id)
        mailing = await call(services.mailings.of_schedules, asked.schedule_ids)
        if asked.days is None:
            return mailing
        counts = await call(services.backfill.count, asked.schedule_ids[0], *asked.days)
        removed = counts.removed if asked.include_removed else 0
        return mailing.times(counts.new + removed)

    async def _show(self, asked: Asked, mailing: Mailing) -> None:
        me = (await self.get_state(SessionState)).email
        shown = words(asked.kind, mailing)
        self._asked, self._mailing = asked, mailing
        self.title, self.confirm_words = shown.title, shown.confirm
        reason = channels.unconfigured()
        nothing = "No emails" if mailing.delivers else "Nothing"
        self.text = f"{shown.text} {nothing} will be sent: {reason}." if reason else shown.text
        self.options = options(asked.kind, mailing, me)
        self._ask_number(mailing)
        self.is_open = True

    def _ask_number(self, mailing: Mailing) -> None:
        asked = to_type(mailing, SendTo(self.to), mails=not channels.unconfigured())
        self.expected, self.counted, self.typed = asked.number, asked.of, ""

    async def _do(self, asked: Asked, to: SendTo) -> None:
        runs = await self.get_state(ScheduleActions)
        schedule_id = asked.schedule_ids[0]
        if asked.kind is Kind.RUN_SELECTED:
            await runs.run_all(list(asked.schedule_ids), to)
        elif asked.kind is Kind.BACKFILL:
            await self._backfill(asked, to)
        else:
            await runs.follow(await self._one(asked, schedule_id, to))
        await reload_shown(self)

    async def _one(self, asked: Asked, schedule_id: str, to: SendTo) -> Run:
        if asked.kind is Kind.RERUN:
            return await call(services.run_actions.rerun, schedule_id, asked.run_id, to)
        if asked.kind is Kind.RESEND:
            return await call(services.run_actions.resend, schedule_id, asked.run_id)
        if asked.kind is Kind.RETRY:
            return await call(services.run_actions.retry_now, schedule_id, asked.run_id)
        return await call(services.schedules.trigger, schedule_id, to)

    async def _backfill(self, asked: Asked, to: SendTo) -> None:
        assert asked.days is not None
        done = await call(
            services.backfill.run,
            *(asked.schedule_ids[0], *asked.days),
            include_removed=asked.include_removed,
            to=to,
        )
        had = (
            f"; {counted(done.existing, 'scheduled time')} already had a run"
            if done.existing
            else ""
        )
        await notify(self, "success", f"{counted(len(done.runs), 'run')} queued{had}")
