"""Where the user is signed in, as the page shows it."""

from dataclasses import dataclass

from exports_app.domain.access import Principal
from exports_app.services.accounts.own_account import SignedIn
from exports_app.ui.framework.services import services
from exports_app.ui.framework.user_agent import device


@dataclass
class SessionItem:
    id: str
    device: str
    used_at: str
    since: str
    is_current: bool


def signed_in_rows(who: Principal, session: str) -> list[SessionItem]:
    """In a thread: reading what a browser calls itself takes some milliseconds, and the first time
    a fifth of a second."""
    return [row(signed_in) for signed_in in services.own_account.sessions(who, session)]


def row(signed_in: SignedIn) -> SessionItem:
    return SessionItem(
        signed_in.id,
        device(signed_in.device),
        signed_in.last_used_at.isoformat(),
        signed_in.created_at.isoformat(),
        signed_in.is_current,
    )
