"""Which scheduled exports are selected in the list, also on other pages of it."""

from collections.abc import Collection, Mapping

import reflex as rx

from exports_app.domain import bounds
from exports_app.domain.access import Permission
from exports_app.domain.errors import FieldError, Invalid
from exports_app.ui.framework.actions import action
from exports_app.ui.framework.internal import internal
from exports_app.ui.framework.vars import put
from exports_app.ui.pages.scheduled_exports.list.rows import between


class Selection(rx.State):
    """It stays while pages are turned and sorted, and ends when the search or a filter changes:
    nothing is done to rows that cannot be seen in the list any more."""

    here: list[str] = []  # noqa: RUF012 (Reflex copies defaults)
    """Ids of the selected rows of this page."""
    count: int = 0
    """Of all that are selected."""
    _names: dict[str, str] = {}  # noqa: RUF012
    """Of all that are selected, by id."""
    _rows: dict[str, str] = {}  # noqa: RUF012
    """The names of this page's rows, by id."""
    _last: str = ""
    """The row that was selected last: a range begins there."""

    @action(Permission.WRITE)
    async def pick(self, schedule_id: str, checked: bool, extend: bool = False) -> None:
        """Select a row, or not any more. extend: with all rows between it and the last one."""
        if schedule_id in self._rows:
            begin = self._last if extend else schedule_id
            span = between(list(self._rows), begin, schedule_id)
            self._change({one: self._rows[one] for one in span}, selected=bool(checked))
            self._last = schedule_id

    @action(Permission.WRITE)
    async def pick_page(self, checked: bool) -> None:
        """All of this page, or none of it."""
        self._change(self._rows, selected=bool(checked))

    @action(Permission.WRITE)
    async def drop(self) -> None:
        self.clear()

    @internal
    def chosen(self) -> dict[str, str]:
        """The names of all that are selected, by id."""
        return dict(self._names)

    @internal
    def take(self, names: Mapping[str, str]) -> None:
        """Select these, by id, and no others."""
        self._names = dict(names)
        self._show()

    @internal
    def clear(self) -> None:
        self._last = ""
        self.take({})

    @internal
    def show_page(self, rows: Mapping[str, str]) -> list[str]:
        """The list shows these names, by id, now. Returns the ids of those selected elsewhere."""
        put(self, _rows=dict(rows))
        self._show()
        return [picked for picked in self._names if picked not in rows]

    @internal
    def keep(self, there: Collection[str]) -> None:
        """What was selected on other pages and is not among these is gone, or matches no more."""
        self.take({k: v for k, v in self._names.items() if k in self._rows or k in there})

    def _change(self, rows: Mapping[str, str], *, selected: bool) -> None:
        kept = {k: v for k, v in self._names.items() if k not in rows}
        if selected and len(kept) + len(rows) > bounds.BULK:
            raise Invalid([FieldError("/ids", f"select at most {bounds.BULK:,} at a time")])
        self.take(kept | dict(rows) if selected else kept)

    def _show(self) -> None:
        names = self.get_value("_names")
        here = [row for row in self.get_value("_rows") if row in names] if names else []
        put(self, here=here, count=len(names))
