"""What a tenant uses of its quotas, in its settings; super admins change the limits here."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import reflex as rx

from exports_app.domain import bounds
from exports_app.domain.access import Permission
from exports_app.domain.errors import FieldError, Invalid
from exports_app.domain.humanize import sentence, size
from exports_app.services.core.field_rules import field_of
from exports_app.services.tenants.quotas import MAX_QUOTA, Quota
from exports_app.ui.components.controls import button, field, text_input
from exports_app.ui.framework.actions import action, call
from exports_app.ui.framework.browser_commands import notify
from exports_app.ui.framework.internal import internal
from exports_app.ui.framework.services import services
from exports_app.ui.framework.session import SessionState

LABELS = {
    "schedules": "Scheduled exports",
    "pending_runs": "Waiting runs",
    "messages_per_day": "Messages today (UTC)",
    "file_bytes": "Kept files",
}
FIELDS = {
    "schedules": "Scheduled exports, at most",
    "pending_runs": "Waiting runs, at most",
    "messages_per_day": "Messages in a day (UTC), at most",
    "file_bytes": "Kept files, at most (in MB)",
}
MEGABYTE = 1_000_000
LONGEST = bounds.WRITTEN
"""Characters of a field that are looked at."""
NO_NUMBER = -1
"""Where none can be read: the service says what it takes."""
NEARLY = 0.9
"""From so much of a limit on it is marked."""


@dataclass
class QuotaRow:
    name: str
    label: str
    words: str
    """What is used of what, e.g. ``7 of 10,000``."""
    percent: str
    mark: str
    """How near the limit is, where it is near; else empty."""
    usual: str
    """The limit of the installation where it holds, in words; empty for a tenant's own."""


class QuotasState(rx.State):
    rows: list[QuotaRow] = []  # noqa: RUF012 (Reflex copies defaults)
    typed: dict[str, str] = dict.fromkeys(FIELDS, "")
    """The tenant's own limits by name; empty: the installation's."""
    errors: dict[str, str] = {}  # noqa: RUF012
    _stored: dict[str, str] = dict.fromkeys(FIELDS, "")
    _of: str = ""
    """The tenant whose quotas these are."""

    @rx.var
    def dirty(self) -> bool:
        return self.typed != self._stored

    @internal
    async def load(self, tenant_id: str) -> None:
        """What is typed stays, as long as it is the same tenant."""
        quotas = await call(services.quotas.find, tenant_id)
        touched = self._of == tenant_id and self.typed != self._stored
        self._show(quotas, keep=touched)
        self._of = tenant_id

    def _show(self, quotas: Sequence[Quota], *, keep: bool = False) -> None:
        self.rows = [row(quota) for quota in quotas]
        self._stored = {quota.name: own(quota) for quota in quotas}
        if not keep:
            self.typed, self.errors = dict(self._stored), {}

    @action(Permission.OPERATE)
    async def put(self, name: str, value: str) -> None:
        if name in FIELDS:
            self.typed = self.typed | {name: str(value)[:LONGEST]}

    @action(Permission.OPERATE)
    async def undo(self) -> None:
        self.typed, self.errors = dict(self._stored), {}

    @action(Permission.OPERATE)
    async def save(self) -> None:
        if not self._of or self._of != (await self.get_state(SessionState)).tenant_id:
            return
        changed = {k: limit(k, v) for k, v in self.typed.items() if v != self._stored[k]}
        change = services.quotas.change
        try:
            quotas = await call(change, self._of, changed)
        except Invalid as e:
            self.errors = {field_of(one.pointer): fault(one) for one in e.errors}
            return
        self._show(quotas)
        await notify(self, "success", "The quotas are saved")


def row(quota: Quota) -> QuotaRow:
    part = quota.used / quota.limit
    words = f"{amount(quota.name, quota.used)} of {amount(quota.name, quota.limit)}"
    usual = "" if quota.own is not None else amount(quota.name, quota.limit)
    percent = f"{min(100, round(100 * part))}"
    mark = "used up" if part >= 1 else "nearly used up" if part >= NEARLY else ""
    return QuotaRow(quota.name, LABELS[quota.name], words, percent, mark, usual)


def amount(name: str, number: int) -> str:
    return size(number) if name == "file_bytes" else f"{number:,}"


def own(quota: Quota) -> str:
    """As it is typed."""
    if quota.own is None:
        return ""
    return f"{quota.own / MEGABYTE:g}" if quota.name == "file_bytes" else str(quota.own)


def limit(name: str, text: str) -> int | None:
    """What the service takes. Nothing typed: the installation's."""
    text = text.strip()
    if not text:
        return None
    if name == "file_bytes":
        is_number = re.fullmatch(r"[0-9]{1,9}(\.[0-9]{1,6})?", text)
        return round(float(text) * MEGABYTE) if is_number else NO_NUMBER
    return int(text) if re.fullmatch(r"[0-9]{1,12}", text) else NO_NUMBER


def fault(error: FieldError) -> str:
    """What is null in the API is an empty field here, and the size of files is typed in MB."""
    if field_of(error.pointer) == "file_bytes":
        return f"Must be from {1 / MEGABYTE:f} to {MAX_QUOTA['file_bytes'] / MEGABYTE:,.0f} MB, or empty: the default"
    return sentence(error.detail.replace("or null:", "or empty:"))


def card() -> rx.Component:
    rows = rx.el.ul(rx.foreach(QuotasState.rows, _row), class_name="plain-list", id="quotas")
    return rx.el.section(
        rx.el.h2("Quotas"),
        rx.el.p("Used, and the limit", class_name="muted"),
        rows,
        rx.cond(SessionState.may.contains(str(Permission.OPERATE)), _form()),
        class_name="card settings-card",
    )


def _row(quota: QuotaRow) -> rx.Component:
    bar = rx.el.progress(
        value=quota.percent, max="100", custom_attrs={"aria-label": f"{quota.label}: {quota.words}"}
    )
    return rx.el.li(
        rx.el.div(
            quota.label,
            rx.cond(quota.mark != "", rx.el.span(" ", quota.mark, class_name="tag")),
            class_name="grow",
        ),
        bar,
        rx.el.span(quota.words, class_name="muted num"),
        class_name="entry",
        key=quota.name,
    )


def _form() -> rx.Component:
    state = QuotasState
    return rx.el.div(
        *[_field(name, label) for name, label in FIELDS.items()],
        rx.el.div(
            button(
                "Save quotas",
                kind="primary",
                once=True,
                on_click=state.save,
                disabled=~state.dirty,
                id="save-quotas",
            ),
            rx.cond(state.dirty, button("Undo", on_click=state.undo)),
            class_name="row",
        ),
        class_name="fields",
    )


def _field(name: str, label: str) -> rx.Component:
    wrong = QuotasState.errors.get(name, "").to(str)
    control = text_input(
        f"quota-{name}",
        QuotasState.typed[name],
        lambda text: QuotasState.put(name, text),
        wrong,
        input_mode="numeric",
        max_length=LONGEST,
    )
    return field(label, control, name=f"quota-{name}", error=wrong, hint="Empty: the default")
