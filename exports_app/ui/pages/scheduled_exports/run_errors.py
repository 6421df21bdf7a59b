"""A run's error for the reader, and what can be done about it."""

import re

from exports_app.domain.humanize import sentence

HINTS = {
    "access_lost": (
        "If it is paused, resume it: it then runs in your name. Otherwise run it again yourself."
    ),
    "account_taken_over": (
        "Check what the scheduled export sends, and to whom. If that is right, run it again "
        "yourself."
    ),
    "campaign_missing": "Edit the scheduled export and choose campaigns that exist.",
    "no_data": (
        "This is fine if nothing was recorded in these days. The form sets what happens when "
        "there is no data."
    ),
    "plugin_missing": (
        "Edit the scheduled export and choose a type and a format that are installed."
    ),
    "worker_died": (
        "Something in this export ends its process, most often a lack of memory. Narrow its "
        "filters."
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
        "Run it again. If it fails again, ask the operator of the server: the reason is in the "
        "log under the run's id."
    ),
    "file_not_written": "Nothing was sent. Ask the operator of the server to check its disk.",
    "out_of_resources": (
        "Run it again. If it fails again, ask the operator of the server: it needs more memory or "
        "a higher limit of open files."
    ),
    "schedule_deleted": "Nothing needs to be done: the scheduled export was deleted.",
    "invalid_timezone": (
        "Edit the scheduled export and choose a time zone from the list, then resume it."
    ),
    "invalid_cron": "Edit the scheduled export and choose another schedule, then resume it.",
    "unreadable": "Edit the scheduled export and save it once, then resume it.",
    "restored": (
        "Ask its recipients. If they did not get it, send it again, or run this time under “Run "
        "past times”."
    ),
    "newer_version": "Nothing needs to be done: a server of the newer version runs it.",
    "overlap": (
        "Choose under Advanced what happens when runs overlap, or run this time under “Run past "
        "times”."
    ),
    "missed": (
        "Run it under “Run past times”, or choose under Advanced what happens after a downtime."
    ),
    "quota_exceeded": (
        "Run it again once there is room, or ask a super admin to raise the quota of this tenant."
    ),
    "quota_reserved": (
        "Run it again once other runs have ended, or ask a super admin to raise the quota of "
        "this tenant."
    ),
    "cancelled": "Run it again if it was cancelled by mistake.",
    "unavailable": "Run it again once the database is back.",
    "store_unavailable": (
        "Run it again once the file storage is back. Ask the operator of the server to check it."
    ),
    "internal": (
        "Run it again. If it fails again, ask the operator of the server: the reason is in the "
        "log under the run's id."
    ),
}
WAITS = "It is retried automatically. If it cannot wait, retry it now."
UNKNOWN = (
    "Ask the recipients whether it arrived. Then choose “It arrived”, or send it again: it is "
    "the same message, which most email programs show only once."
)
_ID = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_IDS = re.compile(rf" ?\({_ID}(?:, {_ID})*\)")
_REPLY = re.compile(r"(?:^|: )([45])\d\d\b")
"""Of a mail server, as it stands in an error: behind whom it concerns. Its port is no reply."""


def readable(error: str | None) -> str:
    """The error without the ids it lists, which say nothing to a reader."""
    return sentence(_IDS.sub("", error or ""))


def hint(code: str | None, error: str | None) -> str:
    """Empty where the error needs no hint."""
    if code == "delivery_failed":
        return _delivery(error or "")
    return HINTS.get(code or "", "")


def _delivery(error: str) -> str:
    reply = _REPLY.search(error)
    if reply is None:
        return (
            "The mail server could not be reached, or it broke off the connection. Check its "
            "settings, then send again to those who did not get it."
        )
    if reply[1] == "4":
        return (
            "The mail server refused it temporarily. Send again later to those who did not get it."
        )
    return (
        "The mail server refused it permanently. Check the address, and fix it in the scheduled "
        "export for future runs."
    )
