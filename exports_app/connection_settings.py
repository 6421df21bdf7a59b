"""The settings of the database and of Redis."""

from pathlib import Path
from typing import Self

from pydantic import BaseModel, Field, SecretStr, model_validator

from exports_app import setting_urls
from exports_app.setting_types import DatabaseHost

_PARTS = ("host", "port", "name", "user")
"""Settings of the database that are no password, and that a URL holds too."""


class ConnectionSettings(BaseModel):
    database_url: SecretStr = SecretStr("")
    """Empty, and no database_host: SQLite in data_dir."""
    database_host: DatabaseHost = ""
    """Of PostgreSQL, instead of database_url: a name, an address, or the folder of its socket."""
    database_port: int = Field(5432, ge=1, le=65535)
    database_name: str = Field(
        "exports", pattern=r"^[^\s/?#%@]+$", description="a name without spaces, /, ?, #, % and @"
    )
    database_user: str = "exports"
    database_password: SecretStr = SecretStr("")
    """Of database_host, or of a database_url that has none."""
    data_dir: Path = Path(".data")
    redis_url: SecretStr = SecretStr("")
    """Where the pages' states and the rate limits of several web servers are; empty: in the one
    server's memory."""
    redis_password: SecretStr = SecretStr("")
    """Of a redis_url that has none."""

    @model_validator(mode="after")
    def _check_database(self) -> Self:
        url = self.database_url.get_secret_value()
        parts = sorted(self.model_fields_set & {f"database_{part}" for part in _PARTS})
        if url and parts:
            raise ValueError(
                f"{parts[0].upper()} and DATABASE_URL are both set: remove one of them"
            )
        password = bool(self.database_password.get_secret_value())
        if not url and not self.database_host and (parts or password):
            name = parts[0] if parts else "database_password"
            raise ValueError(f"{name.upper()} is set without DATABASE_HOST: add it")
        if url and not url.startswith(("sqlite:///", "postgresql://", "postgresql+psycopg://")):
            raise ValueError("DATABASE_URL must begin with sqlite:/// or postgresql://")
        if url.startswith("sqlite:"):
            if url.removeprefix("sqlite:///") in {"", ":memory:"} or "?" in url:
                raise ValueError(
                    "DATABASE_URL must name a file: sqlite:///relative.db or sqlite:////absolute.db"
                )
            if password:
                raise ValueError(
                    "DATABASE_PASSWORD is of PostgreSQL, and DATABASE_URL names SQLite: remove one"
                    " of them"
                )
        else:
            _check_password("DATABASE", url, password=password)
        return self

    @model_validator(mode="after")
    def _check_redis(self) -> Self:
        url = self.redis_url.get_secret_value()
        if url and not url.startswith(("redis://", "rediss://", "unix://")):
            raise ValueError("REDIS_URL must begin with redis://, rediss:// or unix://")
        password = bool(self.redis_password.get_secret_value())
        if password and not url:
            raise ValueError("REDIS_PASSWORD is set without REDIS_URL: add it")
        _check_password("REDIS", url, password=password)
        return self

    @property
    def url(self) -> str:
        """The database's SQLAlchemy URL."""
        password = self.database_password.get_secret_value()
        if url := self.database_url.get_secret_value():
            return setting_urls.with_password(url, password)
        if self.database_host:
            return setting_urls.postgresql(
                self.database_host,
                self.database_port,
                self.database_name,
                self.database_user,
                password,
            )
        return f"sqlite:///{self.data_dir.absolute() / 'exports.db'}"

    @property
    def redis(self) -> str:
        """Redis's URL with its password; empty: there is no Redis."""
        password = self.redis_password.get_secret_value()
        return setting_urls.with_password(self.redis_url.get_secret_value(), password)

    @property
    def embedded(self) -> bool:
        """Whether the database is SQLite, inside this process."""
        return self.url.startswith("sqlite")


def _check_password(prefix: str, url: str, *, password: bool) -> None:
    """Raises ValueError for a URL that cannot hold its password, or has one beside the setting.
    prefix: of both settings' names. password: whether the setting has one."""
    try:
        encoded = not setting_urls.unencoded(url)
        password_in_url = setting_urls.has_password(url)
        if encoded:
            setting_urls.check_port(url)
    except ValueError:  # an address in brackets that is none, or a port
        raise ValueError(
            f"{prefix}_URL cannot be read: check the host and the port in it"
        ) from None
    if not encoded:
        raise ValueError(
            f"{prefix}_URL: in its password, characters such as @ / ? # % must be percent-encoded"
            f" (@ is %40); or leave it out there and set {prefix}_PASSWORD, as it is"
        )
    if password and password_in_url:
        raise ValueError(
            f"{prefix}_PASSWORD is set, and {prefix}_URL has a password: remove one of them"
        )
