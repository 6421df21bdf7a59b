"""Interfaces that db/ and storage/ implement for the services, by subject."""

from exports_app.services.core.interfaces.accounts import (
    AccountMessageStore,
    PasswordResetStore,
    SecondFactorStore,
    UserStore,
)
from exports_app.services.core.interfaces.analytics import (
    AnalyticsStore,
    Backlog,
    DayFigures,
    Span,
    Upcoming,
)
from exports_app.services.core.interfaces.audit import AuditChainStore, AuditFilter, AuditStore
from exports_app.services.core.interfaces.campaigns import CampaignStore
from exports_app.services.core.interfaces.clock import Clock
from exports_app.services.core.interfaces.database import Ranking, Statement, Store, Transaction
from exports_app.services.core.interfaces.delivery import DeliveryStore, NotificationStore
from exports_app.services.core.interfaces.destinations import DestinationStore
from exports_app.services.core.interfaces.feeds import FeedStore, Uses
from exports_app.services.core.interfaces.files import (
    UPLOAD_NAME,
    FileDownloadStore,
    FileStore,
    Usage,
)
from exports_app.services.core.interfaces.kept_counts import KeptCountStore, StatusCountStore
from exports_app.services.core.interfaces.quotas import UsageStore
from exports_app.services.core.interfaces.runs import (
    AttemptStore,
    EndedRuns,
    FoundRuns,
    RunEndStore,
    RunFilter,
    RunListStore,
    RunQueueStore,
    RunStore,
    UnderWay,
)
from exports_app.services.core.interfaces.schedules import ScheduleStore
from exports_app.services.core.interfaces.sessions import CodeStore, SessionStore
from exports_app.services.core.interfaces.tenants import InvitationStore, Tenants, TenantStore
from exports_app.services.core.interfaces.webhooks import WebhookDeliveryStore, WebhookStore

__all__ = [
    "UPLOAD_NAME",
    "AccountMessageStore",
    "AnalyticsStore",
    "AttemptStore",
    "AuditChainStore",
    "AuditFilter",
    "AuditStore",
    "Backlog",
    "CampaignStore",
    "Clock",
    "CodeStore",
    "DayFigures",
    "DeliveryStore",
    "DestinationStore",
    "EndedRuns",
    "FeedStore",
    "FileDownloadStore",
    "FileStore",
    "FoundRuns",
    "InvitationStore",
    "KeptCountStore",
    "NotificationStore",
    "PasswordResetStore",
    "Ranking",
    "RunEndStore",
    "RunFilter",
    "RunListStore",
    "RunQueueStore",
    "RunStore",
    "ScheduleStore",
    "SecondFactorStore",
    "SessionStore",
    "Span",
    "Statement",
    "StatusCountStore",
    "Store",
    "TenantStore",
    "Tenants",
    "Transaction",
    "UnderWay",
    "Upcoming",
    "Usage",
    "UsageStore",
    "UserStore",
    "Uses",
    "WebhookDeliveryStore",
    "WebhookStore",
]
