"""What the API takes and answers, in JSON's camelCase."""

import re
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema
from pydantic.alias_generators import to_camel
from pydantic_core import PydanticCustomError

from exports_app.api.body import Input
from exports_app.domain import bounds
from exports_app.services.quotas import MAX_QUOTA
from exports_app.services.recipient_domains import MAX_DOMAINS
from exports_app.services.rules import Filters


def _written(read: Callable[[str], Any], pattern: str, kind: str) -> BeforeValidator:
    """pydantic also reads text of digits alone as seconds since 1970, which is more often a mistake than a date."""
    form = re.compile(pattern, re.ASCII)

    def check(value: Any) -> Any:
        if isinstance(value, date):  # our own, on its way out
            return value
        try:
            if isinstance(value, str) and len(value) <= bounds.WRITTEN and form.match(value):
                return read(value)
        except ValueError:
            pass  # 2026-02-30
        raise PydanticCustomError(kind, "is not written as a date")

    return BeforeValidator(check)


Day = Annotated[date, _written(date.fromisoformat, r"\d{4}-\d\d-\d\d$", "date_parsing")]
Instant = Annotated[AwareDatetime, _written(datetime.fromisoformat, r"\d{4}-\d\d-\d\d[Tt ]\d", "datetime_parsing")]
Money = Annotated[
    Decimal,
    Field(decimal_places=2, max_digits=20, allow_inf_nan=False),
    WithJsonSchema({"anyOf": [{"type": "number"}, {"type": "string", "maxLength": bounds.WRITTEN}]}),
]


def hundredths(amount: Decimal) -> int:
    return int(amount * 100)


class Output(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, from_attributes=True, serialize_by_alias=True, populate_by_name=True)


Amount = Annotated[float, BeforeValidator(lambda h: h / 100)]
"""Stored hundredths, answered as a decimal number."""


class LoginIn(Input):
    email: bounds.Address
    password: bounds.Password = Field(repr=False)
    otp: bounds.Otp = Field(
        "", repr=False, description="a code of the second factor, or a recovery code; of accounts that have one"
    )


class UserOut(Output):
    id: str
    email: str
    name: str
    is_super_admin: bool


class TokenOut(Output):
    access_token: str
    token_type: str = "Bearer"  # noqa: S105  (RFC 6750's word, no secret)
    expires_in: int = Field(description="seconds")
    user: UserOut


class TenantOut(Output):
    id: str
    slug: str
    name: str
    role: str
    permissions: list[str]


class TenantNameOut(Output):
    id: str
    slug: str
    name: str


class MeOut(Output):
    user: UserOut
    tenants: list[TenantOut]
    second_factor_missing_for: list[TenantNameOut] = Field(
        description="tenants of theirs that give no rights until they have a second factor"
    )
    must_set_up_second_factor: bool = Field(description="a super admin who has no rights until then")


Recipients = Annotated[list[bounds.Address], Field(max_length=bounds.SENT_RECIPIENTS)]


class FiltersIn(Input):
    start_date: Day | None = None
    end_date: Day | None = None
    period: bounds.Key | None = None
    campaign_ids: list[UUID] | None = Field(default=None, max_length=bounds.CAMPAIGNS)
    group_by: bounds.Key | None = None

    def filters(self) -> Filters:
        ids = tuple(dict.fromkeys(str(one) for one in self.campaign_ids or ()))
        return Filters(self.start_date, self.end_date, self.period, ids, self.group_by)


class ScheduleIn(Input):
    tenant_id: UUID | None = None
    name: bounds.Name
    description: bounds.Description | None = None
    export_type: bounds.Key
    format: bounds.Key
    schedule: bounds.CronText
    timezone: bounds.Zone | None = None
    recipients: Recipients
    filters: FiltersIn = Field(default_factory=FiltersIn)
    when_empty: bounds.Key = "send"
    delivery: bounds.Key = Field("auto", description="auto, attach, zip or link")
    link_days: int = Field(7, description="how long a download link can be used")
    time_limit: int = Field(3600, description="seconds that making the file may take")
    overlap: bounds.Key = Field("skip", description="a tick while an earlier one's run has not ended: skip, queue_one or allow")
    catch_up: bounds.Key = Field("latest", description="ticks missed in a downtime: latest, none or all (at most 100)")
    catch_up_hours: int = Field(168, description="how old a missed tick may be that catchUp all makes up")
    jitter_seconds: int = Field(0, description="a run starts up to so much later than its tick, always as much")
    pause_after: int = Field(5, description="failed runs in a row that pause it; 0: never")
    on_unknown: bounds.Key = Field(
        "resend", description="a message that may have arrived or not: resend it, or hold it for a decision"
    )
    retry_attempts: int | None = Field(None, description="at a run, the first one too; null: as the server is set")
    retry_base_seconds: int | None = Field(None, description="the longest wait after the first failed attempt; null: likewise")
    is_active: bool = True


class ScheduleChange(Input):
    """All optional: what is left out keeps its value. Only description, retryAttempts and retryBaseSeconds may be null."""

    name: bounds.Name = ""
    description: bounds.Description | None = None
    export_type: bounds.Key = ""
    format: bounds.Key = ""
    schedule: bounds.CronText = ""
    timezone: bounds.Zone = ""
    recipients: Recipients = Field(default_factory=list)
    filters: FiltersIn = Field(default_factory=FiltersIn)
    when_empty: bounds.Key = ""
    delivery: bounds.Key = ""
    link_days: int = 0
    time_limit: int = 0
    overlap: bounds.Key = ""
    catch_up: bounds.Key = ""
    catch_up_hours: int = 0
    jitter_seconds: int = 0
    pause_after: int = 0
    on_unknown: bounds.Key = ""
    retry_attempts: int | None = None
    retry_base_seconds: int | None = None
    is_active: bool = True
    version: int | None = Field(default=None, description="the version you edited: 409 when somebody else was quicker")


def draft_values(body: ScheduleIn | ScheduleChange) -> dict[str, Any]:
    """The sent fields as the service takes them."""
    values = {k: v for k, v in body.given().items() if k not in {"tenant_id", "version"}}
    if isinstance(body, ScheduleIn) and values.get("timezone", "") is None:
        del values["timezone"]
    if "filters" in values:
        values["filters"] = body.filters.filters()
    if "recipients" in values:
        values["recipients"] = tuple(body.recipients)
    return values


class ScheduleOut(Output):
    id: str
    tenant_id: str
    name: str
    description: str | None
    export_type: str
    format: str
    schedule: str
    timezone: str
    recipients: list[str]
    filters: dict[str, Any]
    when_empty: str
    delivery: str
    link_days: int
    time_limit: int
    overlap: str
    catch_up: str
    catch_up_hours: int
    jitter_seconds: int
    pause_after: int
    on_unknown: str
    retry_attempts: int | None
    retry_base_seconds: int | None
    is_active: bool
    failures: int = Field(description="runs of ticks that failed in a row")
    paused_at: datetime | None
    paused_reason: str | None = Field(description="why it was paused by itself; activate it to resume")
    version: int
    last_run_at: datetime | None
    last_status: str | None
    next_run_at: datetime | None
    created_by: str
    owner_id: str
    created_at: datetime
    updated_at: datetime


class SchedulesOut(Output):
    items: list[ScheduleOut]
    total: int
    page: int
    size: int


class TriggerOut(Output):
    history_id: str
    status: str


class DeliveryOut(Output):
    channel: str
    target: str
    status: str
    attempts: int
    error: str | None
    sent_at: datetime | None


class RunOut(Output):
    id: str
    scheduled_export_id: str
    tenant_id: str
    trigger: str
    triggered_by: str | None
    scheduled_for: datetime | None
    missed_ticks: int
    window_start: Day | None
    window_end: Day | None
    format: str
    status: str
    file_name: str | None
    file_size: int | None
    sha256: str | None
    record_count: int | None
    removed_characters: int | None = Field(description="of texts, which the format cannot hold")
    sent_as: str | None = Field(description="attach, zip or link; null before anything was sent")
    sent_size: int | None = Field(description="bytes of the attachment")
    link_expires_at: datetime | None
    links_revoked_at: datetime | None = Field(description="links that were sent before are useless")
    file_removed_at: datetime | None
    recipients: list[str]
    error: str | None
    error_code: str | None
    attempt: int
    next_attempt_at: datetime | None
    created_at: datetime
    started_at: datetime | None
    completed_at: datetime | None
    deliveries: list[DeliveryOut] = Field(default_factory=list)


class DownloadOut(Output):
    way: str = Field(description="link, page or api")
    at: datetime
    user_id: str | None = Field(description="null by link")
    target: str | None = Field(description="the recipient whose link it was")
    address: str = Field(description="of the client")
    device: str = Field(description="what the client calls itself")


class DownloadsOut(Output):
    items: list[DownloadOut]
    total: int


class AttemptOut(Output):
    number: int
    started_at: datetime
    ended_at: datetime | None
    outcome: str | None = Field(description="as the run's status, or retry, died, stopped; null while it is under way")
    error: str | None
    error_code: str | None


class AttemptsOut(Output):
    items: list[AttemptOut]


class HistoryOut(Output):
    items: list[RunOut]
    total: int


class NoticeOut(Output):
    kind: str = Field(description="failing, gave_up, paused or recovered")
    history_id: str
    target: str
    status: str
    attempts: int
    error: str | None
    created_at: datetime
    sent_at: datetime | None


class NoticesOut(Output):
    items: list[NoticeOut]


class AccountOut(UserOut):
    is_active: bool
    second_factor_at: datetime | None = Field(description="since when they have a second factor; null: they have none")
    must_change_password: bool = Field(description="it was given to them: nothing else is allowed until then")


class UserTenantOut(Output):
    id: str
    slug: str
    name: str
    role: str


class UserAccountOut(AccountOut):
    tenants: list[UserTenantOut]


class UsersOut(Output):
    items: list[UserAccountOut]
    total: int
    page: int
    size: int


class PasswordIn(Input):
    current_password: bounds.Password = Field(repr=False)
    new_password: bounds.Password = Field(repr=False)


class SecondFactorOut(Output):
    enabled_at: datetime | None = Field(description="null: there is none")
    recovery_codes_left: int
    required: bool = Field(description="by the installation, of its super admins")
    required_by: list[TenantNameOut] = Field(description="tenants that give no rights without one")


class PasswordCheckIn(Input):
    current_password: bounds.Password = Field(repr=False)


class EnrolmentOut(Output):
    secret: str = Field(repr=False, description="in base32, for an authenticator app; told once")
    uri: str = Field(repr=False, description="the same as an otpauth address, for a QR code")


class OtpIn(Input):
    otp: bounds.Otp = Field(repr=False, description="a code of the authenticator app")


class AnyOtpIn(Input):
    otp: bounds.Otp = Field(repr=False, description="a code of the authenticator app, or a recovery code")


class DisableIn(PasswordCheckIn):
    otp: bounds.Otp = Field(repr=False, description="a code of the authenticator app, or a recovery code")


class RecoveryCodesOut(Output):
    recovery_codes: list[str] = Field(repr=False, description="each is good for one sign-in without the app; told once")


class EnabledOut(RecoveryCodesOut):
    token: TokenOut = Field(description="a new one: all others have ended")


class SessionOut(Output):
    id: str
    device: str = Field(description="what the browser called itself")
    created_at: datetime
    last_used_at: datetime = Field(description="to some minutes")


class SessionsOut(Output):
    items: list[SessionOut]


class UserChange(Input):
    is_active: bool


class ForgotPasswordIn(Input):
    email: str = Field(max_length=320)


class ResetPasswordIn(Input):
    token: str = Field(max_length=1000, repr=False, description="of the link: what stands behind its #")
    new_password: str = Field(max_length=1000, repr=False)


class ResetOut(Output):
    expires_at: datetime
    link: str | None = Field(repr=False, description="to be handed on, shown once; null: it was mailed to the user")


class TenantSettingsOut(Output):
    id: str
    slug: str
    name: str
    brand_color: str
    logo_url: str | None
    timezone: str | None = Field(description="of new scheduled exports; null: the installation's")
    keep_days: int | None = Field(description="how long files are kept; null: the default")
    recipient_domains: list[str] = Field(description="that files may be sent to; empty: to all")
    second_factor_required: bool = Field(description="members without a second factor have no rights here")


class TenantChange(Input):
    """All optional: what is left out keeps its value."""

    name: bounds.Name = ""
    brand_color: bounds.Color = ""
    logo_url: bounds.Url | None = None
    timezone: bounds.Zone | None = None
    keep_days: int | None = None
    recipient_domains: list[Annotated[str, Field(max_length=255)]] = Field(
        default_factory=list,
        max_length=MAX_DOMAINS,
        description="that files may be sent to, e.g. example.com, or *.example.com for all below it; empty: to all",
    )
    second_factor_required: bool = False


class InviteIn(Input):
    email: bounds.Address
    role: bounds.Key = Field("viewer", description="admin or viewer")


class InvitationOut(Output):
    id: str
    email: str
    role: str
    invited_by: str = Field(description="the name of the person who sent its link")
    created_at: datetime
    expires_at: datetime
    status: str = Field(
        description="open, expired, or inviter_left: that person may not invite any more; in both cases send it again"
    )
    mail: str | None = Field(
        description="how the message with the link fares: pending, sending, accepted, failed, "
        "skipped; null where the link is handed on"
    )


class InvitedOut(InvitationOut):
    link: str | None = Field(repr=False, description="to be handed on, shown once; null where a mail server is set")


class InvitationsOut(Output):
    items: list[InvitationOut]


class LinkTokenIn(Input):
    token: str = Field(max_length=1000, repr=False, description="what follows the # of the link")


class AcceptIn(LinkTokenIn):
    name: bounds.Name | None = None
    password: bounds.Password | None = Field(None, repr=False, description="of the account that is made, see `way`")


class OfferOut(Output):
    tenant: TenantNameOut
    invited_by: str
    email: str
    role: str
    expires_at: datetime
    way: str = Field(
        description="sign_in: call accept with the account's access token; set_password: with a name "
        "and a password; either: the one or the other, depending on whether there is an account"
    )


class JoinedOut(Output):
    tenant: TenantNameOut
    email: str
    role: str


class PersonOut(Output):
    id: str
    name: str


class LeavingOut(Output):
    tenant: TenantNameOut
    role: str
    scheduled_exports: int = Field(description="how many of the tenant's the caller owns")
    successors: list[PersonOut] = Field(description="who may own them, for `schedulesTo`")


class QuotaOut(Output):
    name: str = Field(description="schedules, pending_runs, messages_per_day (a day of UTC) or file_bytes")
    used: int
    limit: int
    own: int | None = Field(description="the tenant's own limit; null: the installation's holds")


class QuotasOut(Output):
    items: list[QuotaOut]


class QuotasChange(Input):
    """All optional: what is left out keeps its value; null: the default."""

    schedules: int | None = Field(default=None, ge=1, le=MAX_QUOTA["schedules"])
    pending_runs: int | None = Field(default=None, ge=1, le=MAX_QUOTA["pending_runs"])
    messages_per_day: int | None = Field(default=None, ge=1, le=MAX_QUOTA["messages_per_day"])
    file_bytes: int | None = Field(default=None, ge=1, le=MAX_QUOTA["file_bytes"])


class RoleIn(Input):
    role: bounds.Key


class MemberOut(Output):
    id: str
    email: str
    name: str
    role: str
    is_active: bool
    scheduled_exports: int = Field(description="how many of the tenant's they own")


class MembersOut(Output):
    items: list[MemberOut]


class AuditEntryOut(Output):
    id: str
    tenant_id: str | None = Field(description="null where it concerns the installation or an account")
    at: datetime
    actor_id: str | None = Field(description="null where no user did it: the app, or the command line")
    actor_name: str
    action: str = Field(description="e.g. `schedule.updated`")
    subject_id: str | None
    subject_name: str
    detail: dict[str, Any] = Field(description="e.g. `changed`: by field what it was and what it is")
    address: str | None = Field(description="from where; null where it is not known, here and below")
    session: str | None = Field(description="the browser's session, as in `/api/account/sessions`; null for access tokens")
    request_id: str | None = Field(description="as in the answer's X-Request-ID, and in the log")


class AuditOut(Output):
    items: list[AuditEntryOut]
    total: int
    page: int
    size: int


class WindowOut(Output):
    start_date: Day | None
    end_date: Day | None


class MeasuresOut(Output):
    impressions: int | None
    clicks: int | None
    conversions: int | None
    spend: float | None
    revenue: float | None
    ctr: float | None
    cpc: float | None
    cpa: float | None
    roas: float | None


class CurrencyTotalsOut(MeasuresOut):
    currency: str
    change: dict[str, float | None] = Field(
        description="by measure, relative: 0.1 is ten per cent more; null where there is nothing to compare with"
    )


class PointOut(MeasuresOut):
    period: Day = Field(description="its first day")
    currency: str
    campaigns: int


class CampaignTotalOut(MeasuresOut):
    id: str
    name: str
    channel: str
    status: str


class TopOut(Output):
    currency: str | None = Field(description="of the items: amounts of different currencies have no order")
    items: list[CampaignTotalOut]
    total: int


class CampaignFiguresOut(Output):
    timezone: str = Field(description="in which the days of a period are counted")
    window: WindowOut
    before: WindowOut | None = Field(description="the days that the changes are against")
    group_by: str
    totals: list[CurrencyTotalsOut]
    points: list[PointOut]
    campaigns: TopOut


class SpreadOut(Output):
    count: int
    mean: float
    p95: float


class DayOut(Output):
    date: Day
    runs: dict[str, int] = Field(description="by status")
    seconds: SpreadOut | None = Field(description="that completed and partial runs took")


class HourOut(Output):
    at: datetime
    runs: int
    schedules: int
    names: list[str] = Field(description="of the first of them")


class QueueOut(Output):
    processing: int
    waiting: int
    later: int = Field(description="that wait for an instant, e.g. of another attempt")
    oldest: datetime | None = Field(description="since when the longest waiting of the waiting ones waits")


class WorryOut(Output):
    id: str
    name: str
    owner_id: str
    failures: int
    failing_since: datetime | None
    paused_at: datetime | None
    paused_reason: str | None
    last_status: str | None
    last_run_at: datetime | None


class WorriesOut(Output):
    items: list[WorryOut]
    total: int


class ExportFiguresOut(Output):
    timezone: str
    days: list[DayOut]
    seconds: SpreadOut | None
    hours: list[HourOut]
    queue: QueueOut
    failing: WorriesOut
    paused: WorriesOut
    ownerless: WorriesOut = Field(description="active ones whose owner may not export any more")


class BackfillIn(Input):
    start_date: Day
    end_date: Day


class BackfillOut(Output):
    created: int = Field(description="runs that wait now")
    existing: int = Field(description="run times on these days that had a run already")
    history_ids: list[str] = Field(description="of the created ones, in the order of their run times")


class CronIn(Input):
    expression: bounds.AskedCron
    timezone: bounds.Zone | None = None
    after: Instant | None = Field(default=None, description="an instant with its zone; default: now")
    count: int = Field(5, ge=1, le=50)


class CronOut(Output):
    valid: bool
    expression: str
    message: str
    description: str | None
    next_runs: list[datetime]


class CampaignIn(Input):
    tenant_id: UUID | None = None
    name: bounds.Name
    channel: bounds.Channel = "other"
    status: bounds.Status = "active"
    currency: bounds.Currency
    budget: Money | None = None
    start_date: Day | None = None
    end_date: Day | None = None


class CampaignChange(Input):
    """All optional: what is left out keeps its value; budget and dates may be null."""

    name: bounds.Name = ""
    channel: bounds.Channel = ""
    status: bounds.Status = ""
    currency: bounds.Currency = ""
    budget: Money | None = None
    start_date: Day | None = None
    end_date: Day | None = None


def campaign_values(body: CampaignIn | CampaignChange) -> dict[str, Any]:
    """The fields as the service takes them: all of a new campaign, the sent ones of a change."""
    values = dict(body) if isinstance(body, CampaignIn) else body.given()
    values.pop("tenant_id", None)
    if body.budget is not None:
        values["budget"] = hundredths(body.budget)
    return values


class CampaignOut(Output):
    id: str
    tenant_id: str
    name: str
    channel: str
    status: str
    currency: str
    budget: Amount | None
    start_date: Day | None
    end_date: Day | None


class CampaignsOut(Output):
    items: list[CampaignOut]
    total: int
    page: int
    size: int


class MetricIn(Input):
    date: Day
    impressions: int = 0
    clicks: int = 0
    conversions: int = 0
    spend: Money = Decimal(0)
    revenue: Money = Decimal(0)


class MetricsIn(Input):
    items: list[MetricIn] = Field(max_length=bounds.METRIC_DAYS)


class WrittenOut(Output):
    written: int


class FilesOut(Output):
    count: int
    bytes: int
    free: int | None = Field(description="bytes; null where nobody can say, as of a bucket")


class HealthOut(Output):
    """Strangers get the status alone."""

    status: str
    database: str | None = None
    engine: str | None = None
    email: str | None = None
    reasons: list[str] | None = Field(None, description="why it is down, in words; empty while all is well")
    files: FilesOut | None = Field(None, description="what the finished files take on the disk")
