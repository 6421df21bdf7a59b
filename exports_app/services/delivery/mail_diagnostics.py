"""The mail settings of the installation: their effective values, and a test message. For super
admins."""

from collections.abc import Sequence
from datetime import datetime

from email_validator import EmailNotValidError

from exports_app.domain.access import Principal, require_operator
from exports_app.domain.errors import FieldError, Invalid, NotFound
from exports_app.services.audit import audit_log
from exports_app.services.core.current_rights import write_as
from exports_app.services.core.email_addresses import valid_address
from exports_app.services.core.extension_points import (
    ChannelTestResult,
    Diagnosable,
    EffectiveSetting,
    Note,
)
from exports_app.services.core.interfaces import Clock, Store
from exports_app.services.core.rate_limits import Counts, RateLimit
from exports_app.services.core.records import Action, new_id
from exports_app.services.delivery import channels

COLOR = "#4F46E5"
RATE = "10/minute"
"""Tests of one user."""


class MailDiagnostics:
    def __init__(self, store: Store, clock: Clock, counts: Counts, base_url: str) -> None:
        self._store = store
        self._clock = clock
        self._base_url = base_url
        self._limit = RateLimit(RATE, counts, "mail-test")

    def effective_settings(self, who: Principal) -> Sequence[EffectiveSetting]:
        """Raises NotFound for anyone else."""
        require_operator(who)
        return _channel().effective_settings()

    def send_test(self, who: Principal, address: str) -> ChannelTestResult:
        """Send a message that says it is a test. Raises NotFound, Invalid for what is no address,
        TooManyRequests."""
        require_operator(who)
        try:
            target = valid_address(address)
        except EmailNotValidError as e:
            raise Invalid([FieldError("/address", str(e))]) from None
        self._limit.hit(who.user_id)
        now, sender = self._note_test(who, target)
        return _channel().test(target, new_id(), self._test_message(sender, now))

    def _note_test(self, who: Principal, target: str) -> tuple[datetime, str]:
        """In the audit, before anything is sent. Returns the time, and the caller's name."""
        with write_as(self._store, who) as (tx, who):
            require_operator(who)
            now = self._clock()
            name = tx.users.names([who.user_id]).get(who.user_id, "")
            audit_log.note(
                tx,
                who,
                Action.EMAIL_TESTED,
                now,
                tenant_id=None,
                subject_id=None,
                subject_name=target,
            )
        return now, name

    def _test_message(self, sender: str, now: datetime) -> Note:
        return Note(
            tenant_name="Exports",
            brand_color=COLOR,
            logo_url=None,
            export_name="",
            title="Test email",
            lead="If you can read this, the mail settings of this installation work.",
            facts=[
                ("Asked by", sender),
                ("At", f"{now:%Y-%m-%d %H:%M:%S} UTC"),
                ("Installation", self._base_url),
            ],
            url="",
            why="You received this because a super admin tested the mail settings.",
            created_at=now,
        )


def _channel() -> Diagnosable:
    channel = channels.diagnosable()
    if channel is None:
        raise NotFound
    return channel
