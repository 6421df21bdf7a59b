"""Entries of the audit as text."""

import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from exports_app.domain.humanize import counted, sentence
from exports_app.domain.open_enum import Words
from exports_app.services.core.records import Action, AuditEntry

WORDS = Words(
    {
        Action.SCHEDULE_CREATED: "created the scheduled export",
        Action.SCHEDULE_UPDATED: "changed the scheduled export",
        Action.SCHEDULE_PAUSED: "paused the scheduled export",
        Action.SCHEDULE_DELETED: "deleted the scheduled export",
        Action.SCHEDULE_RESTORED: "restored the scheduled export",
        Action.SCHEDULE_REMOVED: "permanently removed the deleted scheduled export",
        Action.VIEW_SHARED: "shared the view",
        Action.VIEW_UPDATED: "changed the shared view",
        Action.VIEW_DELETED: "deleted the shared view",
        Action.DESTINATION_CREATED: "created the destination",
        Action.DESTINATION_UPDATED: "changed the destination",
        Action.DESTINATION_DELETED: "deleted the destination",
        Action.DESTINATION_TESTED: "tested the destination",
        Action.RUN_TRIGGERED: "ran the scheduled export",
        Action.RUN_TESTED: "sent themselves a test of the scheduled export",
        Action.RUN_REPEATED: "reran a run of the scheduled export",
        Action.RUN_RESENT: "resent a run of the scheduled export",
        Action.RUN_CANCELLED: "cancelled a run of the scheduled export",
        Action.RUN_RETRIED: "retried a run of the scheduled export",
        Action.RUN_GIVEN_UP: "stopped retrying a run of the scheduled export",
        Action.RUN_ACCEPTED: "confirmed the delivery of the scheduled export",
        Action.RUN_LINKS_REVOKED: "revoked the links of a run of the scheduled export",
        Action.RUN_BACKFILLED: "backfilled the scheduled export",
        Action.CAMPAIGN_CREATED: "created the campaign",
        Action.CAMPAIGN_UPDATED: "changed the campaign",
        Action.CAMPAIGN_DELETED: "deleted the campaign",
        Action.CAMPAIGN_METRICS: "wrote metrics for the campaign",
        Action.CAMPAIGNS_IMPORTED: "imported campaign data into the tenant",
        Action.TENANT_CREATED: "created the tenant",
        Action.TENANT_UPDATED: "changed the tenant",
        Action.QUOTAS_CHANGED: "changed the quotas of the tenant",
        Action.MEMBER_ADDED: "added the member",
        Action.MEMBER_INVITED: "invited",
        Action.INVITATION_RESENT: "resent the invitation to",
        Action.INVITATION_REVOKED: "revoked the invitation of",
        Action.MEMBER_JOINED: "accepted the invitation of",
        Action.MEMBER_LEFT: "left the tenant:",
        Action.MEMBER_CHANGED: "changed the role of the member",
        Action.MEMBER_REMOVED: "removed the member",
        Action.USER_CREATED: "created the account",
        Action.USER_ACTIVATED: "activated the account",
        Action.USER_DEACTIVATED: "deactivated the account",
        Action.USER_RESET: "created a link to set a new password for the account",
        Action.ONE_TIME_GIVEN: "set a one-time password for the account",
        Action.RESET_REQUESTED: "asked for a link to set a new password for the account",
        Action.PASSWORD_RESET: "set a new password by a link for the account",
        Action.PASSWORD_CHANGED: "changed the password of the account",
        Action.CURRENT_PASSWORD_WRONG: "entered a wrong current password for the account",
        Action.CURRENT_CODE_WRONG: "entered a wrong two-factor code for the account",
        Action.SECOND_FACTOR_ENABLED: "turned on two-factor authentication for the account",
        Action.SECOND_FACTOR_DISABLED: "turned off two-factor authentication for the account",
        Action.RECOVERY_CODE_USED: "used a recovery code to sign in to the account",
        Action.RECOVERY_CODES_RENEWED: "created new recovery codes for the account",
        Action.SECOND_FACTOR_RESET: "reset two-factor authentication for the account",
        Action.SIGNED_OUT_EVERYWHERE: "signed out everywhere:",
        Action.MAILBOX_PROVEN: "confirmed access to the mailbox of",
        Action.KEY_CREATED: "created the API key",
        Action.KEY_RENAMED: "renamed the API key",
        Action.KEY_REVOKED: "revoked the API key",
        Action.FEED_CREATED: "created the feed",
        Action.FEED_REVOKED: "revoked the feed",
        Action.WEBHOOK_CREATED: "created the webhook",
        Action.WEBHOOK_UPDATED: "changed the webhook",
        Action.WEBHOOK_DELETED: "deleted the webhook",
        Action.WEBHOOK_SECRET_ROTATED: "rotated the secret of the webhook",
        Action.WEBHOOK_TESTED: "sent a test to the webhook",
        Action.WEBHOOK_REDELIVERED: "resent a message to the webhook",
        Action.WEBHOOK_REPLAYED: "replayed failed messages to the webhook",
        Action.WEBHOOK_DISABLED: "switched off the webhook",
        Action.EMAIL_TESTED: "sent a test email to",
        Action.AUDIT_DOWNLOADED: "downloaded",
        Action.AUDIT_EXPORTED: "exported",
        Action.AUDIT_REMOVED: "removed",
        Action.RESTORED: "restored",
        Action.SETTINGS_ACCEPTED: "accepted new settings:",
        Action.KEYS_ROTATED: "rotated keys:",
        Action.MAINTENANCE_BEGUN: "switched on",
        Action.MAINTENANCE_ENDED: "switched off",
        Action.RUN_DOWNLOADED: "downloaded a file of the scheduled export",
        Action.SIGNED_IN: "signed in to the account",
        Action.SIGN_IN_FAILED: "failed to sign in to",
        Action.SIGN_IN_SLOWED: "was rate-limited when signing in to",
        Action.SIGNED_OUT: "signed out of the account",
        Action.SESSION_ENDED: "ended another session of the account",
        Action.SESSION_EXPIRED: "ended an expired session of the account",
        Action.LINK_REFUSED: "opened an invalid link for",
        Action.ACCESS_REFUSED: "was denied:",
    }
)
AREAS = {
    "schedule": "Scheduled exports",
    "view": "Shared views",
    "run": "Runs",
    "campaign": "Campaigns",
    "tenant": "Tenant",
    "member": "Members",
    "user": "Accounts",
    "account": "Own account",
    "key": "API keys",
    "feed": "Feeds",
    "webhook": "Webhooks",
    "destination": "Destinations",
    "email": "Test emails",
    "audit": "Audit",
    "installation": "Installation",
    "access": "Denied",
}
NAMES = {
    "keep_days": "days to keep files",
    "keep_runs_days": "days to keep the history",
    "brand_color": "colour",
    "logo_url": "logo",
    "recipient_domains": "recipient domains",
    "file_sha256": "SHA-256 of the file",
    "api_key": "API key",
}
HIDDEN = {"changed", "run", "of", "owner_id"}
"""Of a detail: shown elsewhere, or an id that means nothing to a reader."""
SHOWN = 12
"""Characters of a session's id: enough to search by."""
SHOWN_TEXT = 120
"""Characters of a value that are shown."""
FIRST = 3
"""Of a list."""
INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,6})?)?(Z|[+-]\d\d:\d\d)$", re.ASCII)


@dataclass
class AuditItem:
    """changes, origin: one line each. at: ISO 8601."""

    id: str
    at: str
    who: str
    what: str
    subject: str
    changes: list[str]
    origin: list[str]


def entry_item(entry: AuditEntry) -> AuditItem:
    # The app and the command line begin a sentence here; a person's name is theirs to write
    who = entry.actor_name if entry.actor_id else sentence(entry.actor_name)
    return AuditItem(
        entry.id,
        entry.at.isoformat(),
        who,
        WORDS[entry.action],
        entry.subject_name,
        _changes(entry),
        _origin(entry),
    )


def _origin(entry: AuditEntry) -> list[str]:
    """From where it was asked for."""
    known = {
        "Address": entry.address,
        "Session": entry.session and entry.session[:SHOWN],
        "Request": entry.request_id,
    }
    return [f"{name}: {value}" for name, value in known.items() if value]


def _changes(entry: AuditEntry) -> list[str]:
    changed = {
        key: pair for key, pair in entry.detail.get("changed", {}).items() if key not in HIDDEN
    }
    lines = [f"{_name(key)}: {_text(old)} → {_text(new)}" for key, (old, new) in changed.items()]
    return lines + [
        f"{_name(key)}: {_plain(key, value)}"
        for key, value in entry.detail.items()
        if key not in HIDDEN
    ]


def _plain(key: str, value: Any) -> str:
    """Without what is for programs: an error's code, an instant as ISO 8601."""
    if key == "reason" and isinstance(value, str) and re.fullmatch("[a-z]+(_[a-z]+)+", value):
        return value.replace("_", " ")
    if isinstance(value, str) and INSTANT.match(value):
        at = datetime.fromisoformat(value).astimezone(UTC)
        return f"{at.day} {at:%b %Y, %H:%M} UTC"
    return _text(value)


def _name(key: str) -> str:
    return sentence(NAMES.get(key, key.replace("_", " ")))


def _text(value: Any) -> str:
    if isinstance(value, dict) and "name" in value:  # of an API key
        value = value["name"]
    if value is None or value == "":
        return "nothing"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        more = f" and {counted(len(value) - FIRST, 'other')}" if len(value) > FIRST else ""
        return _cut(", ".join(map(str, value[:FIRST]))) + more
    return _cut(json.dumps(value, ensure_ascii=False) if isinstance(value, dict) else str(value))


def _cut(text: str) -> str:
    return text if len(text) <= SHOWN_TEXT else f"{text[: SHOWN_TEXT - 1]}…"
