"""A call of each method of the repositories that reads or changes rows which are there."""

from collections.abc import Mapping

from tests.integration.database.query_plans import (
    calls_of_accounts,
    calls_of_destinations,
    calls_of_exports,
    calls_of_run_lists,
    calls_of_webhooks,
)
from tests.integration.database.query_plans.known import Call

CALLS: Mapping[str, Call] = {
    **calls_of_accounts.CALLS,
    **calls_of_destinations.CALLS,
    **calls_of_exports.CALLS,
    **calls_of_run_lists.CALLS,
    **calls_of_webhooks.CALLS,
}
"""By method, with a colon and the variant where there are several."""
INSERTS = {
    "account_messages.add",
    "api_keys.add",
    "attempts.add",
    "audit.add",
    "audit_chain.add_checkpoint",
    "audit_chain.add_seal",
    "campaigns.add",
    "campaigns.add_metrics",
    "codes.add",
    "deliveries.add",
    "destinations.add",
    "downloads.add",
    "feeds.add",
    "invitations.add",
    "notifications.add",
    "password_resets.add",
    "runs.add",
    "runs.add_all",
    "schedules.add",
    "schedules.add_all",
    "sessions.add",
    "tenants.add",
    "usage.add_message",
    "users.add",
    "views.add",
    "users.add_new",
    "webhook_deliveries.add",
    "webhook_deliveries.note",
    "webhooks.add",
}
"""Methods that insert what they are given: there is no plan to choose."""
