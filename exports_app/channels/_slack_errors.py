"""What Slack's Web API answers, in words. Source: the lists of errors at docs.slack.dev, of
files.getUploadURLExternal, files.completeUploadExternal, chat.postMessage and auth.test."""

import re
from collections.abc import Mapping
from typing import Any

from exports_app.domain.errors import DeliveryError, DeliveryUnknown

INVITE = "write /invite @ and the name of the app in the channel"
_SIGN_IN = (
    "Slack does not take the token: copy the Bot User OAuth Token again from the app's page"
    " OAuth & Permissions"
)
_NOT_ALLOWED = "the workspace does not let the app post there: ask an admin of the workspace"
_FILES = "the workspace takes no such file: ask an admin of the workspace"
_WORDS = {
    "not_in_channel": f"the app is not in the channel: {INVITE}",
    "channel_not_found": "Slack knows no channel with this ID, or it is private and the app is not"
    f" in it: check the ID, or {INVITE}",
    "is_archived": "the channel is archived: choose another one, or unarchive it",
    "file_upload_size_restricted": "the workspace takes no files of this size: choose fewer days",
    "storage_limit_reached": "the workspace has no room for files: ask an admin of the workspace",
    **dict.fromkeys(
        (
            *("invalid_auth", "not_authed", "account_inactive", "token_revoked", "token_expired"),
            *("not_allowed_token_type", "org_login_required"),
        ),
        _SIGN_IN,
    ),
    **dict.fromkeys(
        (
            *("access_denied", "ekm_access_denied", "no_permission", "team_access_not_granted"),
            *("restricted_action", "restricted_action_read_only_channel", "not_allowed"),
            *("restricted_action_thread_only_channel", "posting_to_general_channel_denied"),
            *("restricted_action_non_threadable_channel", "enterprise_is_restricted"),
        ),
        _NOT_ALLOWED,
    ),
    **dict.fromkeys(
        ("file_uploads_disabled", "file_uploads_except_images_disabled", "file_type_not_allowed"),
        _FILES,
    ),
}
_PASSING = frozenset(
    {
        *("ratelimited", "rate_limited", "service_unavailable", "request_timeout"),
        *("team_added_to_org", "accesslimited", "message_limit_exceeded"),
    }
)
"""A retry may help: nothing was done."""
_INCOMPLETE = frozenset({"fatal_error", "internal_error"})
"""Some of it may have been done."""
_NAME = re.compile(r"[A-Za-z0-9_:,.-]{1,100}")
RATE_LIMITED = frozenset({"ratelimited", "rate_limited"})


def of(answer: Mapping[str, Any], *, posts: bool) -> DeliveryError:
    """answer: one with ``ok: false``. posts: whether the call was the one that posts."""
    code = _clean(answer.get("error")) or "an error without a name"
    if code == "missing_scope":
        needed = _clean(answer.get("needed")) or "of files and messages"
        return DeliveryError(missing_scope(needed))
    if code in _PASSING:
        return DeliveryError(f"Slack takes no messages at the moment ({code})", permanent=False)
    if code in _INCOMPLETE:
        return unclear(f"Slack answered {code}", posts=posts)
    if words := _WORDS.get(code):
        return DeliveryError(f"{words} (Slack answered {code})")
    return DeliveryError(f"Slack answered {code}")


def missing_scope(needed: str) -> str:
    return (
        f"the app lacks the scope {needed}: add it on the app's page OAuth & Permissions, and"
        " reinstall the app"
    )


def unclear(what: str, *, posts: bool) -> DeliveryError:
    """For a call that may have been carried out."""
    if posts:
        return DeliveryUnknown(f"{what}: the message may have been posted")
    return DeliveryError(what, permanent=False)


def _clean(value: object) -> str:
    return value if isinstance(value, str) and _NAME.fullmatch(value) else ""
