"""Links between operations (OpenAPI's link objects): where the answer of one names what another
needs. Tools walk them, and tests that generate calls do."""

from typing import Any

ID = "$response.body#/id"
SCHEDULE = {"schedule_id": ID}
CAMPAIGN = {"campaign_id": ID}
OWN_KEY = {"key_id": ID}
WEBHOOK = {"webhook_id": ID}
DELIVERY = {"delivery_id": ID}
FEED = {"feed_id": ID}
IN_TENANT = {"tenant_id": "$request.path.tenant_id"}
TENANT_KEY = IN_TENANT | {"key_id": ID}
DESTINATION = {"destination_id": ID}
VIEW = IN_TENANT | {"view_id": ID}
INVITATION = IN_TENANT | {"invitation_id": ID}
STARTED = {
    "schedule_id": "$request.path.schedule_id",
    "history_id": "$response.body#/historyId",
}
RUN = {"schedule_id": "$response.body#/scheduledExportId", "history_id": ID}

Parameters = dict[str, str]


def _all(parameters: Parameters, *names: str) -> dict[str, Parameters]:
    return dict.fromkeys(names, parameters)


LINKS: dict[str, dict[str, Parameters]] = {
    "createSchedule": _all(
        SCHEDULE,
        *("getSchedule", "updateSchedule", "patchSchedule", "deleteSchedule", "triggerSchedule"),
        *("transferSchedule", "backfillSchedule", "listScheduleRuns", "listNotices"),
    ),
    "deleteSchedule": _all({"schedule_id": "$request.path.schedule_id"}, "restoreSchedule"),
    "triggerSchedule": {
        **_all({"run_id": "$response.body#/historyId"}, "getRun", "getRunFile"),
        **_all(STARTED, "getScheduleRun", "cancelRun", "downloadRunFile"),
    },
    "getRun": {
        "getRunFile": {"run_id": ID},
        **_all(RUN, "downloadRunFile", "listAttempts", "listDownloads", "rerunRun"),
    },
    "rerunRun": {
        **_all({"run_id": ID}, "getRun", "getRunFile"),
        **_all(RUN, "downloadRunFile", "cancelRun"),
    },
    "createCampaign": _all(
        CAMPAIGN, "getCampaign", "updateCampaign", "patchCampaign", "deleteCampaign", "writeMetrics"
    ),
    "createDestination": _all(
        DESTINATION,
        *("getDestination", "updateDestination", "patchDestination", "deleteDestination"),
        "testDestination",
    ),
    "createView": _all(VIEW, "getView", "updateView", "patchView", "deleteView"),
    "createOwnKey": _all(OWN_KEY, "getOwnKey", "renameOwnKey", "revokeOwnKey"),
    "createFeed": _all(FEED, "getFeed", "revokeFeed"),
    "createWebhook": {
        **_all(WEBHOOK, "getWebhook", "updateWebhook", "patchWebhook", "deleteWebhook"),
        **_all(WEBHOOK, "testWebhook", "listWebhookDeliveries"),
        **_all(WEBHOOK, "rotateWebhookSecret", "replayWebhook"),
    },
    "testWebhook": _all(DELIVERY, "getWebhookDelivery", "redeliverWebhook"),
    "createTenantKey": _all(TENANT_KEY, "getTenantKey", "renameTenantKey", "revokeTenantKey"),
    "inviteMember": _all(INVITATION, "resendInvitation", "revokeInvitation"),
}
"""By the name of the operation whose successful answer has them, and of the one they lead to."""


def describe(operation: dict[str, Any]) -> None:
    """Adds to the successful answer of an operation in the document."""
    links = {
        name: {"operationId": name, "parameters": parameters}
        for name, parameters in LINKS.get(operation["operationId"], {}).items()
    }
    if links:
        status = next(status for status in operation["responses"] if status.startswith("2"))
        operation["responses"][status]["links"] = links
