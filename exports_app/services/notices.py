"""Emails about scheduled exports to those who look after them. They are written with what they tell of (`aftermath`), and sent
from here: at least once, under one Message-ID, tried again like any message."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from exports_app import log
from exports_app.domain import cron, retry, words
from exports_app.domain.errors import DeliveryError, ExportsError
from exports_app.domain.run import DeliveryStatus
from exports_app.services.plugs import CHANNELS, Note
from exports_app.services.ports import Clock, Store
from exports_app.services.records import Notice, NoticeKind, Tenant

BATCH = 20
ON_THE_WIRE = timedelta(minutes=10)
"""After so long without a word from whoever was sending it, it is sent again."""

_log = log.get(__name__)


class Notices:
    """base_url: what stands before the path in links."""

    def __init__(self, store: Store, clock: Clock, retries: retry.Policy, base_url: str) -> None:
        self._store, self._clock, self._retries, self._base_url = store, clock, retries, base_url

    def due(self) -> bool:
        """Whether there is anything to send. Raises Unavailable."""
        with self._store.read() as tx:
            return bool(tx.notices.due(self._clock(), 1))

    def send_due(self) -> int:
        """Send what is due, a batch of it. Returns how many were tried. Raises Unavailable."""
        with self._store.read() as tx:
            due = tx.notices.due(self._clock(), BATCH)
            tenants = {one.tenant_id: tx.tenants.get(one.tenant_id) for one in due}
        for one in due:
            tenant = tenants[one.tenant_id]
            assert tenant is not None
            self._send(one, tenant)
        return len(due)

    def _send(self, notice: Notice, tenant: Tenant) -> None:
        channel = CHANNELS["email"]
        if reason := channel.unconfigured():
            self._note(notice, status=DeliveryStatus.SKIPPED, error=reason, next_attempt_at=None)
            return
        taken = replace(notice, status=DeliveryStatus.SENDING, attempts=notice.attempts + 1)
        again = self._clock() + ON_THE_WIRE
        if not self._note(notice, status=taken.status, attempts=taken.attempts, next_attempt_at=again):
            return  # another process sends it
        try:
            channel.tell(notice.target, notice.id, note(notice, tenant, self._base_url))
        except DeliveryError as e:
            self._failed(taken, e)
        except Exception:  # noqa: BLE001  (it is in the log, and in the notice's row)
            _log.exception("a notice failed unexpectedly", notice=notice.id)
            self._failed(taken, DeliveryError("an unexpected error: the server's log tells more"))
        else:
            now = self._clock()
            self._note(taken, status=DeliveryStatus.ACCEPTED, error=None, sent_at=now, next_attempt_at=None)

    def _failed(self, notice: Notice, error: DeliveryError) -> None:
        now = self._clock()
        at = retry.decide(error, notice.attempts, self._retries, notice.created_at, now)
        status = DeliveryStatus.FAILED if at is None else DeliveryStatus.PENDING
        reason = log.without_addresses(error.message)
        _log.warning("a notice was not accepted", notice=notice.id, to=log.masked(notice.target), reason=reason)
        self._note(notice, status=status, error=error.message, next_attempt_at=at)

    def _note(self, seen: Notice, **values: Any) -> bool:
        with self._store.write() as tx:
            return tx.notices.change(seen, values)


def note(notice: Notice, tenant: Tenant, base_url: str) -> Note:
    """The notice in words."""
    told = notice.content
    name, zone = told["name"], _zone(told["timezone"])
    tried = words.counted(told["attempts"], "attempt")
    title, lead = {
        NoticeKind.FAILING: (f"“{name}” failed", "It goes on at its next run time. You will hear again when all is well."),
        NoticeKind.GAVE_UP: (
            f"“{name}” failed again",
            f"This run was given up after {tried}.",
        ),
        NoticeKind.PAUSED: (
            f"“{name}” was paused",
            "It does not run any more until somebody activates it: mend the reason first, then activate it in the list.",
        ),
        NoticeKind.RECOVERED: (
            f"“{name}” works again",
            f"{words.sentence(told['error'])}." if told["error"] else "Its last run reached all its recipients.",
        ),
    }[notice.kind]
    facts = [("Export", name)]
    if told["scheduled_for"]:
        facts.append(("Run time", _instant(datetime.fromisoformat(told["scheduled_for"]), zone)))
    if notice.kind is NoticeKind.RECOVERED and told["since"]:
        facts.append(("Failing since", _instant(datetime.fromisoformat(told["since"]), zone)))
    elif why := told.get("reason") or told["error"]:
        facts.append(("Reason", words.sentence(why)))
    if notice.kind in {NoticeKind.FAILING, NoticeKind.GAVE_UP} and told["attempts"] > 1:
        facts.append(("Attempts", f"{told['attempts']}"))
    return Note(
        tenant_name=tenant.name,
        brand_color=tenant.brand_color,
        logo_url=tenant.logo_url,
        export_name=name,
        title=title,
        lead=lead,
        facts=facts,
        url=f"{base_url}/scheduled-exports/{notice.scheduled_export_id}?run={notice.history_id}",
        why=f"This message was sent automatically because you look after scheduled exports of {tenant.name}.",
        created_at=notice.created_at,
    )


def _zone(name: str) -> ZoneInfo:
    """UTC for one that is no longer known: that it is gone may be what the notice tells."""
    try:
        return cron.zone(name)
    except ExportsError:
        return ZoneInfo("UTC")


def _instant(at: datetime, zone: ZoneInfo) -> str:
    local = at.astimezone(zone)
    return f"{local.day} {local:%b %Y, %H:%M} ({zone.key})"
