"""What all processes of an installation share beside the database."""

from datetime import datetime

from sqlmodel import Field

from exports_app.db.models.base import Base, optional_instant
from exports_app.domain import bounds


class InstallationRow(Base, table=True):
    """The only row: see `InstallationRecord` and `Maintenance`."""

    __tablename__ = "installation"
    id: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    salt: str = Field(max_length=32)
    signing_key: str = Field(max_length=32)
    encryption_key: str = Field(max_length=32)
    file_store: str = Field(max_length=36)
    time_zone: str = Field(max_length=64)
    maintenance_since: datetime | None = optional_instant()
    maintenance_reason: str | None = Field(default=None, max_length=bounds.REASON)
    maintenance_ended_at: datetime | None = optional_instant()
