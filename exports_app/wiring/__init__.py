"""The composition root: from Settings to services, a file for each subject. The only package that
knows all of those below it."""

from dataclasses import dataclass
from functools import cache

from exports_app import log, plugins, settings
from exports_app.services.core.interfaces import Clock
from exports_app.settings import Settings
from exports_app.wiring import (
    accounts,
    audit,
    campaigns,
    destinations,
    foundation,
    identity,
    operation,
    runs,
    schedules,
    tenants,
    webhooks,
)


@dataclass(frozen=True)
class Services(
    webhooks.WebhookServices,
    operation.OperationServices,
    campaigns.CampaignServices,
    accounts.AccountServices,
    runs.RunFiles,
    runs.Lifecycle,
    schedules.ScheduleServices,
    destinations.DestinationServices,
    tenants.TenantServices,
    identity.IdentityServices,
    audit.AuditServices,
    foundation.Foundation,
):
    """All services over one database."""

    def close(self) -> None:
        """Write counted audit entries and uses of keys, send change events, and close all
        connections."""
        self.repeated_entries.close()
        self.key_uses.close()
        self.feed_uses.close()
        self.changes.flush()
        self.database.close()


def load_plugins() -> None:
    for package in ("export_types", "formats", "channels"):
        plugins.load(f"exports_app.{package}")


def build(s: Settings, clock: Clock | None = None) -> Services:
    """All services over one database. clock: None: the database's, which an embedded one shares
    with us. Raises SettingsError."""
    load_plugins()
    base = foundation.build(s, clock)
    secrets = foundation.secrets(s)
    of_audit = audit.build(base, secrets.keys)
    of_identity = identity.build(base, secrets, of_audit)
    of_tenants = tenants.build(base, of_identity)
    of_destinations = destinations.build(base, secrets)
    parts = (
        base,
        of_audit,
        of_identity,
        of_tenants,
        accounts.build(base, secrets.keys, of_identity),
        of_destinations,
        schedules.build(base, of_tenants.quotas, of_destinations.destination_names),
        runs.lifecycle(base, of_tenants.quotas),
        runs.files(base, secrets.keys, of_identity, of_audit.audit),
        campaigns.build(base, of_identity.sessions),
        operation.build(base, secrets, of_audit),
        webhooks.build(base, secrets, of_identity),
    )
    return Services(**{name: value for part in parts for name, value in vars(part).items()})


@cache
def services() -> Services:
    """The process's services, built at the first use, so that importing a page opens no
    database."""
    s = settings.get()
    log.configure(s.log_level, s.log_format)
    if s.otel_exporter_otlp_endpoint:
        from exports_app import otel  # only here: most installations do not need it

        otel.start(s.otel_exporter_otlp_endpoint, s.otel_exporter_otlp_headers.get_secret_value())
    return build(s)
