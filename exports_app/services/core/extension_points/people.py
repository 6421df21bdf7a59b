"""Capabilities of the channel that reaches people at their addresses."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Protocol, runtime_checkable

from exports_app.services.core.extension_points.batch import Batch
from exports_app.services.core.extension_points.channel import Channel
from exports_app.services.core.extension_points.messages import Message, Note, Report


@runtime_checkable
class DeliversToPeople(Channel, Protocol):
    """A channel whose deliveries go to the recipients of a scheduled export, in messages."""

    def deliver(self, batch: Batch) -> None:
        """Make the batch's deliveries, each by `Batch.attempt`. Raises RunError where none of them
        can be made at all, and what `Batch.check` raises."""


NOTIFY_SECONDS = 20 * 60
"""The most that a message to a person may take: a mail server may take ten minutes for its last
answer alone (RFC 5321, 4.5.3.2). Afterwards another process may send it."""


@runtime_checkable
class CanNotify(Protocol):
    """A channel that sends messages to people at the address of their account."""

    def notify(self, target: str, message_id: str, note: Note) -> None:
        """Send a note to one person, within NOTIFY_SECONDS. Raises as `Sender.send`."""


@runtime_checkable
class CanPreview(Protocol):
    """A channel that can show its message without sending it."""

    def preview(self, report: Report) -> Message | None:
        """The message as it would be sent; None where there is nothing to show. Needs neither the
        settings nor the file."""


@runtime_checkable
class LimitsAttachments(Protocol):
    """A channel with a limit for attachments: a larger file is sent as ZIP or as a link."""

    def attached_size(self, size: int) -> int:
        """The bytes that a file of `size` bytes takes in a message."""


@runtime_checkable
class HasConfig(Protocol):
    """A channel that says which fields of a scheduled export it reads. Without this they are its
    recipients, whatever they are."""

    def config(self) -> Mapping[str, Any]:
        """The JSON Schema of each, by its name in the API."""


@runtime_checkable
class CanCheck(Protocol):
    """A channel that can test its connection without sending anything."""

    def check(self) -> str:
        """Connect as for a message. Returns the result in words. Raises DeliveryError."""


@runtime_checkable
class HasServer(Protocol):
    """A channel whose messages go through a server."""

    def server(self) -> str:
        """Its host and port, and how the connection is encrypted, in words. Of a channel that is
        configured. Raises SettingsError."""


@dataclass(frozen=True)
class EffectiveSetting:
    """A setting in effect. value: as text; for a secret only whether it is set. source: where it
    comes from, in words."""

    name: str
    value: str
    source: str


class Outcome(StrEnum):
    """Of a test. UNKNOWN: the message may have arrived or not."""

    ACCEPTED = "accepted"
    REFUSED = "refused"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class ChannelTestResult:
    """The result of a test. answer: the server's last answer, or what is wrong and which setting to
    check. dialogue: the SMTP dialogue or the like, line by line, without secrets."""

    outcome: Outcome
    answer: str
    dialogue: tuple[str, ...]


@runtime_checkable
class Diagnosable(Protocol):
    """A channel that shows its settings, and sends a test message."""

    def effective_settings(self) -> Sequence[EffectiveSetting]: ...

    def test(self, target: str, message_id: str, note: Note) -> ChannelTestResult:
        """Send the note now, with short timeouts. Errors of the server are part of the result, and
        not raised."""
