"""What the two databases write differently, as pieces of SQL.

The statements of the other modules are the same for both. Everything is reckoned from numbers, so
that two databases of one shape hold the same.
"""

from collections.abc import Sequence
from typing import Protocol

SCATTER = 2_654_435_761
"""Knuth's multiplier: numbers in a row become ids that lie apart, as random ones do."""
WORD = 4_294_967_296

TENANT, USER, SCHEDULE, RUN, DELIVERY, ATTEMPT = range(1, 7)
NOTICE, ENTRY, CAMPAIGN, DOWNLOAD, SESSION, INVITATION, LEASE = range(7, 14)
"""The kinds of ids: rows of two tables never share one."""


def chance(number: str, of: int, salt: int = 0) -> str:
    """A number below `of`, which looks random and is the same each time."""
    return f"((({number}) + {salt}) * {SCATTER} % {WORD} / 65536 % {of})"


def choose(index: str, values: Sequence[str]) -> str:
    """One of these texts."""
    cases = " ".join(
        f"WHEN {at} THEN '{value.replace(chr(39), chr(39) * 2)}'" for at, value in enumerate(values)
    )
    return f"CASE ({index}) % {len(values)} {cases} END"


class Dialect(Protocol):
    in_order: str
    """At the end of an INSERT … SELECT from plan_runs: in the order of its rows."""

    def series(self, count: int) -> str:
        """A table s with the numbers n from 0 below the count."""

    def id(self, kind: int, number: str) -> str:
        """A UUID as text."""

    def padded(self, number: str, width: int) -> str: ...

    def at(self, epoch: str) -> str:
        """An instant, from seconds since 1970."""

    def day(self, epoch: str) -> str: ...

    def json(self, text: str) -> str: ...


class Sqlite:
    in_order = ""  # it reads the table in the order of its rows

    def series(self, count: int) -> str:
        return (
            f"(WITH RECURSIVE t(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM t WHERE n < {count - 1}"
            ") SELECT n FROM t) s"
        )

    def id(self, kind: int, number: str) -> str:
        scattered = f"({number}) * {SCATTER} % {WORD}"
        return f"printf('%08x-%04x-4000-8000-%012x', {scattered}, {kind}, {number})"

    def padded(self, number: str, width: int) -> str:
        return f"printf('%0{width}d', {number})"

    def at(self, epoch: str) -> str:
        return f"strftime('%Y-%m-%d %H:%M:%S.000000', {epoch}, 'unixepoch')"

    def day(self, epoch: str) -> str:
        return f"date({epoch}, 'unixepoch')"

    def json(self, text: str) -> str:
        return f"({text})"


class Postgresql:
    in_order = "ORDER BY r.seq"

    def series(self, count: int) -> str:
        return f"(SELECT n::bigint AS n FROM generate_series(0, {count - 1}) n) s"

    def id(self, kind: int, number: str) -> str:
        scattered = f"lpad(to_hex(({number})::bigint * {SCATTER} % {WORD}), 8, '0')"
        return f"{scattered} || '-{kind:04x}-4000-8000-' || lpad(to_hex({number}), 12, '0')"

    def padded(self, number: str, width: int) -> str:
        return f"lpad(({number})::text, {width}, '0')"

    def at(self, epoch: str) -> str:
        return f"to_timestamp({epoch})"

    def day(self, epoch: str) -> str:
        return f"(to_timestamp({epoch}) AT TIME ZONE 'UTC')::date"

    def json(self, text: str) -> str:
        return f"({text})::json"
