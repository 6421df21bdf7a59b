"""What a tenant's list of scheduled exports can be filtered by beside fixed choices: tags and
owners. Shared by the open pages that show it."""

from dataclasses import dataclass

from exports_app.domain.access import Permission, Principal
from exports_app.services.core.authorization import require
from exports_app.services.core.change_events import Changes, Topic
from exports_app.services.core.request_coalescing import RequestCoalescing
from exports_app.services.schedules.ownership import Ownership
from exports_app.services.schedules.tagging import Tags

KEPT = 5.0
"""Seconds that a reading is shared: changes by other processes show after this time at the
latest."""


@dataclass(frozen=True)
class ListChoices:
    """owners: names by id. Both in alphabetical order."""

    tags: list[str]
    owners: dict[str, str]


class ListChoiceReader:
    def __init__(self, tags: Tags, ownership: Ownership, changes: Changes) -> None:
        self._tags = tags
        self._ownership = ownership
        self._readings: RequestCoalescing[ListChoices] = RequestCoalescing(
            changes, KEPT, (Topic.SCHEDULES, Topic.TENANTS)
        )

    def read(self, who: Principal, tenant_id: str) -> ListChoices:
        """Raises NotFound, Forbidden."""
        require(who, Permission.READ, tenant_id)
        return self._readings.get(tenant_id, "", lambda: self._read(who, tenant_id))

    def _read(self, who: Principal, tenant_id: str) -> ListChoices:
        return ListChoices(self._tags.find(who, tenant_id), self._ownership.owners(who, tenant_id))
