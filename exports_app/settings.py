"""All settings, read once from the environment, `.env` and `*_FILE` secrets. All are optional;
.env.example explains them."""

import os
import re
import secrets
from functools import cache
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from pathlib import Path
from typing import Annotated, Literal
from zoneinfo import ZoneInfo, available_timezones

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    model_validator,
)

from exports_app.environment import SettingsError, read

MIN_KEY_LENGTH = 32


def _zone(value: str) -> str:
    name = value.removeprefix(":")
    if name not in available_timezones() or name in {"localtime", "posixrules"}:
        raise ValueError("is not an IANA time zone, e.g. Europe/Berlin")
    ZoneInfo(name)
    return name


def _rate(value: str) -> str:
    if not re.fullmatch(r"[1-9]\d{0,8}/(second|minute|hour|day)", value):
        raise ValueError("must look like 10/minute (second, minute, hour or day)")
    return value


def _host(value: str) -> str:
    if not value or any(c.isspace() for c in value):
        raise ValueError("must be a host name or an address")
    return value


def _networks(value: object) -> object:
    """Text like ``127.0.0.1, 10.0.0.0/8`` as networks."""
    if not isinstance(value, str):
        return value
    networks = []
    for text in value.replace(",", " ").split():
        try:
            network = ip_network(text)
        except ValueError:
            raise ValueError(
                f"must be addresses or networks like 127.0.0.1, 10.0.0.0/8; {text[:50]} is neither"
            ) from None
        if network.prefixlen == 0:
            raise ValueError(
                f"must not hold {text}: it would believe what anybody writes; name your proxies' "
                "addresses"
            )
        networks.append(network)
    return tuple(networks)


Network = IPv4Network | IPv6Network
Networks = Annotated[tuple[Network, ...], BeforeValidator(_networks)]
Zone = Annotated[str, AfterValidator(_zone)]
Rate = Annotated[str, AfterValidator(_rate)]


class Settings(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")

    database_url: SecretStr = SecretStr("")
    """Empty: SQLite in data_dir."""
    data_dir: Path = Path(".data")
    files_url: str = Field(
        "",
        pattern=r"^(|/\S.*|s3://[a-z0-9][a-z0-9.-]+(/\S*)?)$",
        description="an absolute path such as /mnt/exports, or s3://bucket/prefix",
    )
    """Where finished files lie: a folder that all machines have, or s3://bucket/prefix. Empty: in
    data_dir."""
    s3_endpoint_url: str = Field(
        "", pattern=r"^(https?://\S+)?$", description="an address such as https://s3.example.com"
    )
    """Of a store that is not Amazon's."""
    files_cache_mb: int = Field(1_000, ge=1)
    """Files of the bucket that are kept on this machine for a while."""
    redis_url: SecretStr = SecretStr("")
    """Where the pages' states and the rate limits of several web servers are; empty: in the one
    server's memory."""
    host: Annotated[str, AfterValidator(_host)] = "127.0.0.1"
    port: int = Field(3720, ge=1, le=65535)
    public_url: str = Field(
        "",
        pattern=r"^(https?://[^\s/]+(/[^\s]*)?)?$",
        description="an address such as https://exports.example.com",
    )
    trusted_proxies: Networks = ()
    """Whose X-Forwarded-For and X-Forwarded-Proto count. Nobody else's do."""
    secret_key: SecretStr = SecretStr("")
    """Empty: generated into data_dir on first use (see `signing_key`)."""
    secret_key_previous: SecretStr = SecretStr("")
    """Other keys whose signatures count, and that decrypt: one per line, or separated by commas."""
    encryption_key: SecretStr = SecretStr("")
    """Encrypts the secrets in the database; empty: derived from the secret key."""
    encryption_key_previous: SecretStr = SecretStr("")
    """Other keys that decrypt, listed as secret_key_previous."""
    require_second_factor_super_admins: bool = False
    """Super admins have no rights until they have a second factor."""
    tz: Zone = "UTC"
    demo: bool | None = None
    """None: on for the embedded database at a loopback host without PUBLIC_URL. Never on with
    PUBLIC_URL."""
    lease_seconds: int = Field(60, ge=1, le=86400)
    retry_attempts: int = Field(9, ge=1, le=50)
    """At a run, the first one too, where its schedule says nothing else."""
    retry_base_seconds: float = Field(30, ge=0, le=14_400)
    """The longest wait after the first attempt that failed; each further one is four times as long,
    at most 4 hours."""
    drain_seconds: float = Field(5, ge=0, le=3600)
    """What a stop leaves running work to finish by itself."""
    min_interval_seconds: int = Field(60, ge=1, le=31_536_000)
    rate_limit_login: Rate = "10/minute"
    rate_limit_api: Rate = "600/minute"
    session_idle_hours: int = Field(12, ge=1, le=8_760)
    """Without use, after which a sign-in ends. Access tokens, which use does not prolong, last as
    long."""
    session_max_days: int = Field(14, ge=1, le=365)
    """After which a sign-in ends whatever happens."""
    export_processes: int = Field(
        default_factory=lambda: max(1, (os.cpu_count() or 1) - 1), ge=1, le=256
    )
    """Large files that are made at once."""
    export_memory_mb: int = Field(512, ge=64, le=1_048_576)
    """What the process that makes a large file may use."""
    export_max_rows: int = Field(10_000_000, ge=1)
    """Of one file; a tenant may have its own limits."""
    export_max_mb: int = Field(2_000, ge=1)
    attach_max_mb: int = Field(10, ge=1, le=1_000)
    """What may be attached to a message, counted as it travels; larger files go as ZIP or as a
    link."""
    retention_days: int = Field(30, ge=1, le=36_500)
    """How long files are kept; a tenant may have its own time."""
    audit_retention_days: int | None = Field(None, ge=1, le=36_500)
    """How long audit entries are kept that an export holds; None: for ever."""
    quota_pending_runs: int = Field(1_000, ge=1)
    """Of one tenant, here and below, where a super admin set nothing else for it: runs that
    wait."""
    quota_messages_per_day: int = Field(50_000, ge=1)
    """Messages with files that are begun in a day of UTC."""
    quota_file_bytes: int = Field(50_000_000_000, ge=1)
    """That its kept files take in all."""
    quota_schedules: int = Field(10_000, ge=1)
    late_minutes: int = Field(15, ge=1, le=100_000)
    """A schedule that is due, or a run that waits for a worker, for longer makes health say so."""
    metrics_token: SecretStr = SecretStr("")
    """Who sends it may read /api/metrics from elsewhere; empty: nobody may."""
    security_contact: str = Field(
        "",
        max_length=500,
        pattern=r"^((https://|mailto:|tel:)[!-~]+)?$",
        description="an address such as mailto:security@example.com or https://example.com/security",
    )
    """Where weaknesses are reported, as /.well-known/security.txt tells; empty: there is no such
    file."""
    log_level: Literal["debug", "info", "warning", "error"] = "info"

    @model_validator(mode="after")
    def _check(self) -> "Settings":
        url = self.database_url.get_secret_value()
        if url and not url.startswith(("sqlite:///", "postgresql://", "postgresql+psycopg://")):
            raise ValueError("DATABASE_URL must begin with sqlite:/// or postgresql://")
        if url.startswith("sqlite:") and (
            url.removeprefix("sqlite:///") in {"", ":memory:"} or "?" in url
        ):
            raise ValueError(
                "DATABASE_URL must name a file: sqlite:///relative.db or sqlite:////absolute.db"
            )
        for name in ("secret_key", "encryption_key"):
            key = getattr(self, name).get_secret_value()
            if key and len(key) < MIN_KEY_LENGTH:
                raise ValueError(f"{name.upper()} must have at least {MIN_KEY_LENGTH} characters")
        for name in ("secret_key_previous", "encryption_key_previous"):
            if any(len(key) < MIN_KEY_LENGTH for key in listed_keys(getattr(self, name))):
                expected = (
                    f"keys of at least {MIN_KEY_LENGTH} characters each, one per line or separated "
                    "by commas"
                )
                raise ValueError(f"{name.upper()} must hold {expected}")
        if (redis := self.redis_url.get_secret_value()) and not redis.startswith(
            ("redis://", "rediss://", "unix://")
        ):
            raise ValueError("REDIS_URL must begin with redis://, rediss:// or unix://")
        if 0 < len(self.metrics_token.get_secret_value()) < 16:
            raise ValueError("METRICS_TOKEN must have at least 16 characters")
        return self

    @property
    def url(self) -> str:
        """The database's SQLAlchemy URL."""
        return (
            self.database_url.get_secret_value()
            or f"sqlite:///{self.data_dir.absolute() / 'exports.db'}"
        )

    @property
    def embedded(self) -> bool:
        """Whether the database is SQLite, inside this process."""
        return self.url.startswith("sqlite")

    @property
    def base_url(self) -> str:
        """What stands before the path in links that leave the server."""
        return (
            self.public_url.rstrip("/")
            or f"http://{f'[{self.host}]' if ':' in self.host else self.host}:{self.port}"
        )

    @property
    def is_demo(self) -> bool:
        """Whether demo data and its public login are made and kept here."""
        if self.public_url:
            return False
        return self.demo if self.demo is not None else self.embedded and loopback(self.host)

    @property
    def has_key(self) -> bool:
        """Whether a key is there that several processes may have in common; else the first one
        would make its own."""
        return bool(self.secret_key.get_secret_value()) or (self.data_dir / "secret_key").exists()

    def signing_key(self) -> bytes:
        """The key that signs tokens; made once and kept in data_dir, readable by the owner
        alone."""
        if key := self.secret_key.get_secret_value():
            return key.encode()
        file = self.data_dir / "secret_key"
        self.data_dir.mkdir(parents=True, exist_ok=True)
        if not file.exists():
            draft = private_draft(file, new_key())
            try:
                os.link(draft, file)  # fails where another process was first: then its key counts
            except FileExistsError:
                pass
            finally:
                draft.unlink()
        kept = file.read_bytes().strip()
        if len(kept) < MIN_KEY_LENGTH:
            raise SettingsError(f"{file} is damaged: delete it, and everybody signs in again")
        return kept


def new_key() -> str:
    """64 random characters."""
    return secrets.token_urlsafe(48)


def private_draft(file: Path, text: str) -> Path:
    """A file beside `file` with the text, on the disk, and readable by its owner alone; to be
    linked or renamed."""
    draft = file.with_name(f"{file.name}.{secrets.token_hex(8)}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as f:
        f.write(text)
        f.flush()
        os.fsync(f.fileno())  # a power cut must not leave an empty key
    return draft


def listed_keys(value: SecretStr) -> list[str]:
    """The keys of a setting that holds several: one per line, or in one line separated by commas. A
    key may have a comma itself: a line with commas also counts as a whole."""
    keys = []
    for line in filter(None, map(str.strip, value.get_secret_value().splitlines())):
        parts = [part.strip() for part in line.split(",")]
        if len(parts) > 1 and all(len(part) >= MIN_KEY_LENGTH for part in parts):
            keys += parts
        keys.append(line)
    return keys


def loopback(host: str) -> bool:
    """Whether only this machine can reach the address."""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


@cache
def get() -> Settings:
    """The process's settings. Raises SettingsError."""
    settings: Settings = read(Settings)
    return settings
