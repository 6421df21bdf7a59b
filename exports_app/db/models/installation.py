"""What all processes of an installation share beside the database."""

from sqlmodel import Field

from exports_app.db.models.base import Base


class InstallationRow(Base, table=True):
    """The only row: see `InstallationRecord`."""

    __tablename__ = "installation"
    id: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    salt: str = Field(max_length=32)
    signing_key: str = Field(max_length=32)
    encryption_key: str = Field(max_length=32)
    file_store: str = Field(max_length=36)
    time_zone: str = Field(max_length=64)
