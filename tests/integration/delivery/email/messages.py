"""Reports that are sent through a real SMTP server, and what arrived."""

from collections.abc import Callable
from email.message import EmailMessage
from html.parser import HTMLParser
from typing import Any

from pydantic import SecretStr

from exports_app.channels.email import EmailChannel, SmtpSettings
from exports_app.domain.errors import DeliveryError
from exports_app.services.core.extension_points import Report
from tests.mailserver import MailServer

CONTENT = "id,name\r\n1,Zürich\n2,\u2028\r\n.\r\n".encode() + bytes(range(256)) * 300
ME, PASSWORD = "reports@example.com", "p4ss wörd"


def channel_to(
    server: MailServer,
    *,
    trusted: bool = True,
    user: str = "",
    password: str = "",
    from_: str = ME,
    **options: Any,
) -> EmailChannel:
    smtp = SmtpSettings(
        host=server.host,
        port=server.port,
        tls=server.tls,
        user=user,
        password=SecretStr(password),
        from_=from_,
    )
    context = server.trust() if trusted and server.ca else None
    return EmailChannel(smtp, tls_context=context, **options)


def send(
    channel: EmailChannel,
    report: Report,
    *targets: str,
    check: Callable[[], None] = lambda: None,
) -> list[DeliveryError | None]:
    """One run: an error or None for each recipient, in order."""
    results: list[DeliveryError | None] = []
    with channel.open(report, check) as sender:
        for number, target in enumerate(targets):
            try:
                sender.send(target, f"delivery-{number}")
                results.append(None)
            except DeliveryError as e:
                results.append(e)
    return results


def failure(
    channel: EmailChannel, report: Report, target: str = "ann@example.com"
) -> DeliveryError:
    (error,) = send(channel, report, target)
    assert error is not None
    return error


def message(
    server: MailServer, report: Report, target: str = "ann@example.com", **settings: str
) -> EmailMessage:
    assert send(channel_to(server, **settings), report, target) == [None]
    return server.wait_for(1)[-1].message


def body(message: EmailMessage, kind: str) -> str:
    part = message.get_body((kind,))
    assert part is not None
    return str(part.get_content())


def attachment(message: EmailMessage) -> EmailMessage:
    (part,) = message.iter_attachments()
    assert isinstance(part, EmailMessage)
    return part


class Words(HTMLParser):
    """The visible text of a page, and its elements."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.text = ""
        self.elements = list[tuple[str, dict[str, str | None]]]()
        self._hidden = False
        self.feed(page)
        self.text = " ".join(self.text.split())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        self._hidden = tag in {"style", "title"}

    def handle_endtag(self, tag: str) -> None:
        self._hidden = False

    def handle_data(self, data: str) -> None:
        self.text += "" if self._hidden else f" {data}"
