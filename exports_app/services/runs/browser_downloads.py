"""Downloads started on a page. The page gets a one-time code, and the browser exchanges it for the
file.

Rights are checked twice: when the code is made, and when it is used.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from exports_app.domain.access import Principal
from exports_app.services.audit.audit_log import Audit
from exports_app.services.core import request_context
from exports_app.services.core.interfaces import AuditFilter
from exports_app.services.core.records import DownloadWay, Page
from exports_app.services.identity.sessions import Sessions, id_of
from exports_app.services.runs.download_log import DownloadLog
from exports_app.services.runs.history import History, RunFile

CSV = "text/csv; charset=utf-8"
TEXT = "text/plain; charset=utf-8"
RUN, AUDIT, REPORT = "run", "audit", "report"
"""The subject of a code."""


@dataclass(frozen=True)
class PreparedDownload:
    """A text file that is made while it is sent."""

    name: str
    mime: str
    pieces: Iterator[str]


class BrowserDownloads:
    def __init__(
        self, sessions: Sessions, history: History, downloads: DownloadLog, audit: Audit
    ) -> None:
        self._sessions = sessions
        self._history = history
        self._downloads = downloads
        self._audit = audit

    def of_run(self, who: Principal, session_id: str, schedule_id: str, run_id: str) -> str:
        """A code for a run's file. Raises NotFound, also while there is no file, Forbidden, Gone,
        and Unauthenticated when the session is over."""
        self._history.file(who, schedule_id, run_id)
        return self._sessions.download_code(
            who, session_id, {"what": RUN, "schedule_id": schedule_id, "run_id": run_id}
        )

    def of_audit(
        self, who: Principal, session_id: str, tenant_id: str | None, where: AuditFilter
    ) -> str:
        """A code for the entries that `Audit.csv` gives. Raises as that, and Unauthenticated when
        the session is over."""
        self._audit.find(who, tenant_id, where, Page(1, 1))
        asked = {k: v.isoformat() if isinstance(v, datetime) else v for k, v in vars(where).items()}
        return self._sessions.download_code(
            who, session_id, {"what": AUDIT, "tenant_id": tenant_id, "where": asked}
        )

    def of_text(self, who: Principal, session_id: str, name: str, text: str) -> str:
        """A code for a short text that the page shows already, such as a report. name: of the file,
        in ASCII. Raises Unauthenticated when the session is over."""
        return self._sessions.download_code(
            who, session_id, {"what": REPORT, "name": name, "text": text}
        )

    def take(self, code: str, session_id: str) -> RunFile | PreparedDownload:
        """The code's file, if the session's user may still see it. The code is used up in any case.

        Raises Unauthenticated without a live session, NotFound for a code that is not this
        session's or no longer good, and what `History.file` and `Audit.csv` raise.
        """
        who, content = self._sessions.take_download(code, session_id)
        # The audit may name the session only now that it is known to be the user's
        with request_context.use(replace(request_context.current(), session=id_of(session_id))):
            return self._take(who, content)

    def _take(self, who: Principal, content: dict[str, Any]) -> RunFile | PreparedDownload:
        if content.get("what") == AUDIT:  # codes of an older version have no "what"
            return PreparedDownload(
                "audit.csv",
                CSV,
                self._audit.csv(who, content["tenant_id"], _filter(content["where"])),
            )
        if content.get("what") == REPORT:
            return PreparedDownload(content["name"], TEXT, iter([content["text"]]))
        return self._downloads.fetch(
            who, content["schedule_id"], content["run_id"], DownloadWay.PAGE
        )


def _filter(stored: dict[str, Any]) -> AuditFilter:
    instants = {
        k: datetime.fromisoformat(stored[k]) if stored[k] else None for k in ("since", "before")
    }
    return AuditFilter(**stored | instants)
