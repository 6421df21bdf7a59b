"""Kept counts of runs and deliveries."""

from sqlalchemy import BigInteger, Integer
from sqlmodel import Field

from exports_app.db.models.base import Base


class StatusCountRow(Base, table=True):
    """How many runs or deliveries have a status: the sum of `count` over the rows of both.

    Triggers of the database add rows, for each move one that takes and one that adds, in the
    transaction that causes them (migration 0031): no row is changed, so that no transaction waits
    for another's. Housekeeping folds them into one row of each kind and status.
    """

    __tablename__ = "status_counts"
    id: int | None = Field(
        default=None,
        primary_key=True,
        sa_type=BigInteger().with_variant(Integer(), "sqlite"),
    )
    kind: str = Field(max_length=10)
    status: str = Field(max_length=20)
    count: int = Field(sa_type=BigInteger)
