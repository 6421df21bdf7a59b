"""Redis's password in a file changes while a server runs."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
import redis
from reflex.utils import prerequisites

from exports_app import settings as settings_module
from exports_app.domain.errors import TooManyRequests
from exports_app.services.core.rate_limits import Counts, RateLimit
from exports_app.settings import Settings
from exports_app.ui.websockets.reflex_internals import use_current_credentials
from tests.redis_server import Redis, redis_server

OLD, NEW = "the old one: @/%", "the new one: +&?"
pytestmark = pytest.mark.one_database


class Guarded:
    """A Redis with a password, which a file has. As an operator does it, Redis takes both for a
    while."""

    def __init__(self, server: Redis, file: Path) -> None:
        self._server = server
        self.file = file
        self._rules("on", f">{OLD}")
        file.write_text(OLD)

    def change(self) -> None:
        self._rules(f">{NEW}")
        self.file.write_text(NEW)
        self._rules(f"<{OLD}")
        self.admin().client_kill_filter(_type="normal", skipme=True)

    def admin(self) -> redis.Redis:
        return redis.Redis(port=self._server.port, username="admin", password="admin")

    def _rules(self, *rules: str) -> None:
        with self.admin() as client:
            client.execute_command("ACL", "SETUSER", "default", *rules)


@pytest.fixture
def guarded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Guarded]:
    with redis_server() as server:
        with redis.Redis(port=server.port) as client:
            client.execute_command("ACL", "SETUSER", "admin", "on", ">admin", "~*", "&*", "+@all")
            client.execute_command("ACL", "SETUSER", "default", "resetpass")
        made = Guarded(server, tmp_path / "password")
        monkeypatch.setenv("REDIS_URL", server.url)
        monkeypatch.setenv("REDIS_PASSWORD_FILE", str(made.file))
        monkeypatch.setenv("DATA_DIR", str(tmp_path / "data"))
        settings_module.get.cache_clear()
        yield made
        settings_module.get.cache_clear()


def test_rate_limits_go_on_being_counted_together(guarded: Guarded) -> None:
    current = settings_module.get()
    one, other = (
        RateLimit("2/hour", Counts(current.redis, current.current_redis), "x") for _ in range(2)
    )
    one.hit("key")
    guarded.change()
    other.hit("key")
    with pytest.raises(TooManyRequests):
        one.hit("key")
    assert not Counts(current.redis, current.current_redis).unreachable()
    assert Counts(current.redis).unreachable(), "the old password still counts"


def test_reflex_goes_on(guarded: Guarded, monkeypatch: pytest.MonkeyPatch) -> None:
    current = settings_module.get()
    monkeypatch.setattr(prerequisites, "parse_redis_url", lambda: current.redis)
    monkeypatch.setattr(prerequisites, "get_redis", prerequisites.get_redis)
    use_current_credentials(current.current_redis)

    async def work() -> None:
        client = prerequisites.get_redis()
        assert client is not None
        async with client:
            await client.set("state", "kept")
            guarded.change()
            assert await client.get("state") == b"kept"

    asyncio.run(work())


def test_settings_that_no_environment_gave_stay_as_they_are(guarded: Guarded) -> None:
    given = Settings.model_validate(
        {"redis_url": f"redis://:{quote('mine')}@127.0.0.1/0", "redis_password": ""}
    )
    assert given.current_redis() == given.redis
