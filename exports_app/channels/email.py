"""Email over SMTP: one message for each recipient, the file attached."""

import ssl
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

from pydantic import SecretStr

from exports_app import environment
from exports_app.channels import (
    _email_message,
    _email_rounds,
    _mailbox_address,
    _notification_message,
    _report_body,
)
from exports_app.channels._email_message import MailMessage
from exports_app.channels._email_packaging import encoded
from exports_app.channels._email_rounds import Sender
from exports_app.channels._mailbox_address import Mailbox
from exports_app.channels._mime_parts import Part
from exports_app.channels._smtp import own_name
from exports_app.channels._smtp.connection import SmtpConnection
from exports_app.channels._smtp.dialogue import Dialogue, last_reply
from exports_app.channels._smtp.server import PATIENCE, Patience, Server
from exports_app.channels._smtp.settings import IMPLICIT_TLS_PORT, SmtpSettings
from exports_app.domain import bounds
from exports_app.domain.errors import DeliveryError, DeliveryUnknown
from exports_app.services.core.extension_points import (
    CHANNELS,
    NOTIFY_SECONDS,
    Batch,
    ChannelTestResult,
    EffectiveSetting,
    Message,
    Note,
    Outcome,
    Report,
)
from exports_app.services.core.interfaces import Clock

__all__ = ["EmailChannel", "SmtpSettings"]

TEST_SECONDS = 30.0
"""For all of a test of the settings, and of the connection: an admin waits for its result."""
TEST_PATIENCE = Patience(
    connect=10, greeting=10, command=10, reset=10, goodbye=5, data=10, block=10, end=TEST_SECONDS
)
NOT_SET = "not set"
OUR_ADDRESS = "the address of each connection, e.g. [192.0.2.1]"


def _address(target: str) -> Mailbox:
    try:
        return _mailbox_address.parse(target)
    except ValueError as e:
        raise DeliveryError(f"not an email address: {e}") from None


def _now() -> datetime:
    return datetime.now(UTC)


class EmailSender:
    """The messages of one run."""

    def __init__(
        self, report: Report, smtp: SmtpSettings, connection: SmtpConnection, clock: Clock
    ) -> None:
        self._report = report
        self._from = smtp.sender
        self._replies = smtp.replies
        self._connection = connection
        self._clock = clock

    @cached_property
    def _message(self) -> MailMessage:
        return MailMessage(self._report, self._from, self._replies)

    def send(self, target: str, message_id: str) -> None:
        """Send to one address. Raises DeliveryError with the server's reply or the setting to
        check; DeliveryUnknown where the message may have arrived all the same."""
        recipient = _address(target)
        try:
            url = self._report.link.url(target) if self._report.link else ""
            content = self._message.to(recipient, message_id, self._clock(), url)
        except OSError as e:
            raise DeliveryError(
                f"the file {self._report.file_name} cannot be read: {e.strerror}", permanent=False
            ) from e
        self._connection.send(self._from, recipient, content)


@CHANNELS.decorate
class EmailChannel:
    """smtp: None reads the environment, once, on first use. tls_context: instead of one with the
    system's certificates."""

    key = "email"
    label = "Email"
    most_attached = 100_000_000
    """Bytes of an encoded attachment, whatever ATTACH_MAX_MB and a schedule say: it is in memory
    while it is sent."""

    def __init__(
        self,
        smtp: SmtpSettings | None = None,
        *,
        tls_context: ssl.SSLContext | None = None,
        patience: Patience = PATIENCE,
        clock: Clock = _now,
    ) -> None:
        self._smtp = smtp
        self._tls_context = tls_context
        self._patience = patience
        self._clock = clock

    @property
    def settings(self) -> SmtpSettings:
        """Raises SettingsError naming the bad setting."""
        return self._read[0]

    @cached_property
    def _read(self) -> tuple[SmtpSettings, dict[str, str]]:
        """The settings, and the source of each when they were read."""
        if self._smtp is not None:
            return self._smtp, {}
        read: SmtpSettings = environment.read(SmtpSettings, prefix="SMTP_")
        return read, environment.sources()

    def config(self) -> Mapping[str, Any]:
        address = {"type": "string", "format": "email"}
        return {
            "recipients": {"type": "array", "items": address, "maxItems": bounds.RECIPIENTS},
            "replyTo": address,
        }

    def unconfigured(self) -> str | None:
        """Asked at the server's start, it also checks the settings: raises SettingsError naming the
        bad one."""
        return None if self.settings.host else "no mail server is configured: set SMTP_HOST"

    def server(self) -> str:
        smtp = self.settings
        return f"{smtp.host}:{smtp.port}, {'without TLS' if smtp.tls == 'none' else smtp.tls}"

    def deliver(self, batch: Batch) -> None:
        _email_rounds.send_all(batch, self.open, self.most_attached)

    @contextmanager
    def open(self, report: Report, check: Callable[[], None]) -> Iterator[Sender]:
        connection = SmtpConnection(self._server(), check=check)
        try:
            yield EmailSender(report, self.settings, connection, self._clock)
        finally:
            connection.close()

    def attached_size(self, size: int) -> int:
        return encoded(size)

    def notify(self, target: str, message_id: str, note: Note) -> None:
        sender, recipient = self.settings.sender, _address(target)
        content = self._notice(note, recipient, message_id)
        connection = SmtpConnection(self._server())
        try:
            connection.send(sender, recipient, content, NOTIFY_SECONDS)
        finally:
            connection.close()

    def _notice(self, note: Note, recipient: Mailbox, message_id: str) -> Part:
        smtp, now = self.settings, self._clock()
        return _notification_message.write(
            note, smtp.sender, recipient, message_id, now, smtp.replies
        )

    def check(self) -> str:
        """Connect and sign in as for a message, and send none."""
        connection = SmtpConnection(self._impatient())
        try:
            connection.check(TEST_SECONDS)
        finally:
            connection.close()
        smtp = self.settings
        signed_in = " and the sign-in" if smtp.user else ""
        return f"the mail server {smtp.host}:{smtp.port} accepts connections{signed_in}"

    def effective_settings(self) -> Sequence[EffectiveSetting]:
        smtp, sources = self._read
        derived = self._derived()

        def setting(name: str, value: str) -> EffectiveSetting:
            default = "the default" if value != NOT_SET else ""
            return EffectiveSetting(name, value, sources.get(name) or derived.get(name, default))

        return (
            setting("SMTP_HOST", smtp.host or NOT_SET),
            setting("SMTP_PORT", str(smtp.port)),
            setting("SMTP_TLS", smtp.tls),
            setting("SMTP_USER", smtp.user or NOT_SET),
            setting("SMTP_PASS", "set" if smtp.password.get_secret_value() else NOT_SET),
            setting("SMTP_FROM", str(smtp.sender) if smtp.host else smtp.from_ or NOT_SET),
            setting("SMTP_REPLY_TO", smtp.reply_to or NOT_SET),
            setting("SMTP_HELO", smtp.helo or own_name.host_name() or OUR_ADDRESS),
        )

    def _derived(self) -> dict[str, str]:
        """Sources of values that were not set, but follow from other settings."""
        smtp = self.settings
        sources = {
            "SMTP_HELO": "this machine's name"
            if own_name.host_name()
            else "this machine's name has no dot"
        }
        if smtp.tls == "tls" and smtp.port == IMPLICIT_TLS_PORT:
            sources["SMTP_TLS"] = "because the port is 465"
            sources["SMTP_PORT"] = "because SMTP_TLS is tls"
        if smtp.host and not smtp.from_:
            is_user = smtp.sender.address.lower() == smtp.user.lower()
            sources["SMTP_FROM"] = f"made of {'SMTP_USER' if is_user else 'SMTP_HOST'}"
        return sources

    def test(self, target: str, message_id: str, note: Note) -> ChannelTestResult:
        if reason := self.unconfigured():
            return ChannelTestResult(Outcome.REFUSED, reason, ())
        sender = self.settings.sender
        dialogue = Dialogue()
        connection = SmtpConnection(self._impatient(), dialogue)
        try:
            recipient = _address(target)
            content = self._notice(note, recipient, message_id)
            connection.send(sender, recipient, content, TEST_SECONDS)
            outcome, detail = Outcome.ACCEPTED, last_reply(dialogue.lines)
        except DeliveryUnknown as e:
            outcome, detail = Outcome.UNKNOWN, e.message
        except DeliveryError as e:
            outcome, detail = Outcome.REFUSED, e.message
        finally:
            connection.close()
        return ChannelTestResult(outcome, detail, tuple(dialogue.lines))

    def preview(self, report: Report) -> Message:
        url = report.link.url("") if report.link else ""
        return Message(
            _email_message.title(report),
            _report_body.page(report, url),
            _report_body.plain_text(report, url),
        )

    def _impatient(self) -> Server:
        return replace(self._server(), patience=TEST_PATIENCE)

    def _server(self) -> Server:
        smtp = self.settings
        return Server(
            host=smtp.host,
            port=smtp.port,
            tls=smtp.tls,
            user=smtp.user,
            password=smtp.password,
            tls_context=self._tls_context,
            helo=smtp.helo,
            patience=self._patience,
            current_password=self._current_password,
        )

    def _current_password(self) -> SecretStr:
        """That of its file (SMTP_PASS_FILE) as it is now; as at the start where the settings cannot
        be read just now."""
        smtp = self.settings
        if self._smtp is not None:
            return smtp.password
        try:
            now: SmtpSettings = environment.read(SmtpSettings, prefix="SMTP_")
        except environment.SettingsError:  # a file that is being replaced
            return smtp.password
        return now.password
