"""Webhooks."""

from dataclasses import dataclass

from exports_app.services.accounts.webhook_mails import WebhookMails
from exports_app.services.webhooks.deliveries import WebhookDeliveries
from exports_app.services.webhooks.sending import WebhookSending
from exports_app.services.webhooks.service import Webhooks
from exports_app.wiring.foundation import Foundation, Secrets
from exports_app.wiring.identity import IdentityServices


@dataclass(frozen=True)
class WebhookServices:
    webhooks: Webhooks
    webhook_deliveries: WebhookDeliveries
    webhook_sending: WebhookSending


def build(f: Foundation, secrets: Secrets, identity: IdentityServices) -> WebhookServices:
    s = f.settings
    shared = (f.store, f.changes, f.clock)
    return WebhookServices(
        webhooks=Webhooks(*shared, secrets.encryption, f.guard, f.counts),
        webhook_deliveries=WebhookDeliveries(*shared, s.base_url, s.retention_days),
        webhook_sending=WebhookSending(
            *(*shared, secrets.encryption, f.guard, WebhookMails(identity.account_messages)),
            base_url=s.base_url,
            keep_days=s.retention_days,
        ),
    )
