"""What pages can do, programs can do too: each call of a service by a page is one that the API
makes as well, or has its reason here."""

import re
from dataclasses import fields
from pathlib import Path

from exports_app.wiring import Services
from tests.paths import ROOT

PAGES_ALONE = {
    "a page's own reading of what the API lists in another form": {
        "campaigns.names",
        "change_authors.by_field",
        "destination_names.named",
        "destination_names.users",
        "list_choices.read",
        "ownership.candidates",
        "run_listing.one",
        "run_listing.page",
        "run_listing.with_id",
        "schedule_listing.page",
        "schedule_selection.among",
        "schedule_summaries.people",
        "cron_expressions.explain",
        "definitions.export_one",
        "webhooks.scheduled_exports",
    },
    "what a question says before something is done": {
        "api_keys.is_last",
        "backfill.count",
        "mailings.of_rerun",
        "mailings.of_resend",
        "mailings.of_retry",
        "mailings.of_schedules",
        "members.belonging",
        "members.removing",
        "webhook_deliveries.replayable",
    },
    "Undo: programs do the opposite": {"activation.set_active", "bulk.undo"},
    "signing in with a browser": {
        "account_messages.available",
        "auth.count_call",
        "demo.offers_login",
        "password_resets.available",
        "password_resets.check",
        "sessions.begin",
        "sessions.choose",
        "sessions.end",
        "sessions.finish",
    },
    "one-time codes for what a browser fetches and sends": {
        "browser_downloads.of_audit",
        "browser_downloads.of_run",
        "browser_downloads.of_text",
        "uploads.begin",
        "uploads.find",
        "uploads.forget",
    },
    "a question about columns: programs say them, and try with dryRun": {"importer.preview"},
    "colours and logos are looked at": {"preview.branding"},
}
NO_USE_CASE = {"settings", "lanes", "clock", "store", "database", "files", "changes", "counts"}


def called(folder: str, *names: str) -> set[str]:
    services = {field.name for field in fields(Services)} - NO_USE_CASE
    found: set[str] = set()
    for file in Path(ROOT, "exports_app", folder).rglob("*.py"):
        text = file.read_text(encoding="utf-8")
        for name in names:
            for service, method in re.findall(rf"(?<!exports_app\.)\b{name}\.(\w+)\.(\w+)", text):
                if service in services:
                    found.add(f"{service}.{method}")
    return found


def test_programs_can_do_what_pages_can() -> None:
    pages = called("ui", "services")
    assert len(pages) > 50
    missing = pages - called("api", "srv", "services")
    reasons = {call for calls in PAGES_ALONE.values() for call in calls}
    assert missing - reasons == set(), "give it a route, or a reason in PAGES_ALONE"
    assert reasons - missing == set(), "is in the API now, or no page calls it any more"
