"""Emails to a person about their account. The transaction that causes one adds a row; the engine
sends it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from exports_app import log
from exports_app.domain.errors import ExportsError
from exports_app.domain.runs import retry
from exports_app.domain.runs.states import DeliveryStatus
from exports_app.domain.timing import instants
from exports_app.services.core.extension_points import Note
from exports_app.services.core.interfaces import Clock, Store, Transaction
from exports_app.services.core.records import AccountMessage, Tenant, new_id
from exports_app.services.delivery import channels
from exports_app.services.delivery.outbox import Outbox
from exports_app.services.identity.account_links import AccountLink, AccountLinks, LinkKind

APP_NAME = "Exports"
APP_COLOR = "#4F46E5"
"""The branding of messages that concern no tenant."""

_log = log.get(__name__)


@dataclass(frozen=True)
class AccountEmail:
    """The content of a message. title: its subject. lead: what to do. button: the label of the
    link. expires_at: of the link. why: why they get it, and what to do if they did not ask for it.
    tenant: whose branding it has; None: the app's. page: the path of a page that the button opens;
    empty: the message's own link."""

    title: str
    lead: str
    button: str
    expires_at: datetime
    why: str
    facts: Sequence[tuple[str, str]] = ()
    tenant: Tenant | None = None
    page: str = ""
    is_link: bool = True
    """Whether it says until when it is valid; otherwise it is only not sent after expires_at."""


Write = Callable[[Transaction, AccountMessage, datetime], AccountEmail | None]
"""Composes a message of one kind, at each attempt; None where its link is no longer valid."""


class AccountMessages:
    """Messages of all kinds. The owner of a kind registers its writer."""

    def __init__(
        self, store: Store, clock: Clock, retries: retry.Policy, links: AccountLinks
    ) -> None:
        self._store = store
        self._clock = clock
        self._links = links
        self._writers: dict[str, Write] = {}
        self._outbox = Outbox(
            store,
            clock,
            retries,
            "message about an account",
            "account",
            lambda tx: tx.account_messages,
            self._compose,
        )

    def available(self) -> bool:
        """Whether a mail server is configured. If not, show the link once to the person who asked
        for it."""
        return channels.unconfigured() is None

    def register(self, kind: str, write: Write) -> None:
        """kind: of `LinkKind`, unless the message opens a page."""
        self._writers[kind] = write

    def send(
        self,
        tx: Transaction,
        kind: str,
        subject_id: str,
        target: str,
        generation: int = 1,
        **content: Any,
    ) -> None:
        """Queue a message, which is sent after this transaction is committed. subject_id,
        generation: of its link, see `AccountLink`. content: what its writer needs beside the
        subject's row; nothing secret."""
        now = self._clock()
        pending = DeliveryStatus.PENDING
        message = AccountMessage(
            new_id(),
            kind,
            subject_id,
            generation,
            target,
            content,
            pending,
            now,
            next_attempt_at=now,
        )
        tx.account_messages.add(message)

    def due(self) -> bool:
        """Whether there is anything to send. Raises Unavailable."""
        return self._outbox.due()

    def recover(self) -> None:
        """As `Outbox.recover`."""
        self._outbox.recover()

    def send_due(self) -> int:
        """Send a batch of due messages. Returns how many were attempted. Raises Unavailable."""
        return self._outbox.send_due()

    def _compose(self, message: AccountMessage) -> Note | None:
        kind = message.kind
        write = self._writers.get(kind)
        if write is None:
            raise ExportsError(f"no writer is registered for messages of kind {kind}")
        now = self._clock()
        with self._store.write() as tx:
            email = write(tx, message, now)
            if email is None or email.expires_at <= now:
                # Removed, not kept as skipped: it may name an address that has no account
                tx.account_messages.remove(message.id)
                _log.info(
                    "a message about an account is not needed any more",
                    message=message.id,
                    kind=kind,
                )
                return None
        return _note(email, self._url(message, email), message.created_at)

    def _url(self, message: AccountMessage, email: AccountEmail) -> str:
        if email.page:
            return self._links.page(email.page)
        of = (LinkKind(message.kind), message.subject_id, message.generation)
        return self._links.url(AccountLink(*of, email.expires_at, mailed=True))


def _note(email: AccountEmail, url: str, created_at: datetime) -> Note:
    tenant = email.tenant
    zone = tenant.timezone if tenant and tenant.timezone else "UTC"
    end = ("Valid until", instants.in_words(email.expires_at, zone))
    valid_until = [end] if email.is_link else []
    return Note(
        tenant_name=tenant.name if tenant else APP_NAME,
        brand_color=tenant.brand_color if tenant else APP_COLOR,
        logo_url=tenant.logo_url if tenant else None,
        export_name=email.title,
        title=email.title,
        lead=email.lead,
        facts=[*email.facts, *valid_until],
        url=url,
        why=email.why,
        created_at=created_at,
        button=email.button,
    )
