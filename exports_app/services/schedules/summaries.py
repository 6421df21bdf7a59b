"""Counts, latest runs and the names of owners, for the list of scheduled exports."""

from collections.abc import Collection, Sequence

from exports_app.domain.access import Permission, Principal, require_anywhere
from exports_app.domain.errors import NotFound
from exports_app.services.core.authorization import require, visible
from exports_app.services.core.field_rules import is_uuid
from exports_app.services.core.interfaces import Store
from exports_app.services.core.records import LatestRun, Schedule, Summary


class ScheduleSummaries:
    def __init__(self, store: Store) -> None:
        self._store = store

    def summary(self, who: Principal, tenant_id: str | None) -> Summary:
        """Of a tenant's scheduled exports; None: of all tenants that the caller may read. Raises
        NotFound, Forbidden."""
        within = visible(who, tenant_id)
        with self._store.read() as tx:
            if tenant_id is not None and tx.tenants.get(tenant_id) is None:
                raise NotFound
            return tx.schedules.summary(within)

    def latest(self, who: Principal, schedules: Sequence[Schedule]) -> dict[str, LatestRun]:
        """The newest run of each schedule that has one, by the schedule's id. Raises NotFound,
        Forbidden."""
        for tenant_id in {s.tenant_id for s in schedules}:
            require(who, Permission.READ, tenant_id)
        with self._store.read() as tx:
            latest = tx.runs.latest([s.id for s in schedules])
        return {newest.run.scheduled_export_id: newest for newest in latest}

    def people(self, who: Principal, user_ids: Collection[str]) -> dict[str, str]:
        """The names of users, by id; unknown ids are left out. Raises Forbidden."""
        require_anywhere(who, Permission.READ)
        with self._store.read() as tx:
            return tx.users.names([user_id for user_id in user_ids if is_uuid(user_id)])
