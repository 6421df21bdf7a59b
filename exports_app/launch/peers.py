"""Checks that a web server fits the others over one PostgreSQL.

Several of them share the states of pages through Redis; without Redis there may be one only.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg

from exports_app.db.connect_failures import failure
from exports_app.db.engine import Database
from exports_app.db.process_registry import AlreadyRunning, ProcessKind, ProcessRegistry
from exports_app.launch.errors import StartError
from exports_app.settings import Settings


@contextmanager
def web(settings: Settings) -> Iterator[None]:
    """Register the serving command. Raises StartError if it may not run beside the others."""
    if settings.embedded:
        yield
        return
    if settings.redis and not settings.has_key:
        raise StartError(
            "all servers and workers need the same SECRET_KEY: what one of them signs, another"
            " one checks"
        )
    exclusive = not settings.redis
    database = Database(settings.url, settings.current_url)
    try:
        with ProcessRegistry(database).register(ProcessKind.WEB, exclusive=exclusive):
            yield
    except AlreadyRunning:
        raise StartError(
            "another web server works on this database: give all of them the same REDIS_URL, or"
            " stop the other one"
            if exclusive
            else (
                "another web server works on this database without REDIS_URL: give it the"
                " same one, or stop it"
            )
        ) from None
    except psycopg.OperationalError as e:
        raise StartError(failure(str(e)).message) from None
    finally:
        database.dispose()
