"""Feeds."""

from datetime import datetime

from sqlalchemy import delete, or_

from exports_app.db import models
from exports_app.db.repositories.base import Repository
from exports_app.services.core.records import Feed


class FeedRepository(Repository[Feed]):
    model, record = models.FeedRow, Feed

    def get(self, feed_id: str) -> Feed | None:
        return self._one(self._table.c.id == feed_id)

    def by_hash(self, token_hash: str) -> Feed | None:
        return self._one(self._table.c.token_hash == token_hash)

    def of_user(self, user_id: str) -> list[Feed]:
        found = self._all(self._select().where(self._table.c.user_id == user_id))
        return sorted(found, key=lambda feed: (feed.created_at, feed.id), reverse=True)

    def add(self, feed: Feed) -> None:
        self._insert([feed])

    def remove(self, feed_id: str) -> bool:
        gone = delete(self._table).where(self._table.c.id == feed_id)
        return self._connection.execute(gone).rowcount == 1

    def remove_all(self, user_id: str) -> list[Feed]:
        feeds = self.of_user(user_id)
        self._connection.execute(delete(self._table).where(self._table.c.user_id == user_id))
        return feeds

    def used(self, of: str, at: datetime, address: str) -> None:
        c = self._table.c
        earlier = or_(c.last_used_at.is_(None), c.last_used_at < at)
        self._update(c.id == of, earlier, values={"last_used_at": at, "last_used_address": address})
