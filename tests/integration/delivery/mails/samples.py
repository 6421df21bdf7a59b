"""Every kind of message that the app sends, with names as nasty as they may have been stored."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from exports_app.channels import _mailbox_address, _notification_message
from exports_app.channels._email_message import MailMessage
from exports_app.channels._mailbox_address import Mailbox
from exports_app.domain.runs.states import DeliveryStatus
from exports_app.services.accounts.password_reset_email import reset_email
from exports_app.services.core.extension_points import Attachment, Link, Note, Report
from exports_app.services.core.highlights import Figure, Highlights, TopRows
from exports_app.services.core.records import Notification, NotificationKind, Tenant, User
from exports_app.services.delivery import notifications
from exports_app.services.identity.account_messages import _note

AT = datetime(2026, 11, 23, 8, 0, 5, tzinfo=UTC)
NASTY = {
    "plain": "Weekly campaigns",
    "Hebrew": "דוח שבועי!",
    "Arabic": "تقرير الحملات (٢٠٢٦), 100%",
    "emoji": "🎉👩‍👩‍👧 Größe 週報",
    "long": "Отчёт о кампаниях 週報 🎉 " * 12,
    "long word": "x" * 300,
    "quotes": 'Say "hello", \\ <b>&amp;</b>; (all)',
    "header": "Acme\r\nBcc: thief@example.com\r\n\r\nbody",
    "encoded": "=?utf-8?q?forged?= =?iso-8859-8?b?4Q==?=",
    "controls": "a\x00b\x1bc\x7fd\u2028e\u202ef\u2066g\ud800h",
    "boundary": "--=_mixed_\n.\nFrom me\n",
    "white space": " \t a \u00a0\u3000  b ",
    "marks": "a" + "\u0301" * 150,
}
LONG = "Federal Institute for Occupational Safety and Health, Department of Campaigns"
SENDERS = [
    "reports@example.com",
    f"{LONG} <reports@example.com>",
    "Отдел отчётов о рекламных кампаниях, 週報 и другие новости за неделю <r@bücher.example>",
    '"Say \\"hi\\", all" <"a b"@[192.0.2.1]>',
]
RECIPIENTS = ["ann@example.com", "jörg@bücher.example", "a..b@docomo.ne.jp", "ann@[IPv6:::1]"]
LINK = "https://exports.example/api/files/" + "0" * 36 + "?expires=1795000000&signature=" + "f" * 64


def every_mail(name: str, file: Path) -> Iterator[tuple[str, bytes]]:
    """What it is, and the message as it goes over the wire. file: to attach."""
    for number, (sender, recipient) in enumerate(zip(SENDERS, RECIPIENTS, strict=True)):
        to = _mailbox_address.parse(recipient)
        from_ = _mailbox_address.parse_named(sender)
        replies = from_ if number % 2 else None
        for what, report in _reports(name, file):
            url = LINK if report.link else ""
            pieces = MailMessage(report, from_, replies).to(to, f"report-{number}", AT, url)
            yield f"{what} {number}", b"".join(pieces)
        for what, note in _notes(name):
            yield f"{what} {number}", _notice(note, from_, to, number, replies)


def _notice(
    note: Note, sender: Mailbox, to: Mailbox, number: int, replies: Mailbox | None
) -> bytes:
    written = _notification_message.write(note, sender, to, f"notice-{number}", AT, replies)
    return b"".join(written)


def _reports(name: str, file: Path) -> Iterator[tuple[str, Report]]:
    report = Report(
        tenant_name=name,
        brand_color="#1D4ED8",
        logo_url="https://cdn.example.com/logo.png",
        export_name=name,
        type_label="Campaign totals",
        format_label="CSV",
        window="16 Nov 2026 - 22 Nov 2026",
        timezone="Europe/Berlin",
        created_at=AT,
        record_count=12,
        file_path=file,
        file_name=f"acme_{name}_2026.csv",
        file_size=file.stat().st_size,
        mime="text/csv; charset=utf-8",
        reply_to="desk@example.com",
        owner_address="owner@example.com",
    )
    yield "attached", report
    zipped = Attachment(file, f"{report.file_name}.zip", 1, "application/zip")
    yield "zip", replace(report, zipped=zipped)
    yield "link", replace(report, link=Link(AT, lambda _: LINK))
    yield "no rows", replace(report, record_count=0, logo_url=None)
    yield "test", replace(report, is_test=True, reply_to=None)
    top = TopRows(f"Top 1 of 12 rows by {name}", [name, "Clicks"], [False, True], [[name, "1"]])
    figures = [Figure(name, "1.00", name, "+1.0%")] * 3
    told = Highlights(figures, "9 Nov 2026 - 15 Nov 2026", 2, top)
    yield "figures", replace(report, highlights=told, page_url=LINK, next_run=AT)


def _notes(name: str) -> Iterator[tuple[str, Note]]:
    tenant = Tenant("t", name, "acme", "#1D4ED8", None)
    content = {
        "name": name,
        "error": f"550 5.1.1 no such user: {name}",
        "scheduled_for": AT.isoformat(),
        "since": AT.isoformat(),
        "attempts": 3,
        "timezone": "Europe/Berlin",
    }
    for kind in NotificationKind:
        notification = Notification(
            "n", "t", "s", None, kind, "x@example.com", content, DeliveryStatus.PENDING, AT
        )
        yield str(kind), notifications.note(notification, tenant, "https://exports.example")
    person = User("u", "ann@example.com", name, "")
    for what, sender in (("reset", None), ("reset by an admin", person)):
        email = reset_email(person, AT, sender, tenant)
        yield what, _note(email, LINK, AT)
