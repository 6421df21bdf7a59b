"""Searching: the same rows are found in both databases."""

from typing import Any

import pytest
from sqlalchemy import event

from exports_app.db import migrate
from exports_app.db.engine import Database
from exports_app.db.repositories import searching
from exports_app.db.search import ALL, SCHEDULES, unindexed
from exports_app.domain.access import Principal
from exports_app.services.core.interfaces import AuditFilter
from exports_app.services.core.records import Page, Tenant
from exports_app.wiring import Services
from tests.postgres import Postgres
from tests.world import Cast, make_campaigns, make_schedule, sql

NAMES = [
    "Łódź Straße, weekly",
    "Österreich: Umsatz je Woche",
    "CAFÉ Crème brûlée",
    "Bjørn's æther report",
    "100% of_all [x]",
    'He said "no" and left',
    "Ἀθῆναι ΣΊΣΥΦΟΣ",
    "Отчёт за неделю",
    "週次レポート ﬁnal",
    "İstanbul ıssız",
]
FOUND = {
    "lodz": [0],
    "strasse": [0],
    "STRASSE weekly": [0],
    "weekly straße": [0],
    "umsatz osterreich": [1],
    "wo umsa": [1],
    "creme CAFE": [2],
    "brulee": [2],
    "crème brûlée": [2],
    "bjorn aether": [3],
    "0%": [4],
    "_": [4],
    "f_a": [4],
    "[x]": [4],
    "%": [4],
    '"no"': [5],
    "n": list(range(len(NAMES))),  # in ann@example.com
    "he no": [5],
    "αθηναι": [6],
    "σισυφοσ": [6],
    "ΣΊΣΥΦΟΣ": [6],
    "отчет": [7],
    "неделю ОТЧЁТ": [7],
    "レポート": [8],
    "final": [8],
    "週": [8],
    "istanbul ISSIZ": [9],
    "nothing of it": [],
    "lodz umsatz": [],
    "'; DROP": [],
    'AND OR NOT "': [],
    "*": [],
    "\\": [],
    "  ": list(range(len(NAMES))),
}


@pytest.fixture
def named(services: Services, admin: Principal) -> None:
    for name in NAMES:
        make_schedule(services, admin, name=name)


@pytest.fixture(params=["few", "many"])
def found_as(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """As of a small tenant, and as of a large one with more hits than are listed."""
    if request.param == "many":
        monkeypatch.setattr(searching, "FEW", 0)
        monkeypatch.setattr(searching, "SMALL", 0)


def names(services: Services, who: Principal, tenant_id: str | None, q: str) -> list[str]:
    found, total = services.schedules.find(who, tenant_id, {}, q, Page(1, 50, "createdAt"))
    assert total == len(found)
    return sorted(schedule.name for schedule in found)


@pytest.mark.usefixtures("named", "found_as")
def test_words_in_any_order_without_accents_and_in_parts(
    services: Services, admin: Principal, super_admin: Principal, acme: Tenant
) -> None:
    for q, expected in FOUND.items():
        wanted = sorted(NAMES[i] for i in expected)
        assert names(services, admin, acme.id, q) == wanted, q
        assert names(services, super_admin, None, q) == wanted, q


@pytest.mark.usefixtures("found_as")
def test_descriptions_and_recipients_are_searched_and_follow_changes(
    services: Services, admin: Principal, acme: Tenant, outsider: Principal
) -> None:
    schedule = make_schedule(
        services,
        admin,
        name="Numbers",
        description="Für den Vertrieb",
        recipients=("jörg@example.com", "ann@example.com"),
    )
    for q in ("numbers fur", "jorg@", "ANN vertrieb", "example numbers"):
        assert names(services, admin, acme.id, q) == ["Numbers"], q
        assert names(services, outsider, None, q) == [], q
    services.schedules.update(admin, schedule.id, {"name": "Figures"}, schedule.version)
    assert names(services, admin, acme.id, "numbers") == []
    assert names(services, admin, acme.id, "figures jorg") == ["Figures"]
    services.schedules.delete(admin, schedule.id)
    assert names(services, admin, acme.id, "figures") == []


@pytest.mark.usefixtures("found_as")
def test_users_campaigns_and_the_audit(
    services: Services, cast: Cast, admin: Principal, super_admin: Principal
) -> None:
    make_campaigns(services, cast)
    make_schedule(services, admin, name="Überblick")
    campaigns, _ = services.campaigns.find(admin, cast.acme.id, {}, "uber", Page(1, 10))
    assert [campaign.name for campaign in campaigns] == ["Überall"]
    accounts, _ = services.user_administration.find(super_admin, "example VIEW", Page(1, 10))
    assert [account.user.name for account in accounts] == ["Viewer"]
    for who, tenant in ((admin, cast.acme.id), (super_admin, None)):
        entries, total = services.audit.find(
            who, tenant, AuditFilter(q="uberblick admin"), Page(1, 10)
        )
        assert ([entry.subject_name for entry in entries], total) == (["Überblick"], 1)


@pytest.mark.usefixtures("found_as")
def test_the_audit_is_searched_by_where_a_request_came_from(
    services: Services, admin: Principal, acme: Tenant
) -> None:
    make_schedule(services, admin)
    if services.database.embedded:
        sql(services, "DROP TRIGGER audit_entries_are_not_changed")
        change = "UPDATE audit_entries SET address = ?, session = ?"
    else:
        change = "UPDATE audit_entries SET address = ?, session = ?"
        sql(services, "ALTER TABLE audit_entries DISABLE TRIGGER USER")
    sql(services, change, "192.0.2.7", "abc123")
    if not services.database.embedded:
        sql(services, "ALTER TABLE audit_entries ENABLE TRIGGER USER")
    for q, count in {"192.0.2.7": 1, "abc": 1, "abc123": 1, "192.0.2": 0, "bc1": 0}.items():
        found, _ = services.audit.find(admin, acme.id, AuditFilter(q=q), Page(1, 10))
        assert len(found) == count, q


def test_the_texts_of_all_that_can_be_found_are_kept(
    services: Services, named: None, cast: Cast
) -> None:
    for searched in ALL:
        where = "" if searched.where is None else f"WHERE {searched.where}"
        ((rows,),) = sql(services, f"SELECT count(*) FROM {searched.table} {where}")
        ((texts,),) = sql(services, f"SELECT count(*) FROM {searched.texts}")
        assert rows == texts, searched.table
        if services.database.embedded:
            sql(
                services,
                f"INSERT INTO {searched.words} ({searched.words}) VALUES ('integrity-check')",
            )


@pytest.mark.about_sqlite
@pytest.mark.usefixtures("found_as")
def test_without_fts5_the_texts_are_read(
    services: Services, named: None, super_admin: Principal
) -> None:
    words = "search_scheduled_exports_words"
    for statement in (
        f"DROP TRIGGER {words}_insert",
        f"DROP TRIGGER {words}_delete",
        f"DROP TABLE {words}",
    ):
        sql(services, statement)
    assert names(services, super_admin, None, "strasse lodz") == [NAMES[0]]


@pytest.mark.about_postgresql
def test_postgresql_finds_by_its_indexes(services: Services) -> None:
    plan = ""
    with services.database.engine.connect() as connection:  # what it changes is rolled back
        for scan in ("seqscan", "indexscan"):  # what is left is a bitmap of the index
            connection.exec_driver_sql(f"SET LOCAL enable_{scan} = off")
        for searched in ALL:
            rows = connection.exec_driver_sql(
                f"EXPLAIN SELECT id FROM {searched.texts} WHERE text LIKE '%%weekly%%'"
            )
            plan += "\n".join(row[0] for row in rows)
    assert all(searched.index in plan for searched in ALL), plan


@pytest.mark.about_postgresql
def test_what_was_there_before_the_texts_is_searched(
    services: Services, named: None, admin: Principal, acme: Tenant
) -> None:
    texts = SCHEDULES.texts
    sql(services, f"UPDATE scheduled_exports SET deleted_at = now() WHERE name = '{NAMES[1]}'")
    kept = sql(services, f"SELECT * FROM {texts} ORDER BY id")
    migrate.downgrade(services.database, "0038")
    migrate.upgrade(services.database)
    assert sql(services, f"SELECT * FROM {texts} ORDER BY id") == kept
    assert names(services, admin, acme.id, "strasse lodz") == [NAMES[0]]
    assert names(services, admin, acme.id, "umsatz") == []


@pytest.mark.about_postgresql
def test_an_emptied_table_leaves_no_texts(services: Services, named: None) -> None:
    sql(services, "TRUNCATE scheduled_exports CASCADE")
    assert sql(services, f"SELECT count(*) FROM {SCHEDULES.texts}") == [(0,)]


@pytest.mark.about_postgresql
def test_a_server_that_refuses_the_extension_is_migrated_without_the_indexes(
    postgres: Postgres,
) -> None:
    postgres.sql("CREATE ROLE plain LOGIN")
    postgres.sql("CREATE DATABASE refusing")
    postgres.sql("GRANT ALL ON SCHEMA public TO plain", "refusing")
    url = postgres.url("refusing").replace("exports@", "plain@")
    database = Database(url)
    try:
        migrate.upgrade(database)
        with database.read() as connection:
            assert unindexed(connection) == list(ALL)
        assert migrate.is_current(database)
    finally:
        database.dispose()
        postgres.drop("refusing")
        postgres.sql("DROP ROLE plain")


@pytest.mark.about_sqlite
def test_words_are_looked_up_once_before_there_are_statistics(
    services: Services,
    admin: Principal,
    acme: Tenant,
    named: None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(searching, "SMALL", 0)
    asked: list[tuple[str, Any]] = []

    def note(connection: Any, cursor: Any, statement: str, values: Any, *more: Any) -> None:
        if " MATCH " in statement:
            asked.append((statement, values))

    event.listen(services.database.engine, "before_cursor_execute", note)
    assert names(services, admin, acme.id, "lodz") == [NAMES[0]]
    event.remove(services.database.engine, "before_cursor_execute", note)
    assert len(asked) == 2  # the number, and the ids
    with services.database.engine.connect() as connection:
        for statement, values in asked:
            plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values).all()
            assert "search_scheduled_exports_words VIRTUAL TABLE" in plan[0][3], plan


@pytest.mark.about_postgresql
def test_all_that_is_searched_has_its_index(services: Services) -> None:
    with services.database.read() as connection:
        assert unindexed(connection) == []
