"""What tests share: see tests/world.py for the words used here."""

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import bcrypt
import pytest
import structlog
from hypothesis import settings as settings_of_examples
from pydantic import SecretStr
from sqlalchemy import URL, create_engine, event
from sqlalchemy.engine import Engine
from sqlalchemy.util import LRUCache

from exports_app import wiring
from exports_app.channels.email import EmailChannel, SmtpSettings
from exports_app.db import migrate
from exports_app.db.engine import Database
from exports_app.domain.access import Principal
from exports_app.services.core.extension_points import CHANNELS
from exports_app.services.core.records import Campaign, Tenant
from exports_app.services.identity import passwords
from exports_app.settings import Settings
from exports_app.wiring import Services
from tests.doubles import FakeClock, Watch, WatchedEmail
from tests.mailserver import MailServer, mail_server
from tests.postgres import Emptier, Postgres, postgres_server
from tests.world import PASSWORD, Cast, make_campaigns, make_cast, registered

TESTS = Path(__file__).parent
SECRET_KEY = "a key for tests only, long enough to sign with"
REAL_COST, REAL_NOBODY = passwords.COST, passwords._NOBODY
LOWEST_COST = 4
STATEMENTS = 2_000
"""That a test process keeps compiled."""


@pytest.fixture(scope="session", autouse=True)
def quick_hashes() -> Iterator[None]:
    """bcrypt at its lowest cost: it is slow on purpose, and most tests have someone sign in."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(passwords, "COST", LOWEST_COST)
        patched.setattr(
            passwords, "_NOBODY", bcrypt.hashpw(b"nobody", bcrypt.gensalt(LOWEST_COST)).decode()
        )
        yield


@pytest.fixture(scope="session", autouse=True)
def plain_logs() -> None:
    """As structlog is set by default, but for tracebacks: with the local variables of each frame
    one takes ten seconds."""
    renderer = structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
    structlog.configure(processors=[*structlog.get_config()["processors"][:-1], renderer])


@pytest.fixture
def real_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    """At the app's own cost, for tests of what that may hold up."""
    monkeypatch.setattr(passwords, "COST", REAL_COST)
    monkeypatch.setattr(passwords, "_NOBODY", REAL_NOBODY)


@pytest.fixture(scope="session")
def password_hash(quick_hashes: None) -> str:
    """Of `PASSWORD`."""
    return passwords.hash_password(PASSWORD)


class CompiledOnce:
    """Lets all engines of a kind share what SQLAlchemy has compiled of their statements.

    It compiles each statement anew for each engine, and each test has an engine of its own: that
    took a fifth of a test's time. The dialect is a part of the key, so they share one as well."""

    def __init__(self) -> None:
        self._kept: dict[str, Engine] = {}

    def share(self, engine: Engine) -> None:
        """From now on with this engine, which has been connected: its dialect knows its
        database."""
        engine._compiled_cache = LRUCache(STATEMENTS)
        self._kept[engine.dialect.name] = engine

    def create_engine(self, url: URL, **options: Any) -> Engine:
        made = create_engine(url, **options)
        if kept := self._kept.get(made.dialect.name):
            made._compiled_cache = kept._compiled_cache
            made.dialect = made.pool._dialect = kept.dialect  # type: ignore[assignment]
        return made


@pytest.fixture(scope="session")
def compiled_once() -> Iterator[CompiledOnce]:
    once = CompiledOnce()
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("exports_app.db.engine.create_engine", once.create_engine)
        yield once


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory, compiled_once: CompiledOnce) -> Path:
    """An SQLite file with the newest schema and nothing in it, to be copied."""
    file = tmp_path_factory.mktemp("template") / "exports.db"
    database = Database(f"sqlite:///{file}")
    migrate.upgrade(database)
    compiled_once.share(database.engine)
    database.dispose()  # the last connection takes the write-ahead log into the file
    return file


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """One server for all tests of this process."""
    with postgres_server() as server:
        yield server


@pytest.fixture(scope="session")
def migrated_url(postgres: Postgres, compiled_once: CompiledOnce) -> str:
    """A PostgreSQL database with the newest schema, which each test empties behind itself."""
    postgres.sql("CREATE DATABASE migrated")
    database = Database(postgres.url("migrated"))
    migrate.upgrade(database)
    compiled_once.share(database.engine)
    database.dispose()
    return postgres.url("migrated")


@pytest.fixture(scope="session")
def emptier(migrated_url: str) -> Iterator[Emptier]:
    with closing(Emptier(migrated_url)) as made:
        yield made


def pytest_configure() -> None:
    """A busy machine may need any time for an example: what shall be quick is measured in CPU
    time."""
    settings_of_examples.register_profile("no deadline", deadline=None)
    settings_of_examples.load_profile("no deadline")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--long",
        action="store_true",
        help="also the tests marked long, which `make test` leaves out",
    )
    parser.addoption(
        "--seed",
        type=int,
        help="of what is random in the tests of faults; printed, and random itself if not given",
    )


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """The long tests are for `make test-long` and `make test-faults`."""
    if not config.getoption("--long"):
        long = [item for item in items if item.get_closest_marker("long")]
        items[:] = [item for item in items if item not in set(long)]
        config.hook.pytest_deselected(items=long)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """What asks for `services` below these folders runs over both databases, unless it is about one
    of them, or `one_database`."""
    folder = metafunc.definition.path.relative_to(TESTS).parts[0]
    if "database_kind" not in metafunc.fixturenames or folder not in {"integration", "contracts"}:
        return
    kinds = ["sqlite", "postgresql"]
    only = [kind for kind in kinds if metafunc.definition.get_closest_marker(f"about_{kind}")]
    if metafunc.definition.get_closest_marker("one_database"):
        only = ["sqlite"]
    metafunc.parametrize("database_kind", only or kinds, indirect=True)


@pytest.fixture
def database_kind(request: pytest.FixtureRequest) -> str:
    return getattr(request, "param", "sqlite")


@pytest.fixture
def settings(tmp_path: Path, request: pytest.FixtureRequest, database_kind: str) -> Settings:
    url = request.getfixturevalue("migrated_url") if database_kind == "postgresql" else ""
    return Settings(
        data_dir=tmp_path / "data", secret_key=SECRET_KEY, demo=False, database_url=SecretStr(url)
    )


def _hasty(connection: sqlite3.Connection, _: Any) -> None:
    connection.execute("PRAGMA synchronous=OFF")


@pytest.fixture
def services(
    settings: Settings, clock: FakeClock, migrated_file: Path, request: pytest.FixtureRequest
) -> Iterator[Services]:
    """Everything over a fresh, migrated database without a row, and without waiting for the disk:
    no power fails here. No mail server is set, whatever the environment says."""
    settings.data_dir.mkdir()
    emptier = None if settings.embedded else request.getfixturevalue("emptier")
    if settings.embedded:
        shutil.copy(migrated_file, settings.data_dir / "exports.db")
    built = wiring.build(settings, clock)
    if settings.embedded:
        event.listen(built.database.engine, "connect", _hasty)
    built.files.prepare()
    with registered(CHANNELS, EmailChannel(SmtpSettings())):
        yield built
    built.close()
    if emptier is not None:
        emptier()


@pytest.fixture
def demo_of_a_week(monkeypatch: pytest.MonkeyPatch) -> None:
    """The demo without most of its eighteen months, for tests of its people and their password."""
    monkeypatch.setattr(
        "exports_app.services.campaigns.demo.first_day",
        lambda yesterday: yesterday - timedelta(days=6),
    )


@pytest.fixture
def cast(services: Services, password_hash: str) -> Cast:
    return make_cast(services, password_hash)


@pytest.fixture
def acme(cast: Cast) -> Tenant:
    return cast.acme


@pytest.fixture
def globex(cast: Cast) -> Tenant:
    return cast.globex


@pytest.fixture
def admin(cast: Cast) -> Principal:
    return cast.admin.who


@pytest.fixture
def viewer(cast: Cast) -> Principal:
    return cast.viewer.who


@pytest.fixture
def outsider(cast: Cast) -> Principal:
    return cast.outsider.who


@pytest.fixture
def super_admin(cast: Cast) -> Principal:
    return cast.super_admin.who


@pytest.fixture
def campaigns(services: Services, cast: Cast) -> dict[str, Campaign]:
    return make_campaigns(services, cast)


@pytest.fixture
def watch(services: Services) -> Watch:
    return Watch(services.changes)


@pytest.fixture
def mail(services: Services) -> Iterator[MailServer]:
    """A mail server that takes everything, and the email channel sends to it."""
    with mail_server() as server, registered(CHANNELS, WatchedEmail(server)):
        yield server
