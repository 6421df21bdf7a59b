"""Records of the database as plain values, by subject. Field names are column names. Instants are
aware and in UTC, amounts of money are integer hundredths."""

from exports_app.services.core.records.accounts import (
    AccountMessage,
    PasswordReset,
    SecondFactor,
    User,
    service_address,
)
from exports_app.services.core.records.api_keys import ApiKey
from exports_app.services.core.records.audit import (
    Action,
    AuditEntry,
    ChainedEntry,
    Checkpoint,
    Seal,
)
from exports_app.services.core.records.campaigns import MEASURES, Campaign, Metric
from exports_app.services.core.records.delivery import Delivery, Notification, NotificationKind
from exports_app.services.core.records.destinations import Destination, DestinationState
from exports_app.services.core.records.downloads import DownloadWay, FileDownload
from exports_app.services.core.records.feeds import Feed
from exports_app.services.core.records.idempotency import (
    IdempotencyKey,
    KeptRequests,
    StoredAnswer,
)
from exports_app.services.core.records.ids import new_id
from exports_app.services.core.records.installation import InstallationRecord, Maintenance
from exports_app.services.core.records.queries import Page, Sample, capped
from exports_app.services.core.records.runs import Attempt, LatestRun, RemovedRuns, Run, Waiting
from exports_app.services.core.records.schedules import Schedule, Summary
from exports_app.services.core.records.sessions import Code, Session
from exports_app.services.core.records.tenants import Invitation, Member, Membership, Tenant
from exports_app.services.core.records.views import SavedView
from exports_app.services.core.records.webhooks import (
    DueEndpoint,
    Webhook,
    WebhookAttempt,
    WebhookDelivery,
    WebhookMessage,
    WebhookStatus,
)

__all__ = [
    "MEASURES",
    "AccountMessage",
    "Action",
    "ApiKey",
    "Attempt",
    "AuditEntry",
    "Campaign",
    "ChainedEntry",
    "Checkpoint",
    "Code",
    "Delivery",
    "Destination",
    "DestinationState",
    "DownloadWay",
    "DueEndpoint",
    "Feed",
    "FileDownload",
    "IdempotencyKey",
    "InstallationRecord",
    "Invitation",
    "KeptRequests",
    "LatestRun",
    "Maintenance",
    "Member",
    "Membership",
    "Metric",
    "Notification",
    "NotificationKind",
    "Page",
    "PasswordReset",
    "RemovedRuns",
    "Run",
    "Sample",
    "SavedView",
    "Schedule",
    "Seal",
    "SecondFactor",
    "Session",
    "StoredAnswer",
    "Summary",
    "Tenant",
    "User",
    "Waiting",
    "Webhook",
    "WebhookAttempt",
    "WebhookDelivery",
    "WebhookMessage",
    "WebhookStatus",
    "capped",
    "new_id",
    "service_address",
]
