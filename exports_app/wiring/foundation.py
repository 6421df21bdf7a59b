"""What the services of all subjects need: the database, files, change events, the clock."""

from dataclasses import dataclass
from pathlib import Path

from exports_app.db.clock import DatabaseClock, system
from exports_app.db.engine import Database
from exports_app.db.notify_events import SharedChanges
from exports_app.db.process_registry import ProcessRegistry
from exports_app.db.store import SqlStore
from exports_app.domain.runs import retry
from exports_app.outbound.guard import Guard
from exports_app.services.core.change_events import Change, Changes, Topic
from exports_app.services.core.interfaces import Clock, FileStore, Store
from exports_app.services.core.lanes import Lanes
from exports_app.services.core.rate_limits import Counts
from exports_app.services.keys import secret_keys
from exports_app.services.keys.derived_keys import Keys
from exports_app.services.keys.encryption import Encryption
from exports_app.settings import Settings
from exports_app.storage.local import LocalFiles


@dataclass(frozen=True)
class Foundation:
    settings: Settings
    database: Database
    store: Store
    files: FileStore
    changes: Changes
    process_registry: ProcessRegistry
    clock: Clock
    counts: Counts
    lanes: Lanes
    guard: Guard
    """Of connections to addresses that users name."""


@dataclass(frozen=True)
class Secrets:
    keys: Keys
    encryption: Encryption
    encryption_keys: Keys
    """The same as those of `encryption`, for fingerprints."""


def build(s: Settings, clock: Clock | None) -> Foundation:
    database = Database(s.url, s.current_url)
    changes = Changes() if database.embedded else SharedChanges(database)
    return Foundation(
        settings=s,
        database=database,
        store=SqlStore(database, lambda user_id: changes.publish(Change(Topic.SESSIONS, user_id))),
        files=file_store(s),
        changes=changes,
        process_registry=ProcessRegistry(database),
        clock=clock or (system if database.embedded else DatabaseClock(database)),
        counts=Counts(s.redis, s.current_redis),
        lanes=Lanes(),
        guard=Guard(s.allowed_networks),
    )


def secrets(s: Settings) -> Secrets:
    """Raises SettingsError."""
    encryption = secret_keys.encryption(s)
    return Secrets(Keys(secret_keys.signing(s)), Encryption(encryption), Keys(encryption))


def retries(s: Settings) -> retry.Policy:
    return retry.Policy(s.retry_attempts, s.retry_base_seconds, s.unknown_resends)


def file_store(s: Settings) -> FileStore:
    if s.files_url.startswith("s3://"):
        bucket, _, prefix = s.files_url.removeprefix("s3://").partition("/")
        # Only here: boto3 takes half a second to import, and most installations do not need it
        from exports_app.storage.s3 import Account, S3Files

        account = Account(
            s.aws_access_key_id.get_secret_value() or None,
            s.aws_secret_access_key.get_secret_value() or None,
            s.aws_session_token.get_secret_value() or None,
            s.aws_default_region or None,
        )
        cache_bytes = s.files_cache_mb * 1_000_000
        endpoint = s.s3_endpoint_url or None
        return S3Files(bucket, prefix, endpoint, s.data_dir, cache_bytes, account)
    return LocalFiles(Path(s.files_url) if s.files_url else s.data_dir, alone=s.embedded)
