"""The stores over SQL. They run inside the caller's transaction and never commit."""

from exports_app.db.repositories.analytics import AnalyticsRepository
from exports_app.db.repositories.audit.chain import AuditChainRepository
from exports_app.db.repositories.audit.counts import AuditCountRepository
from exports_app.db.repositories.audit.entries import AuditRepository
from exports_app.db.repositories.base import Repository, table
from exports_app.db.repositories.campaigns import CampaignRepository
from exports_app.db.repositories.deleted_schedules import DeletedScheduleRepository
from exports_app.db.repositories.destinations import DestinationRepository
from exports_app.db.repositories.identity.account_messages import AccountMessageRepository
from exports_app.db.repositories.identity.api_keys import ApiKeyRepository
from exports_app.db.repositories.identity.feeds import FeedRepository
from exports_app.db.repositories.identity.idempotency_keys import IdempotencyKeyRepository
from exports_app.db.repositories.identity.password_resets import PasswordResetRepository
from exports_app.db.repositories.identity.second_factors import SecondFactorRepository
from exports_app.db.repositories.identity.sessions import CodeRepository, SessionRepository
from exports_app.db.repositories.identity.users import UserRepository
from exports_app.db.repositories.installation import InstallationRepository
from exports_app.db.repositories.kept_counts import StatusCountRepository
from exports_app.db.repositories.runs.deliveries import (
    AttemptRepository,
    DeliveryRepository,
    NotificationRepository,
)
from exports_app.db.repositories.runs.downloads import FileDownloadRepository
from exports_app.db.repositories.runs.old_runs import OldRunRepository
from exports_app.db.repositories.runs.queue import RunQueueRepository
from exports_app.db.repositories.runs.run_ends import RunEndRepository
from exports_app.db.repositories.runs.run_list import RunListRepository
from exports_app.db.repositories.runs.runs import RunRepository
from exports_app.db.repositories.runs.snapshots import SnapshotRepository
from exports_app.db.repositories.schedules import ScheduleRepository
from exports_app.db.repositories.tenants.invitations import InvitationRepository
from exports_app.db.repositories.tenants.tenants import TenantRepository
from exports_app.db.repositories.tenants.usage import UsageRepository
from exports_app.db.repositories.views import ViewRepository
from exports_app.db.repositories.webhooks import WebhookDeliveryRepository, WebhookRepository
from exports_app.db.repositories.zone_data import ZoneDataRepository

__all__ = [
    "AccountMessageRepository",
    "AnalyticsRepository",
    "ApiKeyRepository",
    "AttemptRepository",
    "AuditChainRepository",
    "AuditCountRepository",
    "AuditRepository",
    "CampaignRepository",
    "CodeRepository",
    "DeletedScheduleRepository",
    "DeliveryRepository",
    "DestinationRepository",
    "FeedRepository",
    "FileDownloadRepository",
    "IdempotencyKeyRepository",
    "InstallationRepository",
    "InvitationRepository",
    "NotificationRepository",
    "OldRunRepository",
    "PasswordResetRepository",
    "Repository",
    "RunEndRepository",
    "RunListRepository",
    "RunQueueRepository",
    "RunRepository",
    "ScheduleRepository",
    "SecondFactorRepository",
    "SessionRepository",
    "SnapshotRepository",
    "StatusCountRepository",
    "TenantRepository",
    "UsageRepository",
    "UserRepository",
    "ViewRepository",
    "WebhookDeliveryRepository",
    "WebhookRepository",
    "ZoneDataRepository",
    "table",
]
