"""Emails to the admins of a tenant about a webhook that fails."""

from datetime import datetime, timedelta

from exports_app.domain import bidi
from exports_app.domain.timing import instants
from exports_app.services.core.interfaces import Transaction
from exports_app.services.core.records import AccountMessage, Webhook
from exports_app.services.identity.account_links import WEBHOOK_DISABLED, WEBHOOK_FAILING
from exports_app.services.identity.account_messages import AccountEmail, AccountMessages
from exports_app.services.webhooks.rules import host_of
from exports_app.services.webhooks.sending import DISABLED_AFTER

PAGE = "/webhooks"
CURRENT = timedelta(days=30)
"""An email that could not be sent for so long is dropped."""


class WebhookMails:
    """Nothing without a mail server: the page shows it."""

    def __init__(self, messages: AccountMessages) -> None:
        self._messages = messages
        messages.register(WEBHOOK_FAILING, _failing)
        messages.register(WEBHOOK_DISABLED, _disabled)

    def failing(self, tx: Transaction, webhook: Webhook) -> None:
        self._send(tx, WEBHOOK_FAILING, webhook)

    def disabled(self, tx: Transaction, webhook: Webhook) -> None:
        self._send(tx, WEBHOOK_DISABLED, webhook)

    def _send(self, tx: Transaction, kind: str, webhook: Webhook) -> None:
        if self._messages.available():
            for admin in tx.users.admins(webhook.tenant_id):
                self._messages.send(tx, kind, webhook.id, admin.email)


def _failing(tx: Transaction, message: AccountMessage, _: datetime) -> AccountEmail | None:
    webhook = tx.webhooks.get(message.subject_id)
    if webhook is None or not webhook.is_active or webhook.failing_since is None:
        return None
    return _email(
        *(tx, message, webhook),
        title="A webhook is failing",
        lead=(
            f"Messages to the webhook {bidi.isolated(webhook.name)} have failed for days. It is "
            f"switched off when every attempt of {DISABLED_AFTER.days} days has failed. Check its "
            "server, then send it a test."
        ),
    )


def _disabled(tx: Transaction, message: AccountMessage, _: datetime) -> AccountEmail | None:
    webhook = tx.webhooks.get(message.subject_id)
    if webhook is None or webhook.is_active or webhook.disabled_reason is None:
        return None
    return _email(
        *(tx, message, webhook),
        title="A webhook was switched off",
        lead=(
            f"The webhook {bidi.isolated(webhook.name)} was switched off: "
            f"{webhook.disabled_reason}. It gets no messages until someone activates it. What "
            "failed can be sent again then."
        ),
    )


def _email(
    tx: Transaction, message: AccountMessage, webhook: Webhook, title: str, lead: str
) -> AccountEmail | None:
    admins = {admin.email for admin in tx.users.admins(webhook.tenant_id)}
    tenant = tx.tenants.get(webhook.tenant_id)
    if tenant is None or message.target not in admins:
        return None
    facts = [("Webhook", webhook.name), ("Server", host_of(webhook.url))]
    if webhook.failing_since:
        since = instants.in_words(webhook.failing_since, tenant.timezone or "UTC")
        facts.append(("Failing since", since))
    return AccountEmail(
        title=title,
        lead=lead,
        button="Open the webhooks",
        page=PAGE,
        expires_at=message.created_at + CURRENT,
        is_link=False,
        why=(
            "This message was sent automatically because you are an admin of "
            f"{bidi.isolated(tenant.name)}."
        ),
        facts=facts,
        tenant=tenant,
    )
