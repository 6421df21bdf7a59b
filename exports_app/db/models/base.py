"""What all tables share: the metadata and the usual columns."""

from typing import Any

from sqlalchemy import Index, MetaData, text
from sqlmodel import Field, SQLModel

from exports_app.db.types import UtcDateTime, identifier

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)


class Base(SQLModel):
    metadata = metadata


def being_sent(of: str) -> Index:
    """Of a table of messages: the few that are being sent, which are looked for at each start."""
    where = text("status = 'sending'")
    return Index(f"ix_{of}_sending", "status", sqlite_where=where, postgresql_where=where)


def id_column() -> Any:
    return Field(sa_type=identifier(), primary_key=True)


def reference(table: str, *, index: bool = False, cascade: bool = False) -> Any:
    if cascade:
        return Field(
            foreign_key=f"{table}.id", sa_type=identifier(), index=index, ondelete="CASCADE"
        )
    return Field(foreign_key=f"{table}.id", sa_type=identifier(), index=index)


def optional_reference(table: str) -> Any:
    return Field(default=None, foreign_key=f"{table}.id", sa_type=identifier())


def instant() -> Any:
    return Field(sa_type=UtcDateTime)


def optional_instant() -> Any:
    return Field(default=None, sa_type=UtcDateTime)
