"""Links by which recipients download a file that is too large for a message. Whoever has one needs no account."""

import hashlib
import hmac
from datetime import UTC, datetime
from urllib.parse import urlencode

from exports_app import log
from exports_app.domain.errors import Gone, NotFound
from exports_app.services.history import File, file_of
from exports_app.services.keys import DOWNLOAD_LINKS, Keys
from exports_app.services.ports import Clock, FileStore, Store
from exports_app.services.records import Delivery, Run
from exports_app.services.rules import is_uuid

PATH = "/api/files"

_log = log.get(__name__)


class Links:
    """base: what stands before the path, e.g. https://example.com"""

    def __init__(self, store: Store, files: FileStore, clock: Clock, keys: Keys, base: str) -> None:
        self._store, self._files, self._clock, self._base = store, files, clock, base.rstrip("/")
        self._key = keys.current(DOWNLOAD_LINKS)

    def url(self, run: Run, delivery: Delivery, expires_at: datetime) -> str:
        """For one recipient of one run; its address does not stand in it."""
        expires = int(expires_at.timestamp())
        query = urlencode({"expires": expires, "signature": self._sign(run, delivery.target, expires)})
        return f"{self._base}{PATH}/{delivery.id}?{query}"

    def file(self, delivery_id: str, expires: int, signature: str) -> File:
        """Raises NotFound for what was never given out, or whose schedule was deleted; Gone once the link is too old, or the
        file was removed."""
        with self._store.read() as tx:
            delivery = tx.deliveries.get(delivery_id) if is_uuid(delivery_id) else None
            run = tx.runs.get(delivery.history_id) if delivery else None
            schedule = tx.schedules.get(run.scheduled_export_id) if run else None
        if delivery is None or run is None or schedule is None:
            raise NotFound
        if not hmac.compare_digest(self._sign(run, delivery.target, expires).encode(), signature.encode()):
            raise NotFound
        if datetime.fromtimestamp(expires, UTC) <= self._clock():
            raise Gone("This link has expired: ask whoever manages the scheduled export to send the file again")
        found = file_of(run, self._files)
        _log.info("file downloaded by link", run=run.id, to=log.masked(delivery.target), bytes=run.file_size)
        return found

    def _sign(self, run: Run, target: str, expires: int) -> str:
        what = "\n".join((run.id, run.tenant_id, target, str(expires)))
        return hmac.new(self._key, what.encode(), hashlib.sha256).hexdigest()
