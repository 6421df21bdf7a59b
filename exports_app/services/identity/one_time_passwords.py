"""One-time passwords of a second factor: codes of an authenticator app (TOTP, RFC 6238) and
recovery codes."""

import base64
import hashlib
import hmac
import re
import secrets
from datetime import datetime

import pyotp

from exports_app import log
from exports_app.domain import bounds
from exports_app.domain.access import Principal
from exports_app.services.audit import audit_log
from exports_app.services.core.interfaces import Clock, Store, Transaction
from exports_app.services.core.records import Action, User
from exports_app.services.keys.encryption import Encryption, Unreadable

ISSUER = "Exports"
"""What an authenticator app shows beside the address."""
PERIOD = 30
"""Seconds that a code is shown for."""
DRIFT = 1
"""Periods that the clock of a phone may be ahead or behind."""
RECOVERY_CODES = 10
RECOVERY_BYTES = 10
"""80 random bits: too many to be guessed, also from a copy of their hashes."""
GROUP = 4
"""Characters of a recovery code between two hyphens."""

_log = log.get(__name__)


class OneTimePasswords:
    """Guesses are limited elsewhere, see `Auth.guess`."""

    def __init__(self, store: Store, clock: Clock, encryption: Encryption) -> None:
        self._store = store
        self._clock = clock
        self._encryption = encryption

    def use(self, user: User, otp: str) -> bool:
        """Whether the code is right: an unused code of the account's app, or one of its recovery
        codes. A right code is used up: of two callers with the same code one succeeds."""
        if bounds.too_long(otp, bounds.OTP):
            return False
        typed = "".join(otp.split()).replace("-", "").lower()
        with self._store.write() as tx:
            if re.fullmatch(r"[0-9]{6}", typed):
                return self.use_code(tx, user, typed)
            used = tx.second_factors.use_recovery_code(user.id, recovery_hash(user.id, typed))
            if used:
                left = tx.second_factors.recovery_codes_left(user.id)
                subject = {"subject_id": user.id, "subject_name": user.email}
                audit_log.note(
                    tx,
                    _themselves(user),
                    Action.RECOVERY_CODE_USED,
                    self._clock(),
                    tenant_id=None,
                    **subject,
                    left=left,
                )
        return used

    def use_code(self, tx: Transaction, user: User, code: str) -> bool:
        """Like `use`, for codes of an app only, also before the second factor is confirmed."""
        factor = tx.second_factors.get(user.id)
        if factor is None:
            return False
        try:
            secret = self._encryption.decrypt(factor.secret)
        except Unreadable:
            _log.error(
                "no key decrypts a second factor: add the one that encrypted it to "
                "ENCRYPTION_KEY_PREVIOUS",
                user=user.id,
            )
            return False
        step = step_of(secret, code, self._clock())
        return step is not None and tx.second_factors.use_step(user.id, step)


def step_of(secret: str, code: str, now: datetime) -> int | None:
    """The period near now whose code this is; None where there is none."""
    totp, current = pyotp.TOTP(secret, interval=PERIOD), int(now.timestamp()) // PERIOD
    near = [current + drift for drift in range(-DRIFT, DRIFT + 1)]
    return next((step for step in near if hmac.compare_digest(totp.generate_otp(step), code)), None)


def new_secret() -> str:
    """160 random bits, in base32."""
    return pyotp.random_base32()


def uri(secret: str, email: str) -> str:
    """The content of the QR code for an authenticator app."""
    return pyotp.TOTP(secret, interval=PERIOD).provisioning_uri(name=email, issuer_name=ISSUER)


def new_recovery_codes() -> list[str]:
    return [_grouped(secrets.token_bytes(RECOVERY_BYTES)) for _ in range(RECOVERY_CODES)]


def recovery_hash(user_id: str, code: str) -> str:
    """code: with or without its hyphens."""
    plain = code.replace("-", "").lower()
    return hashlib.sha256(f"{user_id}\n{plain}".encode("utf-8", "surrogatepass")).hexdigest()


def _grouped(random: bytes) -> str:
    text = base64.b32encode(random).decode().lower()
    return "-".join(text[i : i + GROUP] for i in range(0, len(text), GROUP))


def _themselves(user: User) -> Principal:
    return Principal(user.id)
