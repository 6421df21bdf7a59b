"""The statistics by which the database chooses between indexes."""

import pytest
from sqlalchemy import insert, text

from exports_app.db import models, statistics
from exports_app.db.repositories import table
from exports_app.services.core.records import new_id
from exports_app.wiring import Services
from tests.world import Cast, sql

USERS = 1_500


def add_users(services: Services) -> None:
    rows = [
        {"id": new_id(), "email": f"p{i}@example.com", "name": "P", "password_hash": "-"}
        for i in range(USERS)
    ]
    with services.database.write() as connection:
        connection.execute(insert(table(models.UserRow)), rows)


@pytest.mark.about_sqlite
def test_sqlite_knows_how_many_rows_there_are(services: Services, cast: Cast) -> None:
    add_users(services)
    assert statistics.refresh(services.database) == []
    ((stat,),) = sql(services, "SELECT stat FROM sqlite_stat1 WHERE idx = 'ix_users_name_id'")
    assert int(stat.split()[0]) > USERS / 2  # an estimate: it reads a sample


@pytest.mark.about_postgresql
def test_postgresql_is_told_where_its_own_housekeeping_did_not_come(
    services: Services, cast: Cast
) -> None:
    for name in table(models.UserRow), table(models.RunRow):
        sql(services, f"ANALYZE {name.name}")
    add_users(services)
    with services.database.engine.connect() as connection:
        connection.execute(text("SELECT pg_stat_force_next_flush()"))
    assert "users" in statistics.refresh(services.database)
    ((rows,),) = sql(services, "SELECT reltuples FROM pg_class WHERE relname = 'users'")
    assert rows > USERS
