"""The tables, by subject. Ids are UUIDs as text, instants are UTC, money is integer hundredths."""

from exports_app.db.models.accounts import (
    AccountMessageRow,
    ApiKeyRow,
    FeedRow,
    IdempotencyKeyRow,
    PasswordResetRow,
    RecoveryCodeRow,
    SecondFactorRow,
    UserRow,
)
from exports_app.db.models.audit import (
    AuditCountRow,
    AuditRow,
    CheckpointRow,
    LinkRow,
    SealRow,
    UnsealedRow,
)
from exports_app.db.models.base import Base, metadata
from exports_app.db.models.campaigns import CampaignRow, MetricRow
from exports_app.db.models.closed_days import ClosedDayRow
from exports_app.db.models.delivery import DeliveryRow, FileDownloadRow, NotificationRow
from exports_app.db.models.destinations import DestinationRow, ScheduleDestinationRow
from exports_app.db.models.installation import InstallationRow
from exports_app.db.models.runs import (
    AttemptRow,
    RemovedRunsRow,
    RunEndNumberRow,
    RunEndRow,
    RunRow,
    RunSpecRow,
)
from exports_app.db.models.schedules import (
    SavedViewRow,
    ScheduleRow,
    ScheduleTagRow,
    ZoneDataRow,
)
from exports_app.db.models.sessions import CodeRow, SessionRow
from exports_app.db.models.status_counts import StatusCountRow
from exports_app.db.models.tenants import InvitationRow, MembershipRow, MessagesOfDayRow, TenantRow
from exports_app.db.models.webhooks import (
    WebhookAttemptRow,
    WebhookDeliveryRow,
    WebhookMessageRow,
    WebhookRow,
)

__all__ = [
    "AccountMessageRow",
    "ApiKeyRow",
    "AttemptRow",
    "AuditCountRow",
    "AuditRow",
    "Base",
    "CampaignRow",
    "CheckpointRow",
    "ClosedDayRow",
    "CodeRow",
    "DeliveryRow",
    "DestinationRow",
    "FeedRow",
    "FileDownloadRow",
    "IdempotencyKeyRow",
    "InstallationRow",
    "InvitationRow",
    "LinkRow",
    "MembershipRow",
    "MessagesOfDayRow",
    "MetricRow",
    "NotificationRow",
    "PasswordResetRow",
    "RecoveryCodeRow",
    "RemovedRunsRow",
    "RunEndNumberRow",
    "RunEndRow",
    "RunRow",
    "RunSpecRow",
    "SavedViewRow",
    "ScheduleDestinationRow",
    "ScheduleRow",
    "ScheduleTagRow",
    "SealRow",
    "SecondFactorRow",
    "SessionRow",
    "StatusCountRow",
    "TenantRow",
    "UnsealedRow",
    "UserRow",
    "WebhookAttemptRow",
    "WebhookDeliveryRow",
    "WebhookMessageRow",
    "WebhookRow",
    "ZoneDataRow",
    "metadata",
]
