"""Where the scheduled exports and their runs are, and the addresses that open something there."""

from collections.abc import Mapping
from urllib.parse import urlencode

from exports_app.services.runs.listing import Place

ROUTE = "/scheduled-exports"
RUNS = "/runs"
OLDER, NEWER = "older", "newer"
"""Parameters: the id of the run that the page of a list of runs is older than, or newer than."""


def schedule_in(path: str) -> str:
    """The id of the scheduled export whose history this path opens; empty where it opens none."""
    return _named(ROUTE, path)


def run_in(path: str) -> str:
    """The id of the run that this path shows alone; empty where it is the list of all."""
    return _named(RUNS, path)


def _named(route: str, path: str) -> str:
    parts = path.rstrip("/").split("/")
    return parts[2] if len(parts) == 3 and f"/{parts[1]}" == route else ""


def place_in(asked: Mapping[str, str]) -> Place:
    """Where an address's parameters are in a list of runs."""
    return Place(older_than=asked.get(OLDER, ""), newer_than=asked.get(NEWER, ""))


def place_parts(place: Place) -> dict[str, str]:
    return {OLDER: place.older_than, NEWER: place.newer_than}


def with_parts(address: str, parts: Mapping[str, str]) -> str:
    """The address with these parameters too; empty ones are left out."""
    text = urlencode({k: v for k, v in parts.items() if v})
    return f"{address}{'&' if '?' in address else '?'}{text}" if text else address


def new_link(export_type: str, period: str, start: str, end: str, group: str, tenant: str) -> str:
    """Opens the form of a new scheduled export with these filters, as the form has them. tenant: a
    slug, or empty."""
    parts = {
        "tenant": tenant,
        "new": export_type,
        "period": period,
        "start_date": start,
        "end_date": end,
        "group_by": group,
    }
    return with_parts(ROUTE, parts)
