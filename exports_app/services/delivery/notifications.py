"""Emails about scheduled exports to their owners and admins.

`services.runs.completion` writes a notification as a row, in the transaction of its cause. It is
sent from here: at least once, always under the same Message-ID, and retried like any message.
"""

from datetime import datetime

from exports_app.domain import bidi, humanize
from exports_app.domain.runs import retry
from exports_app.domain.timing import instants
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
            store, clock, retries, "notice", "notice", lambda tx: tx.notifications, self._compose
        )

    def due(self) -> bool:
        """Whether there is anything to send. Raises Unavailable."""
        return self._outbox.due()

    def recover(self) -> None:
        """As `Outbox.recover`."""
        self._outbox.recover()

    def send_due(self) -> int:
        """Send a batch of due messages. Returns how many were attempted. Raises Unavailable."""
        return self._outbox.send_due()

    def _compose(self, notification: Notification) -> Note:
        with self._store.read() as tx:
            tenant = tx.tenants.get(notification.tenant_id)
        assert tenant is not None
        return note(notification, tenant, self._base_url)


def note(notification: Notification, tenant: Tenant, base_url: str) -> Note:
    """The notification as an email."""
    title, lead = _headline(notification)
    query = f"?run={notification.history_id}" if notification.history_id else ""
    return Note(
        tenant_name=tenant.name,
        brand_color=tenant.brand_color,
        logo_url=tenant.logo_url,
        export_name=notification.content["name"],
        title=title,
        lead=lead,
        facts=_facts(notification),
        url=f"{base_url}/scheduled-exports/{notification.scheduled_export_id}{query}",
        why=(
            "This message was sent automatically because you own or administer this scheduled "
            "export."
        ),
        created_at=notification.created_at,
    )


def _headline(notification: Notification) -> tuple[str, str]:
    """The title, and what happens next."""
    content = notification.content
    name = bidi.isolated(content["name"])
    match notification.kind:
        case NotificationKind.FAILING:
            lead = (
                "It will run again at its next scheduled time. You will get another message when "
                "it succeeds."
            )
            return f"“{name}” failed", lead
        case NotificationKind.GAVE_UP:
            attempts = humanize.counted(content["attempts"], "attempt")
            return f"“{name}” failed again", f"This run failed after {attempts}."
        case NotificationKind.PAUSED:
            lead = (
                "It will not run until someone activates it. Fix the cause first, then activate it "
                "in the list."
            )
            return f"“{name}” was paused", lead
        case NotificationKind.RECOVERED:
            if content["error"]:
                return f"“{name}” is working again", f"{humanize.sentence(content['error'])}."
            return f"“{name}” is working again", "Its last run reached all its recipients."


def _facts(notification: Notification) -> list[tuple[str, str]]:
    """Label and value."""
    content = notification.content
    kind = notification.kind
    zone = content["timezone"]
    facts: list[tuple[str, str]] = []
    if content["scheduled_for"]:
        facts.append(("Scheduled", _instant(content["scheduled_for"], zone)))
    if kind is NotificationKind.RECOVERED and content["since"]:
        facts.append(("Failing since", _instant(content["since"], zone)))
    elif reason := content.get("reason") or content["error"]:
        facts.append(("Reason", humanize.sentence(reason)))
    failed = kind in {NotificationKind.FAILING, NotificationKind.GAVE_UP}
    if failed and content["attempts"] > 1:
        facts.append(("Attempts", f"{content['attempts']}"))
    return facts


def _instant(stored: str, timezone: str) -> str:
    # Of an unknown zone, which may be the reason of the notification, in UTC
    return instants.in_words(datetime.fromisoformat(stored), timezone)
