"""Column types and SQL functions that mean the same in SQLite and PostgreSQL."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import JSON, Boolean, Date, DateTime, Dialect, Float, String, Text, TypeDecorator
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import GenericFunction

from exports_app.domain.schedules.run_spec import RunSpec


class UtcDateTime(TypeDecorator[datetime]):
    """An aware UTC instant. SQLite keeps it as naive text, so the zone is put back on the way
    out."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("an instant without a zone")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class RunSpecJson(TypeDecorator[RunSpec]):
    """A run's snapshot, as JSON. A mapping is written as it is."""

    impl = JSON
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> Any:  # noqa: ARG002
        return value.to_json() if isinstance(value, RunSpec) else value

    def process_result_value(self, value: Any, dialect: Dialect) -> RunSpec | None:  # noqa: ARG002
        return None if value is None else RunSpec.from_json(value)


def code_point(length: int | None = None) -> Any:
    """Text that sorts by code point in every database (SQLite's default; "C" in PostgreSQL)."""
    plain: Any = String(length) if length else Text()
    return plain.with_variant(
        String(length, collation="C") if length else Text(collation="C"), "postgresql"
    )


def identifier() -> Any:
    """A UUID as its 36 characters of text: the same in the database, in JSON and in files."""
    return code_point(36)


class first_of_week(GenericFunction[Any]):  # noqa: N801  (SQL functions are lower case)
    """The Monday of a date's week."""

    type = Date()
    inherit_cache = True


class first_of_month(GenericFunction[Any]):  # noqa: N801  (SQL functions are lower case)
    """The first day of a date's month."""

    type = Date()
    inherit_cache = True


class seconds_between(GenericFunction[float]):  # noqa: N801  (SQL functions are lower case)
    """Seconds from an instant to a later one."""

    type = Float()
    inherit_cache = True


@compiles(seconds_between, "sqlite")
def _seconds_sqlite(element: seconds_between, compiler: SQLCompiler, **kw: Any) -> str:
    start, end = (compiler.process(clause, **kw) for clause in element.clauses)
    return f"((julianday({end}) - julianday({start})) * 86400.0)"


@compiles(seconds_between, "postgresql")
def _seconds_postgresql(element: seconds_between, compiler: SQLCompiler, **kw: Any) -> str:
    start, end = (compiler.process(clause, **kw) for clause in element.clauses)
    return f"CAST(EXTRACT(EPOCH FROM ({end} - {start})) AS DOUBLE PRECISION)"


class like_ascii(GenericFunction[bool]):  # noqa: N801  (SQL functions are lower case)
    """Whether a text is LIKE a pattern of lower-case ASCII, in any case; / in it makes the next
    character plain."""

    type = Boolean()
    inherit_cache = True


@compiles(like_ascii)
def _like(element: like_ascii, compiler: SQLCompiler, **kw: Any) -> str:
    text, pattern = (compiler.process(clause, **kw) for clause in element.clauses)
    return f"(lower({text}) LIKE {pattern} ESCAPE '/')"


@compiles(like_ascii, "sqlite")
def _like_sqlite(element: like_ascii, compiler: SQLCompiler, **kw: Any) -> str:
    # Its LIKE ignores the case of ASCII letters by itself, many times as fast as our lower() in
    # Python
    text, pattern = (compiler.process(clause, **kw) for clause in element.clauses)
    return f"({text} LIKE {pattern} ESCAPE '/')"


@compiles(first_of_week, "sqlite")
def _week_sqlite(element: first_of_week, compiler: SQLCompiler, **kw: Any) -> str:
    return f"date({compiler.process(element.clauses, **kw)}, 'weekday 0', '-6 days')"


@compiles(first_of_month, "sqlite")
def _month_sqlite(element: first_of_month, compiler: SQLCompiler, **kw: Any) -> str:
    return f"date({compiler.process(element.clauses, **kw)}, 'start of month')"


@compiles(first_of_week, "postgresql")
def _week_postgresql(element: first_of_week, compiler: SQLCompiler, **kw: Any) -> str:
    return f"CAST(date_trunc('week', {compiler.process(element.clauses, **kw)}) AS DATE)"


@compiles(first_of_month, "postgresql")
def _month_postgresql(element: first_of_month, compiler: SQLCompiler, **kw: Any) -> str:
    return f"CAST(date_trunc('month', {compiler.process(element.clauses, **kw)}) AS DATE)"
