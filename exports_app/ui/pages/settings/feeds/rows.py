"""A feed, as the page shows it."""

from dataclasses import dataclass

from exports_app.services.accounts.feeds import KnownFeed


@dataclass
class FeedRow:
    """shows: in words. Instants are ISO 8601, empty: never."""

    id: str
    name: str
    prefix: str
    shows: str
    created_at: str
    used_at: str
    used_from: str


def row(known: KnownFeed) -> FeedRow:
    feed = known.feed
    return FeedRow(
        feed.id,
        feed.name,
        f"{feed.prefix}…",
        _shows(known),
        feed.created_at.isoformat(),
        feed.last_used_at.isoformat() if feed.last_used_at else "",
        feed.last_used_address or "",
    )


def _shows(known: KnownFeed) -> str:
    if known.feed.schedule_id is None:
        return f"all of {known.tenant}"
    return f"only {known.schedule}" if known.schedule else "only a deleted scheduled export"
