"""Reads and writes of a worker while it makes a run's file.

For the engine only: methods take no principal. `access` checks the rights of the user that the run
acts for.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from exports_app.domain.access import Permission
from exports_app.domain.errors import RunError
from exports_app.services.core.current_rights import principal_of
from exports_app.services.core.interfaces import Clock, Store
from exports_app.services.core.records import Run, Tenant
from exports_app.services.runs import entitlement, run_summary
from exports_app.services.runs.lease import Leases
from exports_app.services.tenants.quotas import Quotas

OWNER_LOST_ACCESS = (
    "its owner can no longer export this tenant's data: an admin can take it over by "
    "activating it again"
)
STARTER_LOST_ACCESS = (
    "the user who started it can no longer export this tenant's data: start it again as someone"
    " who can"
)


class RunExecution:
    def __init__(self, store: Store, clock: Clock, quotas: Quotas, leases: Leases) -> None:
        self._store = store
        self._clock = clock
        self._quotas = quotas
        self._leases = leases

    def now(self) -> datetime:
        return self._clock()

    def access(self, run: Run) -> Tenant:
        """The run's tenant. Raises RunError unless the user it acts for may still export there."""
        with self._store.read() as tx:
            who = principal_of(tx, entitlement.acts_for(run))
            tenant = tx.tenants.get(run.tenant_id)
        if tenant is None or who is None or not who.can(Permission.WRITE, run.tenant_id):
            reason = OWNER_LOST_ACCESS if run.triggered_by is None else STARTER_LOST_ACCESS
            raise RunError(reason, code="access_lost")
        return tenant

    def owner_address(self, run: Run) -> str | None:
        """The address of the schedule's owner; None unless they may still export there, and for a
        service account."""
        with self._store.read() as tx:
            owner = tx.users.get(run.spec.owner_id)
            who = principal_of(tx, run.spec.owner_id)
        may = who is not None and who.can(Permission.WRITE, run.tenant_id)
        return owner.email if owner is not None and may and not owner.service_of else None

    def require_room(self, tenant: Tenant, size: int = 0) -> None:
        """Whether the tenant's quota has room for a file of `size` bytes. Raises RunError."""
        with self._store.read() as tx:
            self._quotas.require_room(tx, tenant, size)

    def missing_campaigns(self, run: Run, campaign_ids: Sequence[str]) -> list[str]:
        with self._store.read() as tx:
            existing = tx.campaigns.existing(run.tenant_id, campaign_ids)
        return [campaign_id for campaign_id in campaign_ids if campaign_id not in existing]

    def next_run(self, run: Run) -> datetime | None:
        """When its schedule runs the next time; None where it is paused or deleted."""
        with self._store.read() as tx:
            schedule = tx.schedules.get(run.scheduled_export_id)
        if schedule is None or not schedule.is_active or schedule.deleted_at is not None:
            return None
        return schedule.next_run_at

    def summary(self, run: Run, collected: Mapping[str, Any]) -> dict[str, Any]:
        """What is kept of a file's summary, see `run_summary.with_earlier`."""
        with self._store.read() as tx:
            return run_summary.with_earlier(tx, run, collected)

    def note(self, run: Run, **values: Any) -> None:
        """Write facts about the file or the progress. Raises LeaseLost."""
        self._leases.update(run, **values)
