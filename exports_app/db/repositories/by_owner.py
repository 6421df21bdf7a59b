"""The list of a tenant's schedules in the order of their owners' names."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select

from exports_app.db import models
from exports_app.db.repositories.base import table
from exports_app.db.repositories.paging import Listing
from exports_app.domain.search_words import folded

OWNER = "owner"


@dataclass(frozen=True)
class ByOwner(Listing):
    """Of one tenant, whose owners are few: the owners are put in order here, and the rows of each
    are read in the order of their names and ids. page.after: the owner's id and the name of the
    last row, and its id."""

    @property
    def _key(self) -> Any:
        return self.table.c.name

    def rows(self) -> list[Any]:
        offset, found = self.page.offset, list[Any]()
        for owner, count, after in self._owners():
            if offset >= count:
                offset -= count
                continue
            of_owner = (self.table.c.owner_id == owner,)
            found += self._read(of_owner, self.page.size - len(found), offset, after)
            offset = 0
            if len(found) == self.page.size:
                break
        return found

    def _owners(self) -> list[tuple[str, int, tuple[Any, str] | None]]:
        """In order, from the one of the page before on: with the number of their rows, and where
        the page before ended there."""
        counts, is_down = self._counts(), self._is_descending()
        ordered = sorted(counts, reverse=is_down)
        if self.page.after is None:
            return [(place[1], counts[place], None) for place in ordered]
        (last, name), row_id = self.page.after
        end, past = _place(last, self._name_of(last)), max if is_down else min
        return [
            (place[1], counts[place], (name, row_id) if place == end else None)
            for place in ordered
            if past(place, end) == end
        ]

    def _counts(self) -> dict[tuple[str, str], int]:
        """How many rows each owner has, by the owner's place in the order."""
        owner = self.table.c.owner_id
        query = select(owner, func.count().label("count")).where(*self._where(()))
        of_each = query.group_by(owner).subquery()
        users = table(models.UserRow).c
        named = select(of_each.c.owner_id, users.name, of_each.c.count).join_from(
            of_each, table(models.UserRow), users.id == of_each.c.owner_id
        )
        return {_place(row[0], row[1]): row[2] for row in self.connection.execute(named)}

    def _name_of(self, user_id: str) -> str:
        users = table(models.UserRow).c
        name = self.connection.execute(select(users.name).where(users.id == user_id)).scalar()
        return name or ""


def _place(user_id: str, name: str) -> tuple[str, str]:
    return folded(name), user_id
