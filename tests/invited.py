"""How tests come to the link of an invitation: from the mailbox, or from the admin who hands it
on."""

import re

from exports_app.domain.access import Principal
from exports_app.services.accounts.invitation_acceptance import Joined
from exports_app.services.tenants.invitations import Invited
from exports_app.wiring import Services
from tests.mailserver import MailServer

_LINK = re.compile(r"http\S+/invitation#(\S+)")


def mailed_token(
    services: Services, mail: MailServer, address: str, page: str = "invitation"
) -> str:
    """Of the newest link to this page that came to this mailbox."""
    services.account_messages.send_due()
    texts = [
        str(body.get_content())
        for received in mail.messages
        if received.rcpt_tos == [address] and (body := received.message.get_body(("plain",)))
    ]
    tokens = [match[1] for text in texts if (match := re.search(rf"http\S+/{page}#(\S+)", text))]
    assert tokens, f"no link came to {address}"
    return tokens[-1]


def shown_token(invited: Invited) -> str:
    """Of the link that its sender is shown, to be handed on."""
    match = _LINK.fullmatch(invited.link or "")
    assert match, "no link is shown"
    return match[1]


def join(
    services: Services, who: Principal, tenant_id: str, email: str, name: str, password: str
) -> Joined:
    """A new account becomes a viewer of the tenant, by a link that was handed on."""
    invited = services.invitations.invite(who, tenant_id, email, "viewer")
    return services.invitation_acceptance.accept(shown_token(invited), None, name, password)
