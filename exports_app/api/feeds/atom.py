"""The runs that have ended, as a feed (Atom, RFC 4287).

It names no recipients, and no errors, which may name some: feed readers keep what they read on
machines of others.
"""

from datetime import UTC, datetime
from xml.etree import ElementTree as ET

from exports_app.domain import humanize
from exports_app.domain.runs.states import DeliveryStatus
from exports_app.services.accounts.feeds import RunFeed
from exports_app.services.core.field_rules import xml_can_hold
from exports_app.services.runs.listing import ListedRun

MEDIA_TYPE = "application/atom+xml; charset=utf-8"
NAMESPACE = "http://www.w3.org/2005/Atom"


def write(feed: RunFeed, base: str) -> bytes:
    """base: what stands before the paths of pages."""
    root = ET.Element("feed", xmlns=NAMESPACE)
    about = feed.feed
    _add(root, "id", f"urn:uuid:{about.feed.id}")
    _add(root, "title", about.schedule or f"{about.tenant}: runs")
    ends = [listed.run.completed_at for listed in feed.runs if listed.run.completed_at]
    _add(root, "updated", _instant(max(ends, default=about.feed.created_at)))
    _add(ET.SubElement(root, "author"), "name", about.tenant)
    # No link to itself: its address is a secret, which the text must not hold
    only = about.feed.schedule_id
    page = f"/scheduled-exports/{only}" if only else "/runs"
    ET.SubElement(root, "link", rel="alternate", href=base + page)
    for listed in feed.runs:
        _entry(root, listed, base)
    text: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return text


def _entry(root: ET.Element, listed: ListedRun, base: str) -> None:
    """The same id when a run ends again; it is updated then."""
    run = listed.run
    entry = ET.SubElement(root, "entry")
    _add(entry, "id", f"urn:uuid:{run.id}")
    _add(entry, "title", f"{listed.schedule_name}: {run.status}")
    _add(entry, "published", _instant(run.created_at))
    _add(entry, "updated", _instant(run.completed_at or run.created_at))
    ET.SubElement(entry, "link", rel="alternate", href=f"{base}/runs/{run.id}")
    ET.SubElement(entry, "category", term=str(run.status))
    _add(entry, "content", " ".join(_sentences(listed)))


def _sentences(listed: ListedRun) -> list[str]:
    run = listed.run
    found = [f"Status: {run.status}."]
    if run.tick is not None:
        found.append(f"Scheduled for {run.tick.astimezone(UTC):%d %b %Y, %H:%M} UTC.")
    if run.record_count is not None:
        found.append(f"Rows: {run.record_count:,}.")
    if run.file_size is not None:
        found.append(f"File: {humanize.size(run.file_size)}.")
    if total := len(listed.deliveries):
        accepted = sum(each.status == DeliveryStatus.ACCEPTED for each in listed.deliveries)
        found.append(f"Delivered to {accepted} of {humanize.counted(total, 'recipient')}.")
    return found


def _add(to: ET.Element, name: str, text: str) -> None:
    ET.SubElement(to, name).text = "".join(c for c in text if xml_can_hold(c))


def _instant(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
