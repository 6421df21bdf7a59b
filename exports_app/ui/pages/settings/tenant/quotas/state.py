"""What a tenant uses of its quotas; super admins change the limits."""

from collections.abc import Sequence

import reflex as rx

from exports_app.domain import bounds
from exports_app.domain.access import Permission
from exports_app.domain.errors import Invalid
from exports_app.services.core.field_rules import field_of
from exports_app.services.tenants.quotas import Quota
from exports_app.ui.framework.actions import action, call
from exports_app.ui.framework.browser_commands import notify
from exports_app.ui.framework.internal import internal
from exports_app.ui.framework.services import services
from exports_app.ui.framework.session import SessionState
from exports_app.ui.pages.settings.tenant.quotas.rows import QuotaRow, fault, limit, own, row

FIELDS = {
    "schedules": "Maximum scheduled exports",
    "pending_runs": "Maximum queued runs",
    "messages_per_day": "Maximum messages per day (UTC)",
    "file_bytes": "Maximum stored files (MB)",
}
LONGEST = bounds.WRITTEN
"""Characters of a field that are looked at."""


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
            self.errors = {field_of(error.pointer): fault(error) for error in e.errors}
            return
        self._show(quotas)
        await notify(self, "success", "Quotas saved")
