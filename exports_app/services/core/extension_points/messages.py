"""What a channel is told about a finished file, and about news for people."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from exports_app.services.core.highlights import Highlights


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
    places: Sequence[str] = ()
    """Names of the destinations that have the file already."""
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
