"""A run's error as people read it, and what they can do about it, in plain words."""

import re

from exports_app.domain.humanize import sentence

HINTS = {
    "access_lost": (
        "Where it is paused, resume it: then it runs in your name. Else run it again yourself."
    ),
    "account_taken_over": (
        "Check what the scheduled export sends to whom. If that is right, run it again yourself."
    ),
    "campaign_missing": "Edit the scheduled export and choose campaigns that exist.",
    "no_data": (
        "Nothing is wrong if nothing was recorded in these days. What happens without data is "
        "set in the form."
    ),
    "plugin_missing": (
        "Edit the scheduled export and choose a type and a format that are installed."
    ),
    "worker_died": (
        "Something in this export ends the process that makes it, most often too little memory. "
        "Narrow its filters."
    ),
    "memory_limit": (
        "Narrow its filters, choose CSV instead of another format, or have the limit raised."
    ),
    "time_limit": (
        "Narrow its filters, or raise the time limit in the form. A large Excel file takes "
        "longer than the same CSV."
    ),
    "too_large": "Narrow its period or its campaigns, or split it into several scheduled exports.",
    "attachment_too_large": (
        "Choose “Always as a download link” in the form, or let the app decide."
    ),
    "process_killed": (
        "Run it again. If it happens again, narrow its filters: the machine has too little memory."
    ),
    "process_failed": (
        "Run it again. If it fails again, whoever runs the server finds the reason in its log "
        "under the run's id."
    ),
    "file_not_written": "Whoever runs the server must look at its disk. Nothing was sent.",
    "schedule_deleted": "Nothing is left to do: the scheduled export is gone.",
    "invalid_timezone": (
        "Edit the scheduled export and choose a time zone from the list, then resume it."
    ),
    "invalid_cron": "Edit the scheduled export and choose another schedule, then resume it.",
    "unreadable": "Edit the scheduled export and save it once, then resume it.",
    "overlap": (
        "Choose under Advanced what shall happen then, or run this time after all under “Run "
        "past times”."
    ),
    "missed": (
        "Run it after all under “Run past times”, or choose under Advanced what a downtime "
        "leaves to be made up."
    ),
    "quota_exceeded": (
        "Run it again once there is room, or ask a super admin to raise the quota of this tenant."
    ),
    "quota_reserved": (
        "Run it again once other runs have ended, or ask a super admin to raise the quota of "
        "this tenant."
    ),
    "cancelled": "Run it again, if it was called off by mistake.",
    "unavailable": "Run it again once the database is back.",
    "store_unavailable": (
        "Run it again once the place for files is back: whoever runs the server must look."
    ),
    "internal": (
        "Run it again. If it fails again, whoever runs the server finds the reason in its log "
        "under the run's id."
    ),
}
WAITS = "It is tried again by itself: nothing needs to be done, unless it must not wait."
UNKNOWN = (
    "Ask who should have it, then say “It arrived”, or send it again: it is the same message, "
    "which most programs show once."
)
_ID = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_IDS = re.compile(rf" ?\({_ID}(?:, {_ID})*\)")
_REPLY = re.compile(r"(?:^|: )([45])\d\d\b")
"""Of a mail server, as it stands in an error: behind whom it concerns. Its port is no reply."""


def readable(error: str | None) -> str:
    """The error without the ids it lists, which say nothing to a reader."""
    return sentence(_IDS.sub("", error or ""))


def hint(code: str | None, error: str | None) -> str:
    """Empty where the error says it all."""
    if code == "delivery_failed":
        return _delivery(error or "")
    return HINTS.get(code or "", "")


def _delivery(error: str) -> str:
    reply = _REPLY.search(error)
    if reply is None:
        return (
            "The mail server could not be reached or broke off. Check its settings, then send "
            "again to those who did not get it."
        )
    if reply[1] == "4":
        return "The mail server refused for now. Send again in a while to those who did not get it."
    return (
        "The mail server refused for good: check the address, and mend it in the scheduled "
        "export for the runs to come."
    )
