"""Whether the server is well."""

from typing import Literal

from pydantic import Field

from exports_app.api.schemas.base import At, Output

Works = Literal["ok", "down"]


class FilesOut(Output):
    count: int
    bytes: int
    free: int | None = Field(description="Free bytes; null if unknown, as for a bucket")


class MaintenanceOut(Output):
    """The installation is in maintenance: no runs start until it is over."""

    since: At
    reason: str


class HealthOut(Output):
    """Unauthenticated callers get only the status."""

    status: Works
    database: Works | None = None
    engine: Works | None = None
    email: Literal["configured", "not configured"] | None = None
    reasons: list[str] | None = Field(
        None, description="Why the server is down; empty if all is well"
    )
    maintenance: MaintenanceOut | None = Field(
        None, description="Left out unless maintenance is on"
    )
    files: FilesOut | None = Field(None, description="Storage used by finished files")


class LiveOut(Output):
    status: Literal["ok"]


class ReadyOut(Output):
    """Unauthenticated callers get only the status."""

    status: Literal["ready", "not ready"]
    reasons: list[str] | None = Field(None, description="Why the server is not ready")
