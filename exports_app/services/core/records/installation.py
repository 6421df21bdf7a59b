"""What all processes of an installation share beside the database."""

from dataclasses import dataclass


@dataclass(frozen=True)
class InstallationRecord:
    """salt: random, of the fingerprints. signing_key, encryption_key: fingerprints of the newest
    keys. file_store: the id that the store of finished files holds itself. time_zone: of TZ. What
    is not noted yet is empty."""

    salt: str
    signing_key: str = ""
    encryption_key: str = ""
    file_store: str = ""
    time_zone: str = ""
