"""Destinations of files."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from exports_app.domain.open_enum import OpenEnum


class DestinationState(OpenEnum):
    """UNUSED: nothing was delivered there yet; it is shown, and not stored. FAILING: its last
    delivery failed. PAUSED: it is not used until a person has changed it."""

    UNUSED = "unused"
    OK = "ok"
    FAILING = "failing"
    PAUSED = "paused"


@dataclass(frozen=True)
class Destination:
    """Where a tenant's files go, through a channel. config: without secrets, by the names of the
    API. secrets: encrypted JSON of the others. is_active: whether its admins want it to be used."""

    id: str
    tenant_id: str
    channel: str
    name: str
    config: dict[str, Any]
    secrets: str | None = field(repr=False)
    is_active: bool
    state: DestinationState
    created_by: str
    created_at: datetime
    updated_at: datetime
    version: int = 1
    failing_since: datetime | None = None
    """Of a state that is not OK."""
    reason: str | None = None
    """Why its state is not OK."""
    last_used_at: datetime | None = None
    """When it last accepted a file."""
    deleted_at: datetime | None = None
    """Its name stays for the runs that went there; its config does not."""
