"""The message about a finished file: HTML and plain text that say the same, and the file."""

import re
import unicodedata
from dataclasses import dataclass
from datetime import UTC
from email.header import Header
from email.message import EmailMessage
from email.policy import SMTP, SMTPUTF8
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

from css_inline import CSSInliner
from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from exports_app.channels._mailbox import Mailbox
from exports_app.domain import words
from exports_app.domain.color import readable_on
from exports_app.services.plugs import Report

NEUTRAL = "#1F2937"
UNKNOWN = "known when the file is made"
COLOR = re.compile(r"#[0-9A-Fa-f]{6}")
ASCII_ONLY = SMTP.clone(cte_type="7bit")  # travels through any server, whatever extensions it lacks


@dataclass(frozen=True)
class Fact:
    label: str
    value: str


class Letter:
    """One run's message. Rendered and encoded once; each recipient's copy differs in a few headers only.

    Raises OSError where the file cannot be read.
    """

    def __init__(self, report: Report, sender: Mailbox) -> None:
        self._sender = sender
        self._shared = subject(title(report)) + _shared(report).as_bytes()

    def to(self, recipient: Mailbox, message_id: str) -> bytes:
        """The whole message with CRLF line ends, in ASCII unless an address needs more (then SMTPUTF8, RFC 6532).

        message_id: the local part of the Message-ID; the sender's domain completes it. Raises ValueError where it cannot be one.
        """
        if not re.fullmatch(r"[A-Za-z0-9._+-]{1,200}", message_id):
            raise ValueError("a message id is made of ASCII letters, digits, dot, underscore, plus and minus")
        ascii_only = (self._sender.local + recipient.local).isascii()
        own = EmailMessage(policy=ASCII_ONLY if ascii_only else SMTPUTF8)
        own["From"] = self._sender.header
        own["To"] = recipient.header
        own["Message-ID"] = f"<{message_id}@{self._sender.domain}>"
        return own.as_bytes().removesuffix(b"\r\n") + self._shared


def title(report: Report) -> str:
    """The subject, as people read it."""
    return one_line(f"{report.export_name} \N{EN DASH} {report.window}")


def subject(text: str) -> bytes:
    """The header's lines. EmailMessage's own folding loses a space now and then between two encoded words (RFC 2047)."""
    plain = text.isascii() and "=?" not in text
    folded = Header(text, "us-ascii" if plain else "utf-8", header_name="Subject").encode(linesep=SMTP.linesep)
    return f"Subject: {folded}{SMTP.linesep}".encode("ascii")


def _shared(report: Report) -> EmailMessage:
    message = EmailMessage(policy=ASCII_ONLY)
    message["Date"] = report.created_at.astimezone(UTC)  # not the clock: every attempt sends the same message
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: nobody's holiday answers it
    message["X-Auto-Response-Suppress"] = "All"  # the same, for Exchange
    message.set_content(plain_text(report), cte="quoted-printable")
    message.add_alternative(html(report), subtype="html", cte="quoted-printable")
    _attach(message, report)
    return message


def _attach(message: EmailMessage, report: Report) -> None:
    kind = EmailMessage()
    kind["Content-Type"] = report.mime
    message.add_attachment(
        report.file_path.read_bytes(),
        maintype=kind.get_content_maintype(),
        subtype=kind.get_content_subtype(),
        params=dict(kind["Content-Type"].params),
        filename=one_line(report.file_name),  # RFC 2231 where it is not ASCII
        cte="base64",  # byte for byte, also line ends
    )


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


def plain_text(report: Report) -> str:
    return _templates().get_template("report.txt.j2").render(_context(report))


def html(report: Report) -> str:
    """The page with its styles inlined: mail programs drop style sheets."""
    return _inliner().inline(_templates().get_template("report.html.j2").render(_context(report)))


def _context(report: Report) -> dict[str, object]:
    brand = report.brand_color if COLOR.fullmatch(report.brand_color) else NEUTRAL
    return {
        "tenant": one_line(report.tenant_name),
        "export": one_line(report.export_name),
        "facts": facts(report),
        "empty": report.record_count == 0,
        "brand": brand,
        "on_brand": readable_on(brand),
        "logo": report.logo_url if (report.logo_url or "").startswith("https://") else None,
    }


def facts(report: Report) -> list[Fact]:
    """What both bodies tell, in their order."""
    created = report.created_at.astimezone(ZoneInfo(report.timezone))
    return [
        Fact("Export", one_line(report.export_name)),
        Fact("Type", one_line(report.type_label)),
        Fact("Period", one_line(report.window)),
        Fact("Records", UNKNOWN if report.record_count is None else f"{report.record_count:,}"),
        Fact("Format", one_line(report.format_label)),
        Fact("File", one_line(report.file_name)),
        Fact("Size", UNKNOWN if report.file_size is None else words.size(report.file_size)),
        Fact("Created", f"{created.day} {created:%b %Y, %H:%M} ({report.timezone})"),
    ]


def one_line(text: str) -> str:
    """Without control characters and line breaks: nothing in a name can end a header or a line of the text."""
    return " ".join("".join(" " if unicodedata.category(c) in {"Cc", "Zl", "Zp", "Cs"} else c for c in text).split())
