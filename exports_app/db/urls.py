"""The URL of the database, as SQLAlchemy and PostgreSQL's own library read it."""

from psycopg import ProgrammingError
from psycopg.conninfo import make_conninfo
from sqlalchemy import URL
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from exports_app.domain.errors import ExportsError


def parse(url: str) -> URL:
    """Raises ExportsError."""
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):
        raise ExportsError(
            "DATABASE_URL is not a database's URL: leave it out for SQLite in DATA_DIR"
        ) from None
    for option in parsed.query if parsed.get_backend_name() == "postgresql" else ():
        try:
            make_conninfo(**{option: ""})
        except ProgrammingError:
            raise ExportsError(
                "DATABASE_URL has an option, after its ?, that PostgreSQL's library does not know:"
                " remove it, or correct its name"
            ) from None
    return parsed


def with_driver(url: URL) -> URL:
    """Plain postgresql:// would load a driver that is not installed."""
    return url.set(drivername="postgresql+psycopg") if url.drivername == "postgresql" else url


def as_libpq(url: URL) -> str:
    """With the password. libpq refuses a space, which SQLAlchemy leaves in it."""
    text = url.set(drivername="postgresql").render_as_string(hide_password=False)
    return text.replace(" ", "%20")


def place(url: URL) -> dict[str, str]:
    """Where the database is, for logs: its kind, and its file, or its host and its name. Without
    the password and the options."""
    if url.get_backend_name() == "sqlite":
        return {"kind": "sqlite", "file": url.database or ""}
    # A socket's folder, or several hosts, are options of the URL
    hosts = url.query.get("host", url.host or "this machine")
    host = hosts if isinstance(hosts, str) else ",".join(hosts)
    at = f":{url.port}" if url.host and url.port else ""
    return {"kind": "postgresql", "host": f"{host}{at}", "name": url.database or ""}
