"""Downloads of files."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import exists, func, select

from exports_app.db import models
from exports_app.db.repositories.base import Repository
from exports_app.domain.open_enum import OpenEnum
from exports_app.services.core.records import DownloadWay, FileDownload


class FileDownloadRepository(Repository[FileDownload]):
    model, record = models.FileDownloadRow, FileDownload
    enums: ClassVar[Mapping[str, type[OpenEnum]]] = {"way": DownloadWay}

    def of_run(self, run_id: str, limit: int) -> tuple[list[FileDownload], int]:
        c = self._table.c
        of_run = c.history_id == run_id
        newest = self._select().where(of_run).order_by(c.at.desc(), c.id).limit(limit)
        total: Any = select(func.count()).select_from(self._table).where(of_run)
        return self._all(newest), self._connection.execute(total).scalar_one()

    def since(self, like: FileDownload, instant: datetime) -> bool:
        c = self._table.c
        same = (
            c.history_id == like.history_id,
            c.at > instant,
            c.way == like.way,
            c.address == like.address,
            c.user_id.is_not_distinct_from(like.user_id),
            c.target.is_not_distinct_from(like.target),
        )
        return bool(self._connection.execute(select(exists().where(*same))).scalar_one())

    def add(self, download: FileDownload) -> None:
        self._insert([download])
