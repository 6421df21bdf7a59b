"""The stores over SQL. They run inside the caller's transaction and never commit."""

from exports_app.db.repositories.account_messages import AccountMessageRepository
from exports_app.db.repositories.analytics import AnalyticsRepository
from exports_app.db.repositories.audit import AuditRepository
from exports_app.db.repositories.audit_chain import AuditChainRepository
from exports_app.db.repositories.base import Repository, table
from exports_app.db.repositories.campaigns import CampaignRepository
from exports_app.db.repositories.deliveries import (
    AttemptRepository,
    DeliveryRepository,
    NotificationRepository,
)
from exports_app.db.repositories.downloads import FileDownloadRepository
from exports_app.db.repositories.invitations import InvitationRepository
from exports_app.db.repositories.password_resets import PasswordResetRepository
from exports_app.db.repositories.run_queue import RunQueueRepository
from exports_app.db.repositories.runs import RunRepository
from exports_app.db.repositories.schedules import ScheduleRepository
from exports_app.db.repositories.second_factors import SecondFactorRepository
from exports_app.db.repositories.sessions import CodeRepository, SessionRepository
from exports_app.db.repositories.tenants_and_users import TenantRepository, UserRepository
from exports_app.db.repositories.usage import UsageRepository

__all__ = [
    "AccountMessageRepository",
    "AnalyticsRepository",
    "AttemptRepository",
    "AuditChainRepository",
    "AuditRepository",
    "CampaignRepository",
    "CodeRepository",
    "DeliveryRepository",
    "FileDownloadRepository",
    "InvitationRepository",
    "NotificationRepository",
    "PasswordResetRepository",
    "Repository",
    "RunQueueRepository",
    "RunRepository",
    "ScheduleRepository",
    "SecondFactorRepository",
    "SessionRepository",
    "TenantRepository",
    "UsageRepository",
    "UserRepository",
    "table",
]
