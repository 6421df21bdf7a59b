"""Steps that may read a growing table whole, or sort much of it, each with its reason."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Allowed:
    """method: as in `calls.CALLS`, or the beginning of several. step: part of the step's text."""

    method: str
    step: str
    why: str


TOTAL = "the exact number of all, counted from an index"
OF_ONE = "sorts what belongs to one person, run or tenant's open things, which is little"
ALLOWED = (
    Allowed("users.find", "SCAN users USING COVERING INDEX", TOTAL),
    Allowed("campaigns.find: of all", "SCAN campaigns USING COVERING INDEX", TOTAL),
    Allowed(
        "schedules.find: of all",
        "SCAN scheduled_exports USING COVERING INDEX",
        TOTAL,
    ),
    Allowed("schedules.summary: of all", "ix_scheduled_exports_counted", TOTAL),
    Allowed("schedules.summary: of all", "ix_scheduled_exports_paused", TOTAL),
    Allowed("schedules.summary: of all", "ix_scheduled_exports_failing", TOTAL),
    Allowed("status_counts.", "by status", "housekeeping folds the rows into one of each status"),
    Allowed("campaigns.count_metrics", "campaign_metrics", "said once, after the demo was made"),
    Allowed("users.ids", "users", "the demo's question to an installation that has no users yet"),
    Allowed("users.demo_password_emails", "ix_users_with_demo_password", "an index of the few"),
    Allowed("schedules.without_slug", "ix_scheduled_exports_without_slug", "an index of the few"),
    Allowed("users.unproven_emails", "users", "a command's list of all of them"),
    Allowed("users.members", "memberships USING INDEX ix_memberships_tenant_id", "all are shown"),
    Allowed(
        "users.find_members", "memberships USING INDEX ix_memberships_tenant_id", "of one tenant"
    ),
    Allowed("users.admins", "memberships USING INDEX ix_memberships_tenant_id", OF_ONE),
    Allowed("invitations.open_in", "ix_invitations_open ", OF_ONE),
    Allowed("password_resets.of_user", "ix_password_resets_user_id", OF_ONE),
    Allowed("sessions.of_user", "ix_sessions_user_id", OF_ONE),
    Allowed("sessions.end", "sessions", "a restored backup ends all of them"),
    Allowed("attempts.of_runs", "ix_run_attempts_history_id", OF_ONE),
    Allowed("deliveries.of_runs", "deliveries_2 (history_id=?)", OF_ONE),
    Allowed(
        "run_list.find",
        "rows by export_history.created_at DESC",
        "PostgreSQL's choice where all runs of a tenant are fewer than are looked at for a page",
    ),
    Allowed("schedules.active_of", "ix_scheduled_exports_owner_id", "all of them are locked"),
    Allowed("schedules.transfer_ownership", "owner_id=? AND tenant_id=?", "all are changed"),
    Allowed(
        "schedules.addressed_to",
        "(tenant_id=? AND deleted_at=?)",
        "looks at the recipients of all schedules of a tenant, when a member leaves it",
    ),
    Allowed("runs.unfinished_of", "(status=?)", "only runs that have not ended"),
    Allowed("audit_chain.entry_outside_chains", "", "the check of the audit reads all of it"),
    Allowed("analytics.", "(tenant_id=?", "figures of one tenant"),
    Allowed("analytics.ownerless", "users", "figures of one tenant"),
)


def is_allowed(method: str, step: str) -> bool:
    return any(method.startswith(a.method) and a.step in step for a in ALLOWED)
