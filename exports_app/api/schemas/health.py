"""Whether the server is well."""

from pydantic import Field

from exports_app.api.schemas.base import Instant, Output


class FilesOut(Output):
    count: int
    bytes: int
    free: int | None = Field(description="bytes; null where nobody can say, as of a bucket")


class MaintenanceOut(Output):
    """The installation is in maintenance: no run begins until it is over."""

    since: Instant
    reason: str


class HealthOut(Output):
    """Strangers get the status alone."""

    status: str
    database: str | None = None
    engine: str | None = None
    email: str | None = None
    reasons: list[str] | None = Field(
        None, description="why it is down, in words; empty while all is well"
    )
    maintenance: MaintenanceOut | None = Field(None, description="left out while there is none")
    files: FilesOut | None = Field(None, description="what the finished files take on the disk")


class LiveOut(Output):
    status: str = Field(description="ok")


class ReadyOut(Output):
    """Strangers get the status alone."""

    status: str = Field(description="ready or not ready")
    reasons: list[str] | None = Field(None, description="why it is not ready, in words")
