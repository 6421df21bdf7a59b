"""The name of every operation, and the errors that only it has. Names are what generated clients
call their functions: they stay as they are."""

from dataclasses import dataclass

from exports_app.domain import errors as e

Error = type[e.ExportsError]


@dataclass(frozen=True)
class Operation:
    """name: verb and noun. errors: beside those that `errors.of` finds for the kind of route."""

    name: str
    errors: tuple[Error, ...] = ()


def _operation(name: str, *errors: Error) -> Operation:
    return Operation(name, errors)


SCHEDULES = "/api/scheduled-exports"
SCHEDULE = f"{SCHEDULES}/{{schedule_id}}"
RUN = f"{SCHEDULE}/history/{{history_id}}"
TENANT = "/api/tenants/{tenant_id}"
DESTINATIONS = "/api/destinations"
DESTINATION = f"{DESTINATIONS}/{{destination_id}}"
DEFINITION = f"{TENANT}/definition"
ACCOUNT = "/api/account"
WEBHOOKS = "/api/webhooks"
WEBHOOK = f"{WEBHOOKS}/{{webhook_id}}"

IF_MATCH = (e.PreconditionFailed, e.PreconditionRequired)
"""Of changes that name the version that they are made to."""
A_VERSION = (e.VersionConflict, *IF_MATCH)
AN_ACCOUNT = (e.NotForOwnAccount, e.DemoPassword, *A_VERSION)
A_TENANT = (e.OwnSecondFactorFirst, *A_VERSION)
A_DESTINATION = (e.NameTaken, *A_VERSION)
A_VIEW = (e.NameTaken, *A_VERSION)
LEAVING = (e.LastAdmin, e.OwnsSchedules, e.OnlyRecipient)
A_RUN = (e.NoMailbox, e.DomainNotAllowed, e.QuotaExceeded)
AGAIN = (e.RunHasNotFailed, e.NoFile, e.FileRemoved, e.AlreadyResending, e.QuotaExceeded)
WAITING = (e.RunNotWaiting, e.VersionConflict)
A_FILE = (e.NoFile, e.FileRemoved, e.StoreAway, e.RangeNotSatisfiable)

_PEOPLE = {
    "POST /api/auth/login": _operation(
        "signIn",
        *(e.WrongCredentials, e.OneTimePasswordOver, e.OtpRequired, e.WrongOtp, e.DemoIsLocal),
    ),
    "POST /api/auth/forgot-password": _operation("requestPasswordReset", e.MailNotSet),
    "POST /api/auth/reset-password": _operation("resetPassword", e.LinkNotValid),
    "GET /api/auth/me": _operation("getMe"),
    f"GET {ACCOUNT}": _operation("getAccount"),
    f"POST {ACCOUNT}/password": _operation("changePassword"),
    f"GET {ACCOUNT}/sessions": _operation("listSessions"),
    f"DELETE {ACCOUNT}/sessions/{{session_id}}": _operation("endSession"),
    f"POST {ACCOUNT}/sign-out-everywhere": _operation("signOutEverywhere"),
    f"GET {ACCOUNT}/tenants/{{tenant_id}}": _operation("getLeaving"),
    f"DELETE {ACCOUNT}/tenants/{{tenant_id}}": _operation("leaveTenant", *LEAVING),
    f"GET {ACCOUNT}/keys": _operation("listOwnKeys"),
    f"POST {ACCOUNT}/keys": _operation("createOwnKey", e.SignInAgain, e.LimitReached),
    f"GET {ACCOUNT}/keys/{{key_id}}": _operation("getOwnKey"),
    f"PATCH {ACCOUNT}/keys/{{key_id}}": _operation("renameOwnKey"),
    f"DELETE {ACCOUNT}/keys/{{key_id}}": _operation("revokeOwnKey"),
    f"GET {ACCOUNT}/feeds": _operation("listFeeds"),
    f"POST {ACCOUNT}/feeds": _operation("createFeed", e.NotFound, e.LimitReached),
    f"GET {ACCOUNT}/feeds/{{feed_id}}": _operation("getFeed"),
    f"DELETE {ACCOUNT}/feeds/{{feed_id}}": _operation("revokeFeed"),
    "GET /api/feeds/{token}.ics": _operation("readCalendar", e.DemoIsLocal),
    "GET /api/feeds/{token}.atom": _operation("readRunFeed", e.DemoIsLocal),
    f"GET {ACCOUNT}/second-factor": _operation("getSecondFactor"),
    f"POST {ACCOUNT}/second-factor": _operation("beginSecondFactor", e.SecondFactorOn),
    f"DELETE {ACCOUNT}/second-factor": _operation("disableSecondFactor", e.SecondFactorOff),
    f"POST {ACCOUNT}/second-factor/confirm": _operation(
        "confirmSecondFactor", e.SecondFactorOn, e.SecondFactorNotBegun
    ),
    f"POST {ACCOUNT}/second-factor/recovery-codes": _operation(
        "renewRecoveryCodes", e.SecondFactorOff
    ),
    "GET /api/users": _operation("listUsers", e.NotFound),
    "GET /api/users/{user_id}": _operation("getUser"),
    "PUT /api/users/{user_id}": _operation("updateUser", *AN_ACCOUNT),
    "PATCH /api/users/{user_id}": _operation("patchUser", *AN_ACCOUNT),
    "DELETE /api/users/{user_id}/second-factor": _operation(
        "resetSecondFactor", e.NotForOwnAccount
    ),
    "POST /api/users/{user_id}/reset-password": _operation("resetUserPassword", e.NotForOwnAccount),
}
_TENANTS = {
    f"GET {TENANT}": _operation("getTenant"),
    f"PUT {TENANT}": _operation("updateTenant", *A_TENANT),
    f"PATCH {TENANT}": _operation("patchTenant", *A_TENANT),
    f"GET {TENANT}/quotas": _operation("listQuotas"),
    f"PUT {TENANT}/quotas": _operation("updateQuotas", *A_VERSION),
    f"PATCH {TENANT}/quotas": _operation("patchQuotas", *A_VERSION),
    f"GET {TENANT}/tags": _operation("listTags"),
    f"GET {DEFINITION}": _operation("exportDefinition", e.TooManySchedules, e.NoSlugYet),
    f"POST {DEFINITION}/plan": _operation(
        "planDefinition", e.TooManySchedules, e.NoSlugYet, e.QuotaExceeded
    ),
    f"POST {DEFINITION}/apply": _operation(
        "applyDefinition", e.PlanOutdated, e.TooManySchedules, e.NoSlugYet, e.QuotaExceeded
    ),
    f"GET {TENANT}/members": _operation("listMembers"),
    f"POST {TENANT}/members": _operation(
        "inviteMember", e.AlreadyMember, e.AlreadyInvited, e.LimitReached
    ),
    f"GET {TENANT}/members/{{user_id}}": _operation("getMember"),
    f"PUT {TENANT}/members/{{user_id}}": _operation("updateMember", e.LastAdmin, *A_VERSION),
    f"PATCH {TENANT}/members/{{user_id}}": _operation("patchMember", e.LastAdmin, *A_VERSION),
    f"DELETE {TENANT}/members/{{user_id}}": _operation("removeMember", *LEAVING, *A_VERSION),
    f"GET {TENANT}/invitations": _operation("listInvitations"),
    f"DELETE {TENANT}/invitations/{{invitation_id}}": _operation("revokeInvitation"),
    f"POST {TENANT}/invitations/{{invitation_id}}/resend": _operation(
        "resendInvitation", e.AlreadyMember
    ),
    f"GET {TENANT}/keys": _operation("listTenantKeys"),
    f"POST {TENANT}/keys": _operation("createTenantKey", e.SignInAgain, e.LimitReached),
    f"GET {TENANT}/keys/{{key_id}}": _operation("getTenantKey"),
    f"PATCH {TENANT}/keys/{{key_id}}": _operation("renameTenantKey"),
    f"DELETE {TENANT}/keys/{{key_id}}": _operation("revokeTenantKey"),
    f"GET {TENANT}/views": _operation("listViews"),
    f"POST {TENANT}/views": _operation("createView", e.LimitReached, e.NameTaken),
    f"GET {TENANT}/views/{{view_id}}": _operation("getView"),
    f"PUT {TENANT}/views/{{view_id}}": _operation("updateView", *A_VIEW),
    f"PATCH {TENANT}/views/{{view_id}}": _operation("patchView", *A_VIEW),
    f"DELETE {TENANT}/views/{{view_id}}": _operation("deleteView", *A_VERSION),
    f"GET {TENANT}/analytics/campaigns": _operation("getCampaignAnalytics"),
    f"GET {TENANT}/analytics/exports": _operation("getExportAnalytics"),
    "POST /api/invitations/look": _operation("getInvitation", e.LinkNotValid),
    "POST /api/invitations/accept": _operation(
        "acceptInvitation",
        *(e.LinkNotValid, e.SignInRequired, e.WrongAccount, e.AccountDeactivated),
        *(e.AlreadyMember, e.MailboxNotProven, e.AccountExists),
    ),
    "GET /api/audit": _operation("listAuditEntries"),
    "GET /api/audit/csv": _operation("downloadAudit"),
}
_DESTINATIONS = {
    f"GET {DESTINATIONS}": _operation("listDestinations"),
    f"POST {DESTINATIONS}": _operation(
        "createDestination", e.NotFound, e.LimitReached, e.NameTaken
    ),
    f"GET {DESTINATION}": _operation("getDestination"),
    f"PUT {DESTINATION}": _operation("updateDestination", *A_DESTINATION),
    f"PATCH {DESTINATION}": _operation("patchDestination", *A_DESTINATION),
    f"DELETE {DESTINATION}": _operation("deleteDestination", e.DestinationInUse, *A_VERSION),
    f"POST {DESTINATION}/test": _operation("testDestination"),
}
_SCHEDULES = {
    f"GET {SCHEDULES}": _operation("listSchedules"),
    f"POST {SCHEDULES}": _operation("createSchedule", e.NotFound, e.QuotaExceeded),
    f"POST {SCHEDULES}/bulk": _operation("changeSchedules", e.NotFound),
    f"POST {SCHEDULES}/preview": _operation("previewRows", e.NotFound, e.StoreAway),
    f"POST {SCHEDULES}/preview-message": _operation("previewMessage", e.NotFound, e.StoreAway),
    f"POST {SCHEDULES}/validate-cron": _operation("validateCron"),
    f"GET {SCHEDULES}/deleted": _operation("listDeletedSchedules"),
    f"GET {SCHEDULE}": _operation("getSchedule"),
    f"PUT {SCHEDULE}": _operation("updateSchedule", *A_VERSION),
    f"PATCH {SCHEDULE}": _operation("patchSchedule", *A_VERSION),
    f"DELETE {SCHEDULE}": _operation("deleteSchedule", *IF_MATCH),
    f"POST {SCHEDULE}/transfer": _operation(
        "transferSchedule", e.VersionConflict, e.PreconditionFailed
    ),
    f"POST {SCHEDULE}/restore": _operation(
        "restoreSchedule", e.NotDeleted, e.TooManyTags, e.SlugTaken, e.QuotaExceeded
    ),
    f"POST {SCHEDULE}/trigger": _operation("triggerSchedule", e.DomainNotAllowed, e.QuotaExceeded),
    f"POST {SCHEDULE}/backfill": _operation("backfillSchedule", e.VersionConflict, *A_RUN),
    f"GET {SCHEDULE}/history": _operation("listScheduleRuns"),
    f"GET {SCHEDULE}/notices": _operation("listNotices"),
    f"GET {RUN}": _operation("getScheduleRun"),
    f"GET {RUN}/attempts": _operation("listAttempts"),
    f"POST {RUN}/cancel": _operation("cancelRun", e.RunHasEnded),
    f"POST {RUN}/retry": _operation("retryRun", *WAITING),
    f"POST {RUN}/rerun": _operation("rerunRun", e.RunHasNotEnded, *A_RUN),
    f"POST {RUN}/give-up": _operation("giveUpRun", *WAITING),
    f"POST {RUN}/resend": _operation("resendRun", *AGAIN, e.AllDelivered, e.ExporterLostAccess),
    f"POST {RUN}/replace-recipient": _operation(
        "replaceRecipient",
        *(*AGAIN, e.NotForTests, e.VersionConflict, e.UnknownFirst, e.DeliveryNotFailed),
        *(e.NoLongerRecipient, e.AlreadySentThere),
    ),
    f"POST {RUN}/accept-unknown": _operation(
        "acceptUnknown", e.RunHasNotFailed, e.NothingUnknown, e.VersionConflict
    ),
    f"POST {RUN}/revoke-links": _operation("revokeLinks", e.NoDownloadLinks),
    f"GET {RUN}/downloads": _operation("listDownloads"),
    f"GET {RUN}/file": _operation("downloadRunFile", *A_FILE),
    "GET /api/runs": _operation("listRuns"),
    "GET /api/runs/ended": _operation("listEndedRuns"),
    "GET /api/runs/{run_id}": _operation("getRun"),
    "GET /api/runs/{run_id}/file": _operation("getRunFile", *A_FILE),
    "GET /api/files/{delivery_id}": _operation("downloadLinkedFile", *A_FILE, e.LinkExpired),
}
_OTHERS = {
    "GET /api/campaigns": _operation("listCampaigns"),
    "POST /api/campaigns": _operation("createCampaign", e.NotFound),
    "POST /api/campaigns/import": _operation(
        "importCampaigns", e.NotFound, e.UnsupportedFile, e.StoreAway
    ),
    "GET /api/campaigns/{campaign_id}": _operation("getCampaign"),
    "PUT /api/campaigns/{campaign_id}": _operation("updateCampaign", *A_VERSION),
    "PATCH /api/campaigns/{campaign_id}": _operation("patchCampaign", *A_VERSION),
    "DELETE /api/campaigns/{campaign_id}": _operation("deleteCampaign", *A_VERSION),
    "POST /api/campaigns/{campaign_id}/metrics": _operation("writeMetrics"),
    "GET /api/problems": _operation("listProblems"),
    "GET /api/problems/{code}": _operation("getProblem"),
    "GET /api/catalog": _operation("getCatalog"),
    "GET /api/mail": _operation("getMailSettings", e.NotFound),
    "POST /api/mail/test": _operation("testMail", e.NotFound),
    "GET /api/health": _operation("getHealth"),
    "GET /api/live": _operation("getLiveness"),
    "GET /api/ready": _operation("getReadiness"),
}
_WEBHOOKS = {
    f"GET {WEBHOOKS}": _operation("listWebhooks"),
    f"POST {WEBHOOKS}": _operation("createWebhook", e.NotFound, e.LimitReached),
    f"GET {WEBHOOKS}/events": _operation("listEventTypes"),
    f"GET {WEBHOOK}": _operation("getWebhook"),
    f"PUT {WEBHOOK}": _operation("updateWebhook", *A_VERSION),
    f"PATCH {WEBHOOK}": _operation("patchWebhook", *A_VERSION),
    f"DELETE {WEBHOOK}": _operation("deleteWebhook", *A_VERSION),
    f"POST {WEBHOOK}/rotate-secret": _operation(
        "rotateWebhookSecret", e.VersionConflict, e.PreconditionFailed
    ),
    f"POST {WEBHOOK}/test": _operation("testWebhook"),
    f"GET {WEBHOOK}/deliveries": _operation("listWebhookDeliveries"),
    f"POST {WEBHOOK}/replay": _operation("replayWebhook", e.WebhookInactive),
    f"GET {WEBHOOKS}/deliveries/{{delivery_id}}": _operation("getWebhookDelivery"),
    f"POST {WEBHOOKS}/deliveries/{{delivery_id}}/redeliver": _operation(
        "redeliverWebhook", e.WebhookInactive, e.WebhookBeingSent
    ),
}
OPERATIONS = _PEOPLE | _TENANTS | _DESTINATIONS | _SCHEDULES | _WEBHOOKS | _OTHERS

TAGS = {
    "auth": "Sign in, and reset a forgotten password",
    "account": "Your own account, its browsers and its two-factor authentication",
    "API keys": "Your own keys and those of a tenant. No key can call these routes",
    "feeds": "Your feeds, and what calendars and feed readers read",
    "accounts": "Accounts of all people, for super admins",
    "tenants": "The settings, quotas, members and invitations of a tenant",
    "invitations": "Accept an invitation",
    "audit": "Who did what, and when",
    "scheduled exports": "Scheduled exports, their runs and files",
    "as code": "The scheduled exports of a tenant as one definition, in YAML or JSON",
    "runs": "The runs of a tenant, across its scheduled exports",
    "destinations": "Where files go, other than to recipients",
    "saved views": "Saved filters of the list of scheduled exports",
    "webhooks": "Endpoints that are told what happens in a tenant, and what was sent to them",
    "files": "Files by the links in emails",
    "campaigns": "Campaigns and their daily metrics",
    "catalog": "What can be chosen for a scheduled export",
    "analytics": "Figures of campaigns and of exports",
    "mail": "The mail server of the installation, for super admins",
    "errors": "What the error codes mean",
    "health": "Whether the server works",
}
"""What each is about, in the order of the page."""
