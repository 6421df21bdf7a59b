"""The audit."""

from dataclasses import dataclass

from exports_app.services.audit.audit_log import Audit
from exports_app.services.audit.export import AuditExport
from exports_app.services.audit.repeated_entries import RepeatedEntries
from exports_app.services.audit.seals import Seals
from exports_app.services.audit.verification import Verification
from exports_app.services.keys.derived_keys import Keys
from exports_app.wiring.foundation import Foundation


@dataclass(frozen=True)
class AuditServices:
    audit: Audit
    repeated_entries: RepeatedEntries
    audit_seals: Seals
    audit_verification: Verification
    audit_export: AuditExport


def build(f: Foundation, keys: Keys) -> AuditServices:
    seals = Seals(f.store, f.clock, keys, f.settings.audit_retention_days)
    verification = Verification(f.store, f.clock, keys)
    return AuditServices(
        audit=Audit(f.store, f.clock),
        repeated_entries=RepeatedEntries(f.store, f.clock),
        audit_seals=seals,
        audit_verification=verification,
        audit_export=AuditExport(f.store, f.clock, keys, seals, verification),
    )
