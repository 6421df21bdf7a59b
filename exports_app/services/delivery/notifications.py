"""Emails about scheduled exports to those who look after them. They are written with what they tell
of (`aftermath`), and sent from here: at least once, under one Message-ID, tried again like any
message."""

from datetime import datetime
from zoneinfo import ZoneInfo

from exports_app.domain import humanize
from exports_app.domain.errors import ExportsError
from exports_app.domain.runs import retry
from exports_app.domain.timing import cron
from exports_app.services.core.extension_points import Note
from exports_app.services.core.interfaces import Clock, Store
from exports_app.services.core.records import Notification, NotificationKind, Tenant
from exports_app.services.delivery.outbox import Outbox


class Notifications:
    """base_url: what stands before the path in links."""

    def __init__(self, store: Store, clock: Clock, retries: retry.Policy, base_url: str) -> None:
        self._store = store
        self._base_url = base_url
        self._outbox = Outbox(
            store, clock, retries, "notice", lambda tx: tx.notifications, self._compose
        )

    def due(self) -> bool:
        """Whether there is anything to send. Raises Unavailable."""
        return self._outbox.due()

    def send_due(self) -> int:
        """Send a batch of what is due. Returns how many were tried. Raises Unavailable."""
        return self._outbox.send_due()

    def _compose(self, notice: Notification) -> Note:
        with self._store.read() as tx:
            tenant = tx.tenants.get(notice.tenant_id)
        assert tenant is not None
        return note(notice, tenant, self._base_url)


def note(notice: Notification, tenant: Tenant, base_url: str) -> Note:
    """The notice in words."""
    told = notice.content
    name, zone = told["name"], _zone(told["timezone"])
    tried = humanize.counted(told["attempts"], "attempt")
    title, lead = {
        NotificationKind.FAILING: (
            f"“{name}” failed",
            "It goes on at its next run time. You will hear again when all is well.",
        ),
        NotificationKind.GAVE_UP: (
            f"“{name}” failed again",
            f"This run was given up after {tried}.",
        ),
        NotificationKind.PAUSED: (
            f"“{name}” was paused",
            (
                "It does not run any more until somebody activates it: mend the reason first, then "
                "activate it in the list."
            ),
        ),
        NotificationKind.RECOVERED: (
            f"“{name}” works again",
            f"{humanize.sentence(told['error'])}."
            if told["error"]
            else "Its last run reached all its recipients.",
        ),
    }[notice.kind]
    facts = [("Export", name)]
    if told["scheduled_for"]:
        facts.append(("Run time", instant(datetime.fromisoformat(told["scheduled_for"]), zone)))
    if notice.kind is NotificationKind.RECOVERED and told["since"]:
        facts.append(("Failing since", instant(datetime.fromisoformat(told["since"]), zone)))
    elif why := told.get("reason") or told["error"]:
        facts.append(("Reason", humanize.sentence(why)))
    if notice.kind in {NotificationKind.FAILING, NotificationKind.GAVE_UP} and told["attempts"] > 1:
        facts.append(("Attempts", f"{told['attempts']}"))
    of_run = f"?run={notice.history_id}" if notice.history_id else ""
    return Note(
        tenant_name=tenant.name,
        brand_color=tenant.brand_color,
        logo_url=tenant.logo_url,
        export_name=name,
        title=title,
        lead=lead,
        facts=facts,
        url=f"{base_url}/scheduled-exports/{notice.scheduled_export_id}{of_run}",
        why=(
            "This message was sent automatically because you look after scheduled exports of "
            f"{tenant.name}."
        ),
        created_at=notice.created_at,
    )


def _zone(name: str) -> ZoneInfo:
    """UTC for one that is no longer known: that it is gone may be what the notice tells."""
    try:
        return cron.zone(name)
    except ExportsError:
        return ZoneInfo("UTC")


def instant(at: datetime, zone: ZoneInfo) -> str:
    """As a message tells it, with the name of the zone."""
    local = at.astimezone(zone)
    return f"{local.day} {local:%b %Y, %H:%M} ({zone.key})"
