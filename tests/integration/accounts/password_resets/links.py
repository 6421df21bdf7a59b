"""Links that set a new password, as they arrive by email."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import event

from exports_app.services.core.interfaces import AuditFilter
from exports_app.services.core.records import Action, AuditEntry, Page, User
from exports_app.wiring import Services
from tests.mailserver import MailServer
from tests.world import (
    Cast,
)

NEW = "a staple of the battery horse"
STRANGER = "nobody@example.com"
ADDRESS = "192.0.2.7"


def link_for(services: Services, mail: MailServer, email: str) -> str:
    """The token of a link that someone asks for, as it arrives."""
    before = len(mail.messages)
    services.password_resets.request(email)
    services.account_messages.send_due()
    return token_in(mail, before)


def token_in(mail: MailServer, number: int) -> str:
    message = mail.wait_for(number + 1)[number].message
    body = message.get_body(("plain",))
    assert body is not None
    (line,) = [line for line in body.get_content().splitlines() if "/reset-password#" in line]
    return str(line.partition("#")[2])


def user_of(services: Services, user_id: str) -> User:
    with services.store.read() as tx:
        found = tx.users.get(user_id)
    assert found is not None
    return found


def entries(services: Services, cast: Cast, action: Action) -> list[AuditEntry]:
    found, _ = services.audit.find(cast.super_admin.who, None, AuditFilter(), Page())
    return [one for one in found if one.action is action]


@contextmanager
def statements(services: Services) -> Iterator[list[str]]:
    """The SQL that the block sends from its own thread, without the values."""
    sent: list[str] = []
    thread = threading.get_ident()

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if threading.get_ident() == thread:
            sent.append(statement)

    event.listen(services.database.engine, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        event.remove(services.database.engine, "before_cursor_execute", note)
