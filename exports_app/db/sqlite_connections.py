"""How each connection to SQLite is set up: pragmas, and the functions that statements call."""

import sqlite3
from typing import Any

from exports_app.db.search import FUNCTION
from exports_app.domain.search_words import folded

WAL_KEPT = 64 * 2**20
"""Bytes of the log file that are kept after all of it was copied."""


def set_up(connection: sqlite3.Connection, _record: Any, *, busy_ms: int) -> None:
    """busy_ms: how long it waits for another process that writes."""
    # The driver must not begin transactions itself: only `_transaction` does, by BEGIN IMMEDIATE
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in (
        "journal_mode=WAL",
        f"busy_timeout={busy_ms}",
        "foreign_keys=ON",
        "synchronous=FULL",
        f"journal_size_limit={WAL_KEPT}",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()
    # SQLite's own lower() changes ASCII letters only, PostgreSQL's all
    connection.create_function(
        FUNCTION, 1, lambda text: None if text is None else folded(str(text)), deterministic=True
    )
    connection.create_function(
        "lower", 1, lambda text: text.lower() if isinstance(text, str) else text, deterministic=True
    )
