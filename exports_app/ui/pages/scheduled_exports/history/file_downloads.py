"""Who downloaded the file of a run that is opened, and the question before its links are
revoked."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import reflex as rx

from exports_app.domain.access import Permission
from exports_app.domain.humanize import counted
from exports_app.domain.open_enum import Words
from exports_app.services.core.records import DownloadWay, FileDownload
from exports_app.ui.framework.actions import action, call, principal
from exports_app.ui.framework.browser_commands import notify
from exports_app.ui.framework.internal import internal
from exports_app.ui.framework.services import services
from exports_app.ui.framework.session import of_tenant
from exports_app.ui.framework.threads import in_thread
from exports_app.ui.framework.user_agent import device
from exports_app.ui.pages.scheduled_exports.history.opened_run import OpenedRun, part_of_run
from exports_app.ui.pages.scheduled_exports.labels import iso
from exports_app.ui.pages.scheduled_exports.sending.state import reload_shown

SHOWN = 20
"""The newest downloads of a run."""
GONE = "a deleted user"
WAYS = Words(
    {DownloadWay.LINK: "by link", DownloadWay.PAGE: "in the browser", DownloadWay.API: "by API"}
)


@dataclass
class DownloadRow:
    person: str
    """A name, or the recipient whose link it was."""
    how: str
    """The way, the address and the device, in one line."""
    at: str


@of_tenant
@part_of_run
class FileDownloadsState(rx.State):
    run_id: str = ""
    """Of the run whose downloads these are."""
    rows: list[DownloadRow] = []  # noqa: RUF012 (Reflex copies defaults)
    heading: str = ""
    """How many downloads there are, in words; empty for none."""
    asking: str = ""
    """The run whose links are to be revoked; empty: the question is closed."""

    @internal
    async def follow(self, schedule_id: str, run_id: str) -> None:
        """Show the downloads of the run that is opened; with no run, none."""
        self.run_id = run_id
        self.rows = []
        self.heading = ""
        if not run_id:
            self.asking = ""
            return
        self.rows, total = await in_thread(self._read, schedule_id, run_id)
        self.heading = f"Downloaded {counted(total, 'time')}" if total else ""

    @staticmethod
    def _read(schedule_id: str, run_id: str) -> tuple[list[DownloadRow], int]:
        """In a thread, to the end: what a device calls itself takes some milliseconds to read."""
        who = principal()
        downloads, total = services.download_log.of_run(who, schedule_id, run_id, SHOWN)
        user_ids = {download.user_id for download in downloads if download.user_id}
        names = services.schedule_summaries.people(who, user_ids)
        return [download_row(download, names) for download in downloads], total

    @action(Permission.WRITE)
    async def ask(self, run_id: str) -> None:
        self.asking = str(run_id)

    @action(Permission.WRITE)
    async def keep(self) -> None:
        self.asking = ""

    @internal
    def leave_tenant(self) -> None:
        self.reset()

    @action(Permission.WRITE)
    async def revoke(self) -> None:
        """Make the links useless that the run sent."""
        if not self.asking:
            return
        schedule_id, run_id = (await self.get_state(OpenedRun)).schedule_id, self.asking
        self.asking = ""
        await call(services.download_links.revoke, schedule_id, run_id)
        await notify(self, "success", "This run's links no longer work")
        await reload_shown(self)


def download_row(download: FileDownload, names: Mapping[str, str]) -> DownloadRow:
    person = download.target or names.get(download.user_id or "", GONE)
    facts: Sequence[str] = (
        WAYS[download.way],
        f"from {download.address}" if download.address else "",
        device(download.device) if download.device else "",
    )
    return DownloadRow(person, " \N{MIDDLE DOT} ".join(filter(None, facts)), iso(download.at))
