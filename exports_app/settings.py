"""All settings, read once from the environment, `.env` and `*_FILE` secrets. All are optional;
.env.example explains them."""

import os
import secrets
from functools import cache
from ipaddress import ip_address
from pathlib import Path
from typing import Literal

from pydantic import ConfigDict, Field, PrivateAttr, SecretStr, model_validator

from exports_app.connection_settings import ConnectionSettings
from exports_app.environment import SettingsError, read
from exports_app.setting_types import Host, Origins, Proxies, Rate, Reachable, Zone

MIN_KEY_LENGTH = 32


class Settings(ConnectionSettings):
    model_config = ConfigDict(frozen=True, extra="ignore")

    files_url: str = Field(
        "",
        pattern=r"^(|/\S.*|s3://[a-z0-9][a-z0-9.-]+(/\S*)?)$",
        description="an absolute path such as /mnt/exports, or s3://bucket/prefix",
    )
    """Where finished files are stored: a folder that all machines share, or s3://bucket/prefix.
    Empty: in data_dir."""
    s3_endpoint_url: str = Field(
        "", pattern=r"^(https?://\S+)?$", description="an address such as https://s3.example.com"
    )
    """Of a store other than Amazon's."""
    aws_access_key_id: SecretStr = SecretStr("")
    """With aws_secret_access_key: credentials of the bucket. Without them, boto3 looks for some
    where Amazon's tools do."""
    aws_secret_access_key: SecretStr = SecretStr("")
    aws_session_token: SecretStr = SecretStr("")
    aws_default_region: str = ""
    files_cache_mb: int = Field(1_000, ge=1)
    """MB of files of the bucket that are kept on this machine."""
    host: Host = "127.0.0.1"
    port: int = Field(3720, ge=1, le=65535)
    public_url: str = Field(
        "",
        pattern=r"^(https?://[^\s/]+(/[^\s]*)?)?$",
        description="an address such as https://exports.example.com",
    )
    trusted_proxies: Proxies = ()
    """Proxies whose X-Forwarded-For and X-Forwarded-Proto count."""
    allowed_networks: Reachable = ()
    """Networks that addresses of users may lead to (webhooks, destinations) although they are not
    public."""
    cors_origins: Origins = ()
    """Other sites whose pages may call the API."""
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
    """Attempts at a run, with the first one, where its schedule says nothing else."""
    retry_base_seconds: float = Field(30, ge=0, le=14_400)
    """The longest wait after the first failed attempt; each further one is four times as long, at
    most 4 hours."""
    unknown_resends: int = Field(1, ge=0, le=50)
    """How often a message that may have arrived, or not, is sent again without asking."""
    drain_seconds: float = Field(5, ge=0, le=3600)
    """A stop lets running work finish for so long."""
    min_interval_seconds: int = Field(60, ge=1, le=31_536_000)
    rate_limit_login: Rate = "10/minute"
    rate_limit_api: Rate = "600/minute"
    require_if_match: bool = False
    """Changes through the API must name the version that they are made to."""
    read_seconds: float = Field(15, ge=1, le=3600)
    """The longest that one reading of the database may take for a request or a page."""
    session_idle_hours: int = Field(12, ge=1, le=8_760)
    """Hours without use after which a sign-in ends. Access tokens last as long, whether they are
    used or not."""
    session_max_days: int = Field(14, ge=1, le=365)
    """Days after which a sign-in ends in any case."""
    export_processes: int = Field(
        default_factory=lambda: max(1, (os.cpu_count() or 1) - 1), ge=1, le=256
    )
    """Large files that are made at once."""
    export_memory_mb: int = Field(512, ge=64, le=1_048_576)
    """Memory of the process that makes a large file."""
    export_max_rows: int = Field(10_000_000, ge=1)
    """Of one file; a tenant may have its own limits."""
    export_max_mb: int = Field(2_000, ge=1)
    attach_max_mb: int = Field(10, ge=1, le=1_000)
    """The largest attachment, in the encoding of the message; larger files are sent as ZIP or as a
    link."""
    retention_days: int = Field(30, ge=1, le=36_500)
    """How long files are kept; a tenant may have its own time."""
    run_retention_days: int = Field(730, ge=31, le=36_500)
    """How long runs stay in the history; a tenant may have its own time."""
    notice_retention_days: int = Field(180, ge=1, le=36_500)
    """How long emails about scheduled exports to owners and admins are kept."""
    account_message_retention_days: int = Field(7, ge=1, le=36_500)
    """How long emails to people about their accounts are kept."""
    link_retention_days: int = Field(30, ge=1, le=36_500)
    """How long invitations and links of password resets are kept after their end."""
    webhook_retention_days: int = Field(30, ge=4, le=36_500)
    """How long messages to webhooks are kept, with the answers to them. They are sent for up to
    four days."""
    audit_retention_days: int | None = Field(None, ge=1, le=36_500)
    """How long audit entries that were exported are kept; None: for ever."""
    quota_pending_runs: int = Field(1_000, ge=1)
    """Pending runs. These quotas are those of a tenant for which a super admin set no others."""
    quota_messages_per_day: int = Field(50_000, ge=1)
    """Messages with files in a day of UTC."""
    quota_file_bytes: int = Field(50_000_000_000, ge=1)
    """Bytes of all its stored files."""
    quota_schedules: int = Field(10_000, ge=1)
    late_minutes: int = Field(15, ge=1, le=100_000)
    """A schedule that is due for longer, or a run that waits for longer for a worker, is a fault in
    health."""
    metrics_token: SecretStr = SecretStr("")
    """Allows reading /api/metrics from other machines; empty: none may."""
    worker_metrics_port: int | None = Field(None, ge=1, le=65535)
    """Where a worker serves /metrics and /live; None: nowhere."""
    worker_metrics_host: Host = "127.0.0.1"
    otel_exporter_otlp_endpoint: str = Field(
        "", pattern=r"^(https?://\S+)?$", description="an address such as http://127.0.0.1:4318"
    )
    """Of the collector that gets traces, without /v1/traces; empty: no traces."""
    otel_exporter_otlp_headers: SecretStr = SecretStr("")
    """For the collector: name=value, separated by commas."""
    security_contact: str = Field(
        "",
        max_length=500,
        pattern=r"^((https://|mailto:|tel:)[!-~]+)?$",
        description="an address such as mailto:security@example.com or https://example.com/security",
    )
    """Where weaknesses are reported: it is shown in /.well-known/security.txt; empty: there is no
    such file."""
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    log_format: Literal["auto", "text", "json"] = "auto"
    """auto: text for people on a terminal, else JSON."""

    _is_read: bool = PrivateAttr(default=False)
    """Whether they come from the environment, so that they can be read again."""

    @model_validator(mode="after")
    def _check(self) -> "Settings":
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
                raise ValueError(f"{name.upper()} must have {expected}")
        key_id = bool(self.aws_access_key_id.get_secret_value())
        if self.files_url.startswith("s3://") and key_id != bool(
            self.aws_secret_access_key.get_secret_value()
        ):
            raise ValueError("AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY need each other")
        if 0 < len(self.metrics_token.get_secret_value()) < 16:
            raise ValueError("METRICS_TOKEN must have at least 16 characters")
        if not loopback(self.worker_metrics_host) and not self.metrics_token.get_secret_value():
            raise ValueError(
                "WORKER_METRICS_HOST can be reached from other machines: set METRICS_TOKEN too"
            )
        return self

    @property
    def base_url(self) -> str:
        """What is before the path in links to this server."""
        return (
            self.public_url.rstrip("/")
            or f"http://{f'[{self.host}]' if ':' in self.host else self.host}:{self.port}"
        )

    def current_url(self) -> str:
        """As `url`, with the password that a file (…_FILE) holds now. As it was at the start where
        the settings do not come from the environment, or cannot be read just now."""
        if not self._is_read or self.embedded:
            return self.url
        try:
            return str(read(type(self)).url)
        except SettingsError:  # a file that is being replaced; its absence shows at the sign-in
            return self.url

    def current_redis(self) -> str:
        """As `redis`, with the password that a file (…_FILE) holds now."""
        if not self._is_read:
            return self.redis
        try:
            return str(read(type(self)).redis)
        except SettingsError:
            return self.redis

    @property
    def is_demo(self) -> bool:
        """Whether there is demo data with its public login."""
        if self.public_url:
            return False
        return self.demo if self.demo is not None else self.embedded and loopback(self.host)

    @property
    def has_key(self) -> bool:
        """Whether there is a key that several processes can share; otherwise the first one makes
        its own."""
        return bool(self.secret_key.get_secret_value()) or (self.data_dir / "secret_key").exists()

    def signing_key(self) -> bytes:
        """The key that signs tokens; generated once and kept in data_dir, readable by the owner
        only. Raises SettingsError."""
        if key := self.secret_key.get_secret_value():
            return key.encode()
        file = self.data_dir / "secret_key"
        self.data_dir.mkdir(parents=True, exist_ok=True)
        if not file.exists():
            draft = private_draft(file, new_key())
            try:
                os.link(draft, file)  # fails where another process was first, whose key counts then
            except FileExistsError:
                pass
            finally:
                draft.unlink()
        key_bytes = file.read_bytes().strip()
        if len(key_bytes) < MIN_KEY_LENGTH:
            raise SettingsError(f"{file} is damaged: delete it, and everyone signs in again")
        return key_bytes


def new_key() -> str:
    """64 random characters."""
    return secrets.token_urlsafe(48)


def private_draft(file: Path, text: str) -> Path:
    """A new file beside `file` with the text, readable by its owner only, to be linked or
    renamed."""
    draft = file.with_name(f"{file.name}.{secrets.token_hex(8)}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as f:
        f.write(text)
        f.flush()
        os.fsync(f.fileno())  # a power cut must not leave an empty key
    return draft


def listed_keys(value: SecretStr) -> list[str]:
    """The keys of a setting with several: one per line, or separated by commas. A key may have a
    comma itself: a line with commas also counts as a whole."""
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
    settings._is_read = True  # noqa: SLF001 (of this module's own class)
    return settings
