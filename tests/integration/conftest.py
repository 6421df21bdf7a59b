from collections.abc import Iterator

import pytest
from pydantic import SecretStr

from exports_app import wiring
from exports_app.db import migrate
from exports_app.db.engine import Database
from exports_app.wiring import Services
from tests.postgres import Postgres


@pytest.fixture
def own(services: Services, request: pytest.FixtureRequest) -> Iterator[Services]:
    """With a database of its own, whose schema may be changed."""
    settings, server = services.settings, None
    if not settings.embedded:
        server: Postgres = request.getfixturevalue("postgres")
        server.drop("uncounted")
        server.sql("CREATE DATABASE uncounted")
        settings = settings.model_copy(update={"database_url": SecretStr(server.url("uncounted"))})
        migrate.upgrade(Database(settings.url))
    built = wiring.build(settings, services.clock)
    yield built
    built.close()
    if server:
        server.drop("uncounted")
