"""The URL of the database, as SQLAlchemy and PostgreSQL's own library read it."""

from sqlalchemy import URL
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from exports_app.domain.errors import ExportsError


def parse(url: str) -> URL:
    """Raises ExportsError."""
    try:
        return make_url(url)
    except (ArgumentError, ValueError):
        raise ExportsError(
            "DATABASE_URL is not a database's URL: leave it out for SQLite in DATA_DIR"
        ) from None


def with_driver(url: URL) -> URL:
    """Plain postgresql:// would load a driver that is not installed."""
    return url.set(drivername="postgresql+psycopg") if url.drivername == "postgresql" else url


def as_libpq(url: URL) -> str:
    """With the password. libpq refuses a space, which SQLAlchemy leaves in it."""
    text = url.set(drivername="postgresql").render_as_string(hide_password=False)
    return text.replace(" ", "%20")
