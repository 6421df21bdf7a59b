"""The message about a finished file: HTML and plain text that say the same, and the file."""

import re
import unicodedata
from binascii import b2a_base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.header import Header
from email.message import EmailMessage
from email.policy import SMTP, SMTPUTF8
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

from css_inline import CSSInliner
from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from exports_app.channels._mailbox_address import Mailbox
from exports_app.domain import bounds, humanize
from exports_app.domain.colors import readable_on
from exports_app.services.core.extension_points import Attachment, Report

NEUTRAL = "#1F2937"
UNKNOWN = "known when the file is made"
PLACEHOLDER = b"the attachment"
ENCODED_PLACEHOLDER = b2a_base64(PLACEHOLDER, newline=False)
BLOCK = 57 * 4096
"""Bytes of the file that are encoded at a time: whole lines."""
COLOR = re.compile(r"#[0-9A-Fa-f]{6}")
ASCII_ONLY = SMTP.clone(cte_type="7bit")  # travels through any server, whatever extensions it lacks


@dataclass(frozen=True)
class Fact:
    label: str
    value: str


class MailMessage:
    """One run's message. The attachment is encoded once for all recipients; each one's copy differs
    in a few headers, and in its link where it has one.

    Raises OSError where the file cannot be read.
    """

    def __init__(self, report: Report, sender: Mailbox) -> None:
        self._report, self._sender = report, sender
        self._subject = subject(title(report))
        self._shared = None if report.link else _shared(report)

    def to(self, recipient: Mailbox, message_id: str, url: str = "") -> Sequence[bytes | bytearray]:
        """The message in pieces with CRLF line ends. message_id: as for `envelope`. url: the
        recipient's own link, where the report has one."""
        shared = _shared(self._report, url) if self._shared is None else self._shared
        return (envelope(self._sender, recipient, message_id), self._subject, *shared)


def title(report: Report) -> str:
    """The subject, as people read it."""
    return one_line(f"{report.export_name} \N{EN DASH} {report.window}")


def subject(text: str) -> bytes:
    """The header's lines. EmailMessage's own folding loses a space now and then between two encoded
    words (RFC 2047)."""
    plain = text.isascii() and "=?" not in text
    folded = Header(text, "us-ascii" if plain else "utf-8", header_name="Subject").encode(
        linesep=SMTP.linesep
    )
    return f"Subject: {folded}{SMTP.linesep}".encode("ascii")


def _shared(report: Report, url: str = "") -> tuple[bytes | bytearray, ...]:
    """What all copies have in common, in pieces. url: of the download, in place of an
    attachment."""
    message = bodies(report.created_at, plain_text(report, url), html(report, url))
    attached = report.attachment
    if attached is None:
        return (message.as_bytes(),)
    _attach(message, attached)
    before, _, after = message.as_bytes().rpartition(ENCODED_PLACEHOLDER + b"\r\n")
    return before, _base64(attached.path), after


def bodies(at: datetime, text: str, page: str) -> EmailMessage:
    """Both bodies, without the headers From, To and Subject."""
    message = EmailMessage(policy=ASCII_ONLY)
    message["Date"] = at.astimezone(UTC)  # not the clock: every attempt sends the same message
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: automatic replies do not answer it
    message["X-Auto-Response-Suppress"] = "All"  # the same, for Exchange
    message.set_content(text, cte="quoted-printable")
    message.add_alternative(page, subtype="html", cte="quoted-printable")
    return message


def envelope(sender: Mailbox, recipient: Mailbox, message_id: str) -> bytes:
    """The headers of one copy, in ASCII unless an address needs more (then SMTPUTF8, RFC 6532).

    message_id: the local part of the Message-ID; the sender's domain completes it. Raises
    ValueError where it cannot be one.
    """
    if not re.fullmatch(r"[A-Za-z0-9._+-]{1,200}", message_id):
        raise ValueError(
            "a message id is made of ASCII letters, digits, dot, underscore, plus and minus"
        )
    ascii_only = (sender.local + recipient.local).isascii()
    own = EmailMessage(policy=ASCII_ONLY if ascii_only else SMTPUTF8)
    own["From"] = sender.header
    own["To"] = recipient.header
    own["Message-ID"] = f"<{message_id}@{sender.domain}>"
    return own.as_bytes().removesuffix(b"\r\n")


def _attach(message: EmailMessage, attached: Attachment) -> None:
    """Attach a placeholder instead of the content: the library would hold that several times."""
    kind = EmailMessage()
    kind["Content-Type"] = attached.mime
    message.add_attachment(
        PLACEHOLDER,
        maintype=kind.get_content_maintype(),
        subtype=kind.get_content_subtype(),
        params=dict(kind["Content-Type"].params),
        filename=one_line(attached.name),  # RFC 2231 where it is not ASCII
        cte="base64",  # byte for byte, also line ends
    )


def _base64(path: Path) -> bytes | bytearray:
    """A file in lines of 76 characters (RFC 2045, 6.8), in memory once."""
    content = bytearray()
    with path.open("rb") as file:
        while block := file.read(BLOCK):
            text = b2a_base64(block, newline=False)
            content += (
                b"\r\n".join(text[start : start + 76] for start in range(0, len(text), 76))
                + b"\r\n"
            )
    return content


@cache
def _templates() -> Environment:
    return Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=select_autoescape(enabled_extensions=("html.j2",), default=False),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )


@cache
def _inliner() -> CSSInliner:
    return CSSInliner(load_remote_stylesheets=False, keep_at_rules=True)


def plain_text(report: Report, url: str = "") -> str:
    return text_of("report", _context(report, url))


def html(report: Report, url: str = "") -> str:
    return page_of("report", _context(report, url))


def text_of(template: str, context: Mapping[str, object]) -> str:
    return _templates().get_template(f"{template}.txt.j2").render(context)


def page_of(template: str, context: Mapping[str, object]) -> str:
    """The page with its styles inlined: mail programs drop style sheets."""
    return _inliner().inline(_templates().get_template(f"{template}.html.j2").render(context))


def looks(brand_color: str, logo_url: str | None) -> dict[str, object]:
    """The tenant's colors and logo, under the names that the templates use."""
    brand = brand_color if COLOR.fullmatch(brand_color) else NEUTRAL
    logo = logo_url if (logo_url or "").startswith("https://") else None
    return {"brand": brand, "on_brand": readable_on(brand), "logo": logo}


def _context(report: Report, url: str) -> dict[str, object]:
    return {
        "tenant": one_line(report.tenant_name),
        "export": one_line(report.export_name),
        "facts": facts(report),
        "lead": lead(report),
        "url": url,
        **looks(report.brand_color, report.logo_url),
    }


def lead(report: Report) -> str:
    """Where the file is."""
    if report.link:
        return (
            f"You can download the file until {_instant(report, report.link.expires_at)}. Anyone "
            "with the link can download it."
        )
    attached = (
        "The file is attached to this message, packed as ZIP"
        if report.zipped
        else "The file is attached to this message"
    )
    return (
        f"{attached}. There was no data in this period: it has no rows."
        if report.record_count == 0
        else f"{attached}."
    )


def _instant(report: Report, at: datetime) -> str:
    """In the schedule's time zone."""
    local = at.astimezone(ZoneInfo(report.timezone))
    return f"{local.day} {local:%b %Y, %H:%M} ({report.timezone})"


def _sent(report: Report) -> str:
    if report.link:
        return "Download link"
    if report.zipped is None:
        return "Attached"
    return "Attached as ZIP" + (
        "" if report.zipped.size is None else f", {humanize.size(report.zipped.size)}"
    )


def facts(report: Report) -> list[Fact]:
    """The facts of both bodies, in their order."""
    return [
        Fact("Export", one_line(report.export_name)),
        Fact("Type", one_line(report.type_label)),
        Fact("Period", one_line(report.window)),
        Fact("Records", UNKNOWN if report.record_count is None else f"{report.record_count:,}"),
        Fact("Format", one_line(report.format_label)),
        Fact("File", one_line(report.file_name)),
        Fact("Size", UNKNOWN if report.file_size is None else humanize.size(report.file_size)),
        Fact("Sent as", _sent(report)),
        Fact("Created", _instant(report, report.created_at)),
    ]


def one_line(text: str) -> str:
    """Without control characters, line breaks and characters that change the direction of text: no
    name can end a header or a line, or make the text beside it read differently."""
    text = bounds.without_turns(text)
    return " ".join(
        "".join(
            " " if unicodedata.category(c) in {"Cc", "Zl", "Zp", "Cs"} else c for c in text
        ).split()
    )
