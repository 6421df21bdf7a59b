"""The composition root: from Settings to services. The only module that knows everybody below
it."""

from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from pathlib import Path

from exports_app import log, plugins, settings
from exports_app.db.clock import DatabaseClock, system
from exports_app.db.engine import Database
from exports_app.db.notify_events import SharedChanges
from exports_app.db.process_registry import ProcessRegistry
from exports_app.db.store import SqlStore
from exports_app.domain.runs import retry
from exports_app.services.accounts.administration import UserAdministration
from exports_app.services.accounts.invitation_acceptance import InvitationAcceptance
from exports_app.services.accounts.own_account import OwnAccount
from exports_app.services.accounts.password_resets import PasswordResets
from exports_app.services.accounts.provisioning import Provisioning
from exports_app.services.analytics.campaigns import CampaignAnalytics
from exports_app.services.analytics.exports import ExportAnalytics
from exports_app.services.audit.audit_log import Audit
from exports_app.services.audit.export import AuditExport
from exports_app.services.audit.repeated_entries import RepeatedEntries
from exports_app.services.audit.seals import Seals
from exports_app.services.audit.verification import Verification
from exports_app.services.campaigns.demo import Demo
from exports_app.services.campaigns.importer import Importer
from exports_app.services.campaigns.service import Campaigns
from exports_app.services.core.change_events import Change, Changes, Topic
from exports_app.services.core.interfaces import Clock, FileStore, Store
from exports_app.services.core.rate_limits import Counts, RateLimit
from exports_app.services.delivery.mail_diagnostics import MailDiagnostics
from exports_app.services.delivery.notifications import Notifications
from exports_app.services.health import Health
from exports_app.services.identity.account_links import AccountLinks
from exports_app.services.identity.account_messages import AccountMessages
from exports_app.services.identity.authentication import Auth
from exports_app.services.identity.guess_limits import GuessLimits
from exports_app.services.identity.one_time_passwords import OneTimePasswords
from exports_app.services.identity.refused_links import RefusedLinks
from exports_app.services.identity.second_factor import SecondFactors
from exports_app.services.identity.session_expiry import SessionExpiry
from exports_app.services.identity.sessions import Lifetimes, Sessions
from exports_app.services.key_rotation import KeyRotation
from exports_app.services.keys import secret_keys
from exports_app.services.keys.derived_keys import Keys
from exports_app.services.keys.encryption import Encryption
from exports_app.services.runs.actions import RunActions
from exports_app.services.runs.backfill import Backfill
from exports_app.services.runs.browser_downloads import BrowserDownloads
from exports_app.services.runs.download_links import DownloadLinks
from exports_app.services.runs.download_log import DownloadLog
from exports_app.services.runs.ending import RunEndings
from exports_app.services.runs.execution import RunExecution
from exports_app.services.runs.history import History
from exports_app.services.runs.lease import Leases
from exports_app.services.runs.preview import Preview
from exports_app.services.runs.queue import RunQueue
from exports_app.services.runs.retention import Retention
from exports_app.services.runs.sending import RunDeliveries
from exports_app.services.runs.ticks import Ticks
from exports_app.services.schedules.bulk import Bulk
from exports_app.services.schedules.cron_expressions import CronExpressions
from exports_app.services.schedules.listing import ScheduleListing
from exports_app.services.schedules.service import Schedules
from exports_app.services.schedules.summaries import ScheduleSummaries
from exports_app.services.tenants.invitations import Invitations
from exports_app.services.tenants.members import Members
from exports_app.services.tenants.quotas import QuotaLimits, Quotas
from exports_app.services.tenants.tenant_settings import Tenants
from exports_app.settings import Settings
from exports_app.storage.local import LocalFiles


@dataclass(frozen=True)
class Services:
    settings: Settings
    database: Database
    store: Store
    files: FileStore
    changes: Changes
    process_registry: ProcessRegistry
    clock: Clock
    provisioning: Provisioning
    own_account: OwnAccount
    second_factors: SecondFactors
    key_rotation: KeyRotation
    account_links: AccountLinks
    account_messages: AccountMessages
    members: Members
    invitations: Invitations
    invitation_acceptance: InvitationAcceptance
    user_administration: UserAdministration
    password_resets: PasswordResets
    mail_diagnostics: MailDiagnostics
    tenants: Tenants
    audit: Audit
    repeated_entries: RepeatedEntries
    audit_seals: Seals
    audit_verification: Verification
    audit_export: AuditExport
    auth: Auth
    schedules: Schedules
    cron_expressions: CronExpressions
    run_actions: RunActions
    backfill: Backfill
    bulk: Bulk
    schedule_summaries: ScheduleSummaries
    schedule_listing: ScheduleListing
    preview: Preview
    quotas: Quotas
    history: History
    download_links: DownloadLinks
    download_log: DownloadLog
    retention: Retention
    sessions: Sessions
    session_expiry: SessionExpiry
    browser_downloads: BrowserDownloads
    campaigns: Campaigns
    campaign_analytics: CampaignAnalytics
    export_analytics: ExportAnalytics
    ticks: Ticks
    run_queue: RunQueue
    leases: Leases
    run_execution: RunExecution
    run_deliveries: RunDeliveries
    run_endings: RunEndings
    notifications: Notifications
    health: Health
    demo: Demo
    importer: Importer

    def close(self) -> None:
        """Once what was changed is told, and what was counted is noted, end all connections."""
        self.repeated_entries.close()
        self.changes.flush()
        self.database.close()


def load_plugins() -> None:
    for package in ("export_types", "formats", "channels"):
        plugins.load(f"exports_app.{package}")


def build(s: Settings, clock: Clock | None = None) -> Services:
    """Everything over one database. clock: None: the database's, which an embedded one shares with
    us. Raises SettingsError."""
    load_plugins()
    database = Database(s.url)
    changes = Changes() if database.embedded else SharedChanges(database)
    files = file_store(s)
    clock = clock or (system if database.embedded else DatabaseClock(database))
    store = SqlStore(database, lambda user_id: changes.publish(Change(Topic.SESSIONS, user_id)))
    counts = Counts(s.redis_url.get_secret_value())
    guesses, api = (
        GuessLimits(counts, s.rate_limit_login),
        RateLimit(s.rate_limit_api, counts, "api"),
    )
    keys = Keys(secret_keys.signing(s))
    notes = RepeatedEntries(store, clock)
    encryption = Encryption(secret_keys.encryption(s))
    otps = OneTimePasswords(store, clock, encryption)
    lifetimes = Lifetimes(timedelta(hours=s.session_idle_hours), timedelta(days=s.session_max_days))
    need_otp = s.require_second_factor_super_admins
    auth = Auth(
        store,
        clock,
        keys,
        guesses,
        api,
        notes,
        lifetimes.of_token,
        otps,
        super_admins_need_otp=need_otp,
    )
    quotas = Quotas(store, changes, clock, limits(s))
    leases = Leases(store, changes, clock, s.lease_seconds)
    schedules = Schedules(store, changes, clock, quotas, s.min_interval_seconds, s.tz)
    retries = retry.Policy(s.retry_attempts, s.retry_base_seconds)
    account_links = AccountLinks(keys, clock, s.base_url)
    account_messages = AccountMessages(store, clock, retries, account_links)
    refused_links = RefusedLinks(store, account_links, notes)
    password_resets = PasswordResets(
        store,
        changes,
        clock,
        keys,
        account_links,
        account_messages,
        counts,
        refused_links,
        guesses,
        auth,
    )
    history, schedule_summaries = History(store, files), ScheduleSummaries(store)
    download_log = DownloadLog(store, clock, history)
    sessions, audit = Sessions(store, clock, auth, lifetimes), Audit(store, clock)
    seals, verification = (
        Seals(store, clock, keys, s.audit_retention_days),
        Verification(store, clock, keys),
    )
    return Services(
        settings=s,
        database=database,
        store=store,
        files=files,
        changes=changes,
        process_registry=ProcessRegistry(database),
        clock=clock,
        provisioning=Provisioning(store, clock),
        own_account=OwnAccount(store, clock, auth),
        second_factors=SecondFactors(store, clock, auth, encryption, otps, notes),
        key_rotation=KeyRotation(store, encryption, seals),
        account_links=account_links,
        account_messages=account_messages,
        members=Members(store, changes, clock),
        invitations=Invitations(
            store, changes, clock, account_links, account_messages, counts, auth
        ),
        invitation_acceptance=InvitationAcceptance(
            store, changes, clock, account_links, counts, refused_links, guesses, auth
        ),
        user_administration=UserAdministration(store, changes, clock, password_resets),
        password_resets=password_resets,
        mail_diagnostics=MailDiagnostics(store, clock, counts, s.base_url),
        tenants=Tenants(store, changes, clock),
        audit=audit,
        repeated_entries=notes,
        audit_seals=seals,
        audit_verification=verification,
        audit_export=AuditExport(store, clock, keys, seals, verification),
        auth=auth,
        schedules=schedules,
        cron_expressions=CronExpressions(clock, s.min_interval_seconds, s.tz),
        run_actions=RunActions(store, files, changes, clock, quotas),
        bulk=Bulk(schedules),
        schedule_summaries=schedule_summaries,
        schedule_listing=ScheduleListing(schedules, schedule_summaries, changes),
        preview=Preview(store, files, clock, attach=s.attach_max_mb * 1_000_000),
        quotas=quotas,
        history=history,
        retention=Retention(store, files, changes, clock, s.retention_days),
        download_links=DownloadLinks(store, files, changes, clock, download_log, keys, s.base_url),
        download_log=download_log,
        sessions=sessions,
        session_expiry=SessionExpiry(store, clock),
        browser_downloads=BrowserDownloads(sessions, history, download_log, audit),
        campaigns=Campaigns(store, changes, clock),
        campaign_analytics=CampaignAnalytics(store, changes, clock, s.tz),
        export_analytics=ExportAnalytics(store, changes, clock, s.tz),
        backfill=Backfill(store, changes, clock, quotas),
        ticks=Ticks(store, changes, clock, quotas),
        run_queue=RunQueue(store, changes, clock, s.lease_seconds),
        leases=leases,
        run_execution=RunExecution(store, clock, quotas, leases),
        run_deliveries=RunDeliveries(store, quotas, leases),
        run_endings=RunEndings(store, clock, leases, retries),
        notifications=Notifications(store, clock, retries, s.base_url),
        health=Health(store, files, counts, clock, s.late_minutes),
        demo=Demo(store, clock, allowed=s.is_demo),
        importer=Importer(store, changes, clock),
    )


def limits(s: Settings) -> QuotaLimits:
    """Of each tenant that has no quotas of its own."""
    return QuotaLimits(
        schedules=s.quota_schedules,
        pending_runs=s.quota_pending_runs,
        messages_per_day=s.quota_messages_per_day,
        file_bytes=s.quota_file_bytes,
    )


def file_store(s: Settings) -> FileStore:
    if s.files_url.startswith("s3://"):
        bucket, _, prefix = s.files_url.removeprefix("s3://").partition("/")
        from exports_app.storage.s3 import S3Files  # boto3 takes half a second, and most need none

        return S3Files(
            bucket, prefix, s.s3_endpoint_url or None, s.data_dir, s.files_cache_mb * 1_000_000
        )
    return LocalFiles(Path(s.files_url) if s.files_url else s.data_dir, alone=s.embedded)


@cache
def services() -> Services:
    """The process's services, built on first use (so importing a page touches no database)."""
    s = settings.get()
    log.configure(s.log_level)
    return build(s)
