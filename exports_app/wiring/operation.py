"""Health, maintenance, notifications, the test of the mail settings, key rotation, old records."""

from dataclasses import dataclass

from exports_app.services.delivery.mail_diagnostics import MailDiagnostics
from exports_app.services.delivery.notifications import Notifications
from exports_app.services.health import Health
from exports_app.services.idempotency import Idempotency
from exports_app.services.installation import Installation
from exports_app.services.kept_counts import KeptCounts
from exports_app.services.key_rotation import KeyRotation
from exports_app.services.keys.cursors import Cursors
from exports_app.services.maintenance import MaintenanceMode
from exports_app.services.record_retention import RecordDays, RecordRetention
from exports_app.wiring.audit import AuditServices
from exports_app.wiring.foundation import Foundation, Secrets, retries


@dataclass(frozen=True)
class OperationServices:
    health: Health
    installation: Installation
    maintenance: MaintenanceMode
    notifications: Notifications
    mail_diagnostics: MailDiagnostics
    key_rotation: KeyRotation
    kept_counts: KeptCounts
    record_retention: RecordRetention
    cursors: Cursors
    idempotency: Idempotency


def build(f: Foundation, secrets: Secrets, audit: AuditServices) -> OperationServices:
    s = f.settings
    days = RecordDays(
        notices=s.notice_retention_days,
        account_messages=s.account_message_retention_days,
        links=s.link_retention_days,
        webhooks=s.webhook_retention_days,
    )
    return OperationServices(
        health=Health(f.store, f.files, f.counts, f.clock, s.late_minutes),
        installation=Installation(
            *(f.store, f.files, f.clock, secrets.keys, secrets.encryption_keys, s.tz),
            alone=f.database.embedded,
        ),
        maintenance=MaintenanceMode(f.store, f.changes, f.clock),
        notifications=Notifications(f.store, f.clock, retries(s), s.base_url),
        mail_diagnostics=MailDiagnostics(f.store, f.clock, f.counts, s.base_url),
        key_rotation=KeyRotation(f.store, f.clock, secrets.encryption, audit.audit_seals),
        kept_counts=KeptCounts(f.store),
        record_retention=RecordRetention(f.store, f.clock, days),
        cursors=Cursors(secrets.keys),
        idempotency=Idempotency(f.store, f.clock, secrets.encryption),
    )
