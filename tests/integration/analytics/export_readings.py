"""Readings of how a tenant's exports do."""

from exports_app.domain.access import Principal
from exports_app.services.analytics.exports import ExportFigures
from exports_app.services.core.records import Tenant
from exports_app.wiring import Services


def look(services: Services, who: Principal, tenant: Tenant) -> ExportFigures:
    return services.export_analytics.read(who, tenant.id)
