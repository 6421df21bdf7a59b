"""Extension points: Protocols of export types, formats and delivery channels, and their
registries."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

from exports_app.domain.file_summary import SummaryColumns, by_default
from exports_app.domain.table import Column, Table
from exports_app.services.core.export_filters import ExportFilter, Scope
from exports_app.services.core.highlights import Highlights
from exports_app.services.core.registry import Registry


class ExportType(Protocol):
    """A kind of export: its columns and the query of its rows."""

    key: str
    label: str
    description: str
    """One sentence for the person who chooses."""
    filters: tuple[ExportFilter, ...]
    """The filters that it takes beside the days; others are refused."""

    def columns(self) -> tuple[Column, ...]: ...

    def select(self, scope: Scope) -> Any:
        """A SQLAlchemy Select yielding the stored columns (`table.stored`) in order, sorted,
        limited to the scope's tenant."""


@runtime_checkable
class TellsData(Protocol):
    """An export type whose file may have rows where there is no data: a row of zeros for each
    campaign, say. Without this every row is data."""

    def data(self, scope: Scope) -> Any:
        """A SQLAlchemy Select that yields a row if there is data; whether there are more does not
        matter."""


@runtime_checkable
class LeadsWith(Protocol):
    """An export type that names the columns that its messages lead with. Without this they are
    those of `file_summary.by_default`."""

    leading: SummaryColumns


def leading_columns(export_type: ExportType) -> SummaryColumns:
    if isinstance(export_type, LeadsWith):
        return export_type.leading
    return by_default(export_type.columns())


class Format(Protocol):
    """A file format."""

    key: str
    label: str
    mime: str
    extension: str
    """Without a dot."""

    def write(self, table: Table, path: Path) -> int:
        """Write the whole file to `path`, chunk by chunk: memory must not grow with the number of
        rows. Returns the number of characters that the format cannot hold, and that were left out
        or replaced."""


@dataclass(frozen=True)
class Attachment:
    """A file in a message. size: bytes; None where it is unknown, in a preview."""

    path: Path
    name: str
    size: int | None
    mime: str


@dataclass(frozen=True)
class Link:
    """A download link in place of an attachment. url: from a recipient's address."""

    expires_at: datetime
    url: Callable[[str], str]


@dataclass(frozen=True)
class Report:
    """The content of a message about a finished file."""

    tenant_name: str
    brand_color: str
    """#RRGGBB"""
    logo_url: str | None
    export_name: str
    type_label: str
    format_label: str
    window: str
    """In words, e.g. '16 Nov 2026 - 22 Nov 2026'."""
    timezone: str
    created_at: datetime
    """When the file was made, UTC."""
    record_count: int | None
    """None, in a preview only: not counted."""
    file_path: Path
    """In a preview there is no such file."""
    file_name: str
    file_size: int | None
    """Bytes; in a preview estimated, or None."""
    mime: str
    zipped: Attachment | None = None
    """Attached in place of the file itself."""
    link: Link | None = None
    """In place of an attachment."""
    is_test: bool = False
    """Whether it goes only to the person who asked for it."""
    reply_to: str | None = None
    """Where replies go; None: where the channel is set to, else to the owner."""
    owner_address: str | None = None
    highlights: Highlights | None = None
    """What the message leads with; None where there is nothing to tell."""
    page_url: str = ""
    """Of the run, for people with an account; empty: unknown."""
    next_run: datetime | None = None
    """When it is sent the next time, UTC."""
    makes_up_for: datetime | None = None
    """The scheduled time that a backfill makes up for, UTC; None where it is no backfill."""

    @property
    def attachment(self) -> Attachment | None:
        """The file or its ZIP; None where there is a link."""
        if self.link:
            return None
        return self.zipped or Attachment(self.file_path, self.file_name, self.file_size, self.mime)


@dataclass(frozen=True)
class Message:
    """What a recipient will see."""

    subject: str
    html: str
    text: str


@dataclass(frozen=True)
class Note:
    """The content of a message to a person, about a scheduled export or their account."""

    tenant_name: str
    brand_color: str
    """#RRGGBB"""
    logo_url: str | None
    export_name: str
    title: str
    lead: str
    facts: Sequence[tuple[str, str]]
    """Label and value."""
    url: str
    """Of the page that the button opens."""
    why: str
    """Why they get it."""
    created_at: datetime
    button: str = "Open its history"


class Sender(Protocol):
    """One open connection for one run's messages; used by one thread."""

    def send(self, target: str, message_id: str) -> None:
        """Send to one recipient; returns once the message is accepted.

        message_id: the local part of the Message-ID, the same for every attempt at this delivery.
        Raises DeliveryError with the server's answer, DeliveryUnknown where the message may have
        arrived nevertheless, MessageTooLarge where a smaller one might be accepted.
        """


class Channel(Protocol):
    """A way to deliver files. It declares further capabilities by implementing the Protocols below;
    callers do not depend on its key."""

    key: str
    label: str

    def unconfigured(self) -> str | None:
        """Why nothing can be sent: deliveries are skipped with this reason. None when the channel
        is configured. Raises SettingsError with the name of a wrong setting."""

    def open(self, report: Report, check: Callable[[], None]) -> AbstractContextManager[Sender]:
        """Connect lazily: an unreachable server raises DeliveryError for each delivery, not here.

        check: called several times a second while the channel waits, in the thread that sends. If
        it raises, nothing more may be sent: `Sender.send` gives up and raises DeliveryError,
        DeliveryUnknown where the message may have arrived nevertheless; never check's own
        exception.
        """


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

    most_attached: int
    """The most bytes of an encoded attachment, whatever ATTACH_MAX_MB and a schedule say."""

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


EXPORT_TYPES: Registry[ExportType] = Registry("export type", "exports_app.export_types")
FORMATS: Registry[Format] = Registry("format", "exports_app.formats")
CHANNELS: Registry[Channel] = Registry("channel", "exports_app.channels")
