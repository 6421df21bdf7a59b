"""What an export type offers."""

from typing import Any, Protocol, runtime_checkable

from exports_app.domain.file_summary import SummaryColumns, by_default
from exports_app.domain.table import Column
from exports_app.services.core.export_filters import ExportFilter, Scope


class ExportType(Protocol):
    """A kind of export: its columns and the query of its rows."""

    key: str
    label: str
    description: str
    """One sentence for the person who chooses."""
    filters: tuple[ExportFilter, ...]
    """The filters that it takes beside the days; others are refused."""

    def columns(self) -> tuple[Column, ...]: ...

    def select(self, scope: Scope) -> Any:
        """A SQLAlchemy Select yielding the stored columns (`table.stored`) in order, sorted,
        limited to the scope's tenant."""


@runtime_checkable
class TellsData(Protocol):
    """An export type whose file may have rows where there is no data: a row of zeros for each
    campaign, say. Without this every row is data."""

    def data(self, scope: Scope) -> Any:
        """A SQLAlchemy Select that yields a row if there is data; whether there are more does not
        matter."""


@runtime_checkable
class LeadsWith(Protocol):
    """An export type that names the columns that its messages lead with. Without this they are
    those of `file_summary.by_default`."""

    leading: SummaryColumns


def leading_columns(export_type: ExportType) -> SummaryColumns:
    if isinstance(export_type, LeadsWith):
        return export_type.leading
    return by_default(export_type.columns())
