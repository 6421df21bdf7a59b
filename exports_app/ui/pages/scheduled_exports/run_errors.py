"""A run's error for the reader, and what can be done about it."""

import re

from exports_app.domain.humanize import sentence

HINTS = {
    "access_lost": (
        "If it is paused, resume it: it then runs on your behalf. Otherwise rerun it yourself."
    ),
    "account_taken_over": (
        "Check what the scheduled export sends, and to whom. If that is right, rerun it yourself."
    ),
    "campaign_missing": "Edit the scheduled export and choose campaigns that exist.",
    "destinations_off": ("Switch a destination on under Settings → Destinations, then rerun it."),
    "delivery_failed": "See below what to do for each recipient.",
    "no_data": (
        "This is fine if there is no data for these dates. The form sets what happens when there "
        "is no data."
    ),
    "plugin_missing": (
        "Edit the scheduled export and choose a type and a format that are installed."
    ),
    "worker_died": (
        "This export makes its process crash, most often from a lack of memory. Narrow its filters."
    ),
    "memory_limit": (
        "Narrow its filters, choose CSV instead of another format, or have the limit raised."
    ),
    "time_limit": (
        "Narrow its filters, or raise the time limit in the form. A large Excel file takes "
        "longer than the same CSV."
    ),
    "too_large": "Choose a shorter period or fewer campaigns, or split it into several exports.",
    "attachment_too_large": (
        "Choose “Always a download link” in the form, or “Attachment; ZIP or link if large”."
    ),
    "process_killed": (
        "Rerun it. If it fails again, narrow its filters: the server has too little memory."
    ),
    "process_failed": (
        "Rerun it. If it fails again, ask the server's operator: the cause is in the log under "
        "the run's ID."
    ),
    "file_not_written": "Nothing was sent. Ask the server's operator to check its disk.",
    "out_of_resources": (
        "Rerun it. If it fails again, ask the server's operator: it needs more memory or a higher "
        "limit on open files."
    ),
    "schedule_deleted": "No action is needed: the scheduled export was deleted.",
    "invalid_timezone": (
        "Edit the scheduled export and choose a time zone from the list, then resume it."
    ),
    "invalid_cron": "Edit the scheduled export and choose another schedule, then resume it.",
    "unreadable": "Edit the scheduled export and save it once, then resume it.",
    "restored": (
        "Ask its recipients. If they did not get it, resend it, or run this date under “Backfill”."
    ),
    "newer_version": "No action is needed: a server of the newer version will run it.",
    "overlap": (
        "Run this date under “Backfill”. What happens then can be chosen in the form, under "
        "“Overlapping and missed runs”."
    ),
    "missed": (
        "Run this date under “Backfill”. What happens after downtime can be chosen in the form, "
        "under “Overlapping and missed runs”."
    ),
    "quota_exceeded": (
        "Rerun it once there is room, or ask a super admin to raise this tenant's quota."
    ),
    "quota_reserved": (
        "Rerun it once other runs have finished, or ask a super admin to raise this tenant's quota."
    ),
    "cancelled": "Rerun it if it was cancelled by mistake.",
    "unavailable": "Rerun it once the database is available again.",
    "store_unavailable": (
        "Ask the server's operator to check the file storage. Rerun it once that is available "
        "again."
    ),
    "internal": (
        "Rerun it. If it fails again, ask the server's operator: the cause is in the log under "
        "the run's ID."
    ),
}
WAITS = "We'll retry automatically. If it is urgent, retry now."
_ID = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_IDS = re.compile(rf" ?\({_ID}(?:, {_ID})*\)")


def readable(error: str | None) -> str:
    """The error without the ids it lists, which say nothing to a reader."""
    return sentence(_IDS.sub("", error or ""))


def hint(code: str | None) -> str:
    """Empty where the error needs no hint."""
    return HINTS.get(code or "", "")
