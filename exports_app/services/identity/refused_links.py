"""Audit entries about refused account links: someone may be trying links that are not theirs."""

from collections.abc import Iterator
from contextlib import contextmanager

from exports_app.domain.access import Principal
from exports_app.domain.errors import Busy, LinkNotValid, TooManyRequests, WrongAccount
from exports_app.services.audit.repeated_entries import RepeatedEntries
from exports_app.services.core.interfaces import Store, Transaction
from exports_app.services.identity.account_links import AccountLinks, LinkKind

UNKNOWN = "an unknown link"
"""The link itself is not kept: it may work elsewhere."""
NAMES = {LinkKind.INVITATION: "an invitation", LinkKind.PASSWORD_RESET: "a new password"}


class RefusedLinks:
    def __init__(self, store: Store, links: AccountLinks, notes: RepeatedEntries) -> None:
        self._store = store
        self._links = links
        self._notes = notes

    @contextmanager
    def noted(self, kind: LinkKind, token: str, who: Principal | None = None) -> Iterator[None]:
        """Note refusals within the block. who: the signed-in caller."""
        try:
            yield
        except Busy:
            raise
        except (LinkNotValid, WrongAccount, TooManyRequests) as e:
            subject_id, email = self._subject(kind, token)
            self._notes.refused_link(who, subject_id, email, link=NAMES[kind], reason=e.code)
            raise

    def _subject(self, kind: LinkKind, token: str) -> tuple[str | None, str]:
        """The id of the link's subject, and its email address, as far as they are known."""
        try:
            link = self._links.read(kind, token)
        except LinkNotValid:
            return None, UNKNOWN
        with self._store.read() as tx:
            return link.subject_id, _email(tx, kind, link.subject_id) or UNKNOWN


def _email(tx: Transaction, kind: LinkKind, subject_id: str) -> str | None:
    if kind is LinkKind.INVITATION:
        invitation = tx.invitations.get(subject_id)
        return invitation.email if invitation else None
    reset = tx.password_resets.get(subject_id)
    user = tx.users.get(reset.user_id) if reset else None
    return user.email if user else None
