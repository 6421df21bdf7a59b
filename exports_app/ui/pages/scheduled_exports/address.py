"""Where the scheduled exports are, and the address that opens the form of a new one."""

from urllib.parse import urlencode

ROUTE = "/scheduled-exports"


def schedule_in(path: str) -> str:
    """The id of the scheduled export whose history this path opens; empty where it opens none."""
    parts = path.rstrip("/").split("/")
    return parts[2] if len(parts) == 3 else ""


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
    return f"{ROUTE}?{urlencode({k: v for k, v in parts.items() if v})}"
