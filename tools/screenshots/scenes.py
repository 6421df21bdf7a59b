"""What each screenshot shows."""

from collections.abc import Callable
from dataclasses import dataclass

from playwright.sync_api import Page

from tools.screenshots import cast, list_steps, other_steps, schedule_steps
from tools.screenshots.list_steps import Ids

Steps = Callable[[Page, Ids], None]


@dataclass(frozen=True)
class Scene:
    """One subject, taken in several sizes and themes.

    steps: from a new page to what is shown. looks: ``wide-light`` and the like. email: who is
    signed in; empty: nobody.
    """

    name: str
    steps: Steps
    looks: tuple[str, ...]
    email: str = cast.ADMIN.email


EVERY = ("wide-light", "wide-dark", "phone-light", "phone-dark")
SCENES = (
    Scene("login", other_steps.see_login, ("wide-light", "phone-dark"), ""),
    Scene("forgot-password", other_steps.see_forgot_password, ("wide-light", "phone-dark"), ""),
    Scene("invitation", other_steps.see_invitation, ("wide-light", "phone-dark"), ""),
    Scene("list", list_steps.see_list, EVERY),
    Scene("list-paused", list_steps.see_paused, ("phone-light",)),
    Scene("list-compact", list_steps.see_compact_list, ("wide-light", "wide-dark")),
    Scene("list-selection", list_steps.see_selection, ("wide-light", "phone-dark")),
    Scene("list-tags", list_steps.see_tags, ("wide-dark", "phone-light")),
    Scene("list-views", list_steps.see_views, ("wide-light", "phone-dark")),
    Scene("list-deleted", list_steps.see_deleted, ("wide-light", "phone-dark")),
    Scene("list-viewer", list_steps.see_list, ("wide-light", "phone-dark"), cast.VIEWER.email),
    Scene("palette", list_steps.see_palette, ("wide-light", "phone-dark")),
    Scene("shortcuts", list_steps.see_shortcuts, ("wide-dark",)),
    Scene("empty", list_steps.see_empty_list, ("wide-light", "phone-dark")),
    Scene("editor", schedule_steps.see_editor, ("wide-light", "wide-dark", "phone-light")),
    Scene("editor-advanced", schedule_steps.see_editor_advanced, ("wide-light", "phone-dark")),
    Scene("editor-errors", schedule_steps.see_editor_errors, ("wide-light", "phone-dark")),
    Scene("editor-repeats", schedule_steps.see_repeats, ("wide-dark", "phone-light")),
    Scene("email", schedule_steps.see_email, ("wide-light",)),
    Scene("history", schedule_steps.see_history, ("wide-light", "wide-dark", "phone-light")),
    Scene("history-waiting", schedule_steps.see_waiting, ("wide-light", "phone-dark")),
    Scene("history-held", schedule_steps.see_held, ("wide-dark", "phone-light")),
    Scene("history-notices", schedule_steps.see_notices, ("wide-light", "phone-dark")),
    Scene("history-backfill", schedule_steps.see_backfill, ("wide-light", "phone-dark")),
    Scene("history-address", schedule_steps.see_replacement, ("wide-light", "phone-dark")),
    Scene("runs", list_steps.see_runs, ("wide-light", "phone-dark")),
    Scene("runs-failed", list_steps.see_failed_runs, ("wide-dark", "phone-light")),
    Scene("run", list_steps.see_run, ("wide-light", "phone-dark")),
    Scene("analytics", other_steps.see_analytics, EVERY),
    Scene("analytics-exports", other_steps.see_health, EVERY),
    Scene("settings", other_steps.see_settings, ("wide-light", "phone-dark")),
    Scene("settings-second-factor", other_steps.see_second_factor, ("wide-light", "phone-dark")),
    Scene("settings-keys", other_steps.see_keys, ("wide-light", "phone-dark")),
    Scene("settings-feeds", other_steps.see_feeds, ("wide-dark", "phone-light")),
    Scene("settings-members", other_steps.see_members, ("wide-light", "phone-dark")),
    Scene("settings-parting", other_steps.see_removal, ("wide-light", "phone-dark")),
    Scene("settings-tenant", other_steps.see_tenant, EVERY),
    Scene(
        "settings-quotas", other_steps.see_quotas, ("wide-light", "phone-dark"), cast.OPERATOR.email
    ),
    Scene("settings-data", other_steps.see_data, ("wide-light", "phone-dark")),
    Scene("settings-destinations", other_steps.see_destinations, ("wide-light", "phone-dark")),
    Scene("settings-destination", other_steps.see_new_destination, ("wide-dark", "phone-light")),
    Scene("webhooks", other_steps.see_webhooks, ("wide-light", "phone-dark")),
    Scene("webhook", other_steps.see_webhook, ("wide-light", "phone-dark")),
    Scene("webhook-form", other_steps.see_new_webhook, ("wide-dark", "phone-light")),
    Scene("settings-audit", other_steps.see_audit, ("wide-light", "phone-dark")),
    Scene(
        "settings-email", other_steps.see_mail, ("wide-light", "phone-dark"), cast.OPERATOR.email
    ),
    Scene(
        "settings-users", other_steps.see_users, ("wide-light", "phone-dark"), cast.OPERATOR.email
    ),
    Scene("question", list_steps.see_question, ("wide-light", "phone-dark")),
    Scene("question-backfill", schedule_steps.see_backfill_question, ("wide-light", "phone-dark")),
    Scene("no-access", other_steps.see_no_access, ("wide-light",), cast.VIEWER.email),
    Scene("not-found", other_steps.see_not_found, ("wide-light", "phone-dark")),
    # Last, since they change what the list shows
    Scene("editor-conflict", schedule_steps.see_conflict, ("wide-light", "phone-dark")),
    Scene("list-undo", list_steps.see_undo, ("wide-light",)),
)
