"""The embedded database: one writer after the other, snapshots for readers, and what is said when
it is away."""

import shutil
import sqlite3
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from sqlalchemy import insert, select, text, update
from sqlalchemy.exc import IntegrityError, StatementError

from exports_app.db import models
from exports_app.db.engine import Database
from exports_app.db.repositories import table
from exports_app.domain.access import Role
from exports_app.domain.errors import Unavailable
from exports_app.services.core.records import Membership, Page, Tenant
from exports_app.wiring import Services
from tests.world import DEADLINE, Cast, side_by_side, uuid_of

THREADS, ROUNDS = 8, 15
TENANTS = table(models.TenantRow)


@pytest.fixture
def database(tmp_path: Path, migrated_file: Path) -> Iterator[Database]:
    file = tmp_path / "exports.db"
    shutil.copy(migrated_file, file)
    made = Database(f"sqlite:///{file}")
    yield made
    made.dispose()


def file_of(database: Database) -> Path:
    return Path(str(database.engine.url.database))


def add_tenant(database: Database, number: int, name: str = "Acme") -> None:
    with database.write() as connection:
        connection.execute(
            insert(TENANTS).values(
                id=uuid_of(number), name=name, slug=f"t-{number}", brand_color="#000000"
            )
        )


def names(database: Database) -> list[str]:
    with database.read() as connection:
        return list(connection.execute(select(TENANTS.c.name).order_by(TENANTS.c.slug)).scalars())


def count_up(database: Database) -> None:
    """Read, then write what was read and one more: the transaction that fails as 'locked' where it
    begins as a reader."""
    with database.write() as connection:
        seen = connection.execute(select(TENANTS.c.name)).scalar_one()
        connection.execute(update(TENANTS).values(name=str(int(seen) + 1)))


def test_eight_writers_never_see_a_locked_database_and_lose_no_update(database: Database) -> None:
    add_tenant(database, 1, "0")

    def work(_: int) -> None:
        for _ in range(ROUNDS):
            count_up(database)

    side_by_side(THREADS, work)
    assert names(database) == [str(THREADS * ROUNDS)]


def test_writers_of_two_processes_wait_for_each_other(database: Database) -> None:
    """A command beside the running server has its own connections: only SQLite itself is between
    the two."""
    add_tenant(database, 1, "0")
    others = [Database(database.url) for _ in range(4)]
    side_by_side(4, lambda i: [count_up(others[i]) for _ in range(5)])
    for other in others:
        other.dispose()
    assert names(database) == ["20"]


def test_a_reader_sees_one_moment_and_hinders_no_writer(database: Database) -> None:
    add_tenant(database, 1, "before")
    with database.read() as connection:
        query = select(TENANTS.c.name).order_by(TENANTS.c.slug)
        assert list(connection.execute(query).scalars()) == ["before"]
        side_by_side(1, lambda _: add_tenant(database, 2, "meanwhile"))
        assert names(database) == ["before", "meanwhile"]
        assert list(connection.execute(query).scalars()) == ["before"]


def test_a_stream_of_rows_is_one_snapshot_however_long_it_takes(
    services: Services, cast: Cast
) -> None:
    with services.store.rows(select(TENANTS.c.slug).order_by(TENANTS.c.slug), 1) as chunks:
        first = next(chunks)
        side_by_side(1, lambda _: add_tenant(services.database, 9))
        assert [first, *chunks] == [[("acme",)], [("globex",)]]


def test_what_a_reader_writes_is_not_kept(database: Database) -> None:
    with database.read() as connection:
        connection.execute(
            insert(TENANTS).values(id=uuid_of(1), name="x", slug="x", brand_color="#000000")
        )
    assert names(database) == []


def test_an_error_takes_back_the_whole_transaction(services: Services) -> None:
    def fail_halfway() -> None:
        with services.store.write() as tx:
            tx.tenants.add(Tenant(uuid_of(1), "Acme", "acme", "#000000"))
            raise RuntimeError("halfway")

    with pytest.raises(RuntimeError, match="halfway"):
        fail_halfway()
    with services.store.read() as tx:
        assert tx.tenants.within(None) == []


def test_after_an_error_the_next_writer_is_let_in(database: Database) -> None:
    with pytest.raises(RuntimeError), database.write():
        raise RuntimeError
    done = threading.Event()
    writer = threading.Thread(target=lambda: (add_tenant(database, 1), done.set()))
    writer.start()
    assert done.wait(DEADLINE)
    writer.join()


def test_what_is_committed_is_in_a_write_ahead_log_and_on_the_disk(database: Database) -> None:
    with database.read() as connection:
        pragma = {
            p: connection.exec_driver_sql(f"PRAGMA {p}").scalar_one()
            for p in ("journal_mode", "synchronous", "foreign_keys")
        }
    assert pragma == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1}


def test_a_row_cannot_name_another_that_is_not_there(services: Services, cast: Cast) -> None:
    with pytest.raises(IntegrityError, match=r"(?i)foreign key"), services.store.write() as tx:
        tx.users.join(Membership(cast.admin.user.id, uuid_of(404), Role.ADMIN))


def test_instants_come_back_as_the_same_instant_in_utc(services: Services, cast: Cast) -> None:
    schedule, at = (
        uuid_of(5),
        datetime(2026, 3, 4, 12, 30, 15, 123456, tzinfo=timezone(timedelta(hours=5, minutes=30))),
    )
    values = {
        "id": schedule,
        "tenant_id": cast.acme.id,
        "name": "x",
        "export_type": "campaigns",
        "format": "csv",
        "schedule": "@daily",
        "timezone": "UTC",
        "recipients": [],
        "filters": {},
        "when_empty": "send",
        "is_active": True,
        "version": 1,
        "created_by": cast.admin.user.id,
        "owner_id": cast.admin.user.id,
        "created_at": at,
        "updated_at": at,
    }
    with services.database.write() as connection:
        connection.execute(insert(table(models.ScheduleRow)).values(values))
    with services.store.read() as tx:
        found = tx.schedules.get(schedule)
    assert found is not None
    assert found.created_at == at
    assert found.created_at.tzinfo is UTC


def test_an_instant_without_a_zone_is_refused(services: Services) -> None:
    rows = table(models.SessionRow)
    with (
        pytest.raises(StatementError, match="without a zone"),
        services.database.write() as connection,
    ):
        connection.execute(update(rows).values(revoked_at=datetime(2026, 1, 1)))  # noqa: DTZ001  the very thing that is refused


def test_a_database_in_a_folder_that_went_away_cannot_be_reached(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'data' / 'exports.db'}")
    (tmp_path / "data").rmdir()
    with pytest.raises(Unavailable):
        database.ping()
    with pytest.raises(Unavailable), database.write():
        pass


def test_a_database_file_that_cannot_be_opened_cannot_be_reached(tmp_path: Path) -> None:
    (tmp_path / "exports.db").mkdir()
    with pytest.raises(Unavailable):
        Database(f"sqlite:///{tmp_path / 'exports.db'}").ping()


@pytest.mark.parametrize(
    "content", [b"this is no database" * 100, b"SQLite format 3\0" + b"\xff" * 5000]
)
def test_a_file_that_is_no_database_cannot_be_reached(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "exports.db").write_bytes(content)
    database = Database(f"sqlite:///{tmp_path / 'exports.db'}")
    with pytest.raises(Unavailable):
        database.ping()
    with pytest.raises(Unavailable), database.write():
        pass
    database.dispose()


def test_a_database_that_is_back_is_used_again(database: Database, tmp_path: Path) -> None:
    add_tenant(database, 1)
    database.dispose()
    file, away = file_of(database), tmp_path / "away.db"
    file.rename(away)
    file.mkdir()
    with pytest.raises(Unavailable):
        database.ping()
    file.rmdir()
    away.rename(file)
    assert names(database) == ["Acme"]


def test_who_waits_too_long_for_another_process_is_told_to_try_again(database: Database) -> None:
    with database.read() as connection:
        connection.exec_driver_sql("PRAGMA busy_timeout=10")
    other = sqlite3.connect(file_of(database), isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(Unavailable):
        add_tenant(database, 1)
    other.execute("ROLLBACK")
    other.close()
    add_tenant(database, 1)


def test_a_broken_rule_of_the_data_is_not_an_absent_database(database: Database) -> None:
    add_tenant(database, 1)
    with pytest.raises(IntegrityError):
        add_tenant(database, 1)


def test_names_sort_by_code_point(database: Database) -> None:
    for i, name in enumerate(("a", "Z", "ä", "🚀", "\uffee", "A")):
        add_tenant(database, i, name)
    with database.read() as connection:
        found = list(connection.execute(text("SELECT name FROM tenants ORDER BY name")).scalars())
    assert found == sorted(found)


@pytest.mark.parametrize("q", ["überall", "ÜBERALL", "berAL"])
@pytest.mark.usefixtures("campaigns")
def test_a_search_finds_names_in_any_case_of_any_alphabet(
    services: Services, cast: Cast, q: str
) -> None:
    found, total = services.campaigns.find(cast.admin.who, None, {}, q, Page())
    assert ([c.name for c in found], total) == (["Überall"], 1)


@pytest.mark.usefixtures("campaigns")
def test_a_search_takes_percent_and_underscore_as_they_are(services: Services, cast: Cast) -> None:
    assert services.campaigns.find(cast.admin.who, None, {}, "%", Page()) == ([], 0)
    assert services.campaigns.find(cast.admin.who, None, {}, "S_ring", Page()) == ([], 0)
