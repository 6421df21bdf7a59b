"""How the installation sends mail: which settings act, and a test of them. For its super admins."""

from collections.abc import Sequence

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
"""Of tests, by who asks for them."""


class MailDiagnostics:
    def __init__(self, store: Store, clock: Clock, counts: Counts, base_url: str) -> None:
        self._store = store
        self._clock = clock
        self._base_url = base_url
        self._limit = RateLimit(RATE, counts, "mail-test")

    def effective_settings(self, who: Principal) -> Sequence[EffectiveSetting]:
        """Raises NotFound for anybody else."""
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
        with write_as(self._store, who) as (
            tx,
            who,
        ):  # before the sending: what is sent has been noted
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
        facts = [
            ("Asked by", name),
            ("At", f"{now:%Y-%m-%d %H:%M:%S} UTC"),
            ("Installation", self._base_url),
        ]
        note = Note(
            tenant_name="Exports",
            brand_color=COLOR,
            logo_url=None,
            export_name="",
            title="Test email",
            lead="If you read this, the mail settings of this installation work.",
            facts=facts,
            url="",
            why="You get this since a super admin asked for a test of the mail settings.",
            created_at=now,
        )
        return _channel().test(target, new_id(), note)


def _channel() -> Diagnosable:
    channel = channels.diagnosable()
    if channel is None:
        raise NotFound
    return channel
