"""Campaign data from a file: sent by the browser, understood, checked, imported."""

import uuid
from collections.abc import Callable
from typing import TypeVar

import reflex as rx

from exports_app.domain.access import Permission
from exports_app.domain.errors import ExportsError
from exports_app.domain.humanize import counted, sentence
from exports_app.services.campaigns.imports.columns import Mapping
from exports_app.services.campaigns.imports.report import ImportPreview, ImportReport
from exports_app.services.campaigns.uploads import UploadedFile
from exports_app.services.core.records import Page
from exports_app.ui.framework.actions import (
    UNEXPECTED,
    action,
    actor,
    call,
    error_sentence,
    principal,
)
from exports_app.ui.framework.browser_commands import fetch
from exports_app.ui.framework.services import services
from exports_app.ui.framework.session import SessionState
from exports_app.ui.pages.settings.data.rows import (
    ColumnChoice,
    FieldChoice,
    PreviewLine,
    ReportRows,
    column_choices,
    field_choices,
    heads,
    preview_lines,
    report_rows,
    report_text,
    with_choice,
)
from exports_app.ui.pages.settings.data.work import Progress, Work, with_file

R = TypeVar("R")
READING, CHECKING, IMPORTING = "Reading the file", "Checking the file", "Importing"
"""What is under way."""
REPORT = "import-report.txt"


class DataState(rx.State):
    stored: str = ""
    """How many campaigns the tenant has, in words."""
    address: str = ""
    """Where the browser sends the file that was chosen."""
    file: str = ""
    """The name of the file that has arrived; empty: there is none."""
    failed: str = ""
    """Why it cannot be read."""
    read_as: str = ""
    note: str = ""
    sheet: str = ""
    sheets: list[str] = []  # noqa: RUF012 (Reflex copies defaults)
    columns: list[ColumnChoice] = []  # noqa: RUF012
    fields: list[FieldChoice] = []  # noqa: RUF012
    heads: list[str] = []  # noqa: RUF012
    lines: list[PreviewLine] = []  # noqa: RUF012
    rowless: bool = False
    """Whether the file has headers only."""
    updates: bool = False
    """Whether details of campaigns that differ are updated."""
    busy: str = ""
    """What is under way, in words; empty: nothing."""
    percent: int = 0
    report: ReportRows = ReportRows()
    checked: bool = False
    """Whether this file may be imported with these choices."""
    done: bool = False
    """Whether it was imported."""
    _code: str = ""
    """Of the file."""
    _name: str = ""
    _of: str = ""
    """The tenant for which the file was sent."""
    _mapping: Mapping | None = None
    """None: what the file's headers say."""
    _text: str = ""
    """The report, to be saved."""
    _asked: str = ""
    """The newest work: what an older one finds is dropped."""

    @rx.var
    def complete(self) -> bool:
        """Whether a column fills each required field."""
        return bool(self.fields) and not any(field.missing for field in self.fields)

    @rx.var
    def importing(self) -> bool:
        return self.busy == IMPORTING

    @action(Permission.CAMPAIGNS)
    async def arrive(self) -> None:
        """When the page loads: nothing of another tenant stays."""
        tenant_id = await self._tenant()
        if self._of != tenant_id:
            self._begin_anew()
            self._of = tenant_id

    @action(Permission.CAMPAIGNS)
    async def refresh(self) -> None:
        find = services.campaigns.find
        _, total = await call(find, await self._tenant(), {}, "", Page(1, 1))
        self.stored = counted(total, "campaign")

    @action(Permission.CAMPAIGNS)
    async def choose(self, name: str, size: int) -> None:
        """A file was chosen: the browser gets an address to send it to. size: in bytes."""
        if self.busy == IMPORTING:
            return
        await self._put_aside()
        self._name = str(name)
        begin = services.uploads.begin
        self._code = await call(begin, actor().session, self._of, self._name, int(size))
        self.address = f"/api/uploads/{self._code}"

    @action(Permission.CAMPAIGNS)
    async def refused(self) -> None:
        """The browser refused a file: the one before it is no longer the one that was chosen."""
        if self.busy != IMPORTING:
            await self._put_aside()

    @action(Permission.CAMPAIGNS, background=True)
    async def arrived(self) -> None:
        """The browser has sent the file."""
        async with self:
            self.file = self._name
        await self._look()

    @action(Permission.CAMPAIGNS, background=True)
    async def choose_sheet(self, sheet: str) -> None:
        async with self:
            if sheet and sheet not in self.sheets:
                return
            self.sheet, self._mapping = sheet, None
        await self._look()

    @action(Permission.CAMPAIGNS, background=True)
    async def choose_column(self, field: str, column: str) -> None:
        async with self:
            if self._mapping is None:
                return
            self._mapping = with_choice(self._mapping, field, column)
            self.fields = field_choices(self._mapping)
        await self._look()

    @action(Permission.CAMPAIGNS)
    async def choose_updates(self, updates: bool) -> None:
        self.updates = bool(updates)
        self._forget_report()

    @action(Permission.CAMPAIGNS, background=True)
    async def check(self) -> None:
        """Report what an import would do."""
        await self._apply(CHECKING, dry_run=True)

    @action(Permission.CAMPAIGNS, background=True)
    async def load(self) -> None:
        """Import the file, as it was checked."""
        async with self:
            if not self.checked:
                return
        await self._apply(IMPORTING, dry_run=False)
        async with self:
            if self.done:
                await self._forget()

    @action(Permission.CAMPAIGNS)
    async def save_report(self) -> None:
        of_text = services.browser_downloads.of_text
        code = await call(of_text, actor().session, REPORT, self._text)
        await fetch(self, f"/api/download/{code}")

    async def _look(self) -> None:
        """Read the first rows with the present choices."""
        async with self:
            mapping, sheet = self._mapping, self.sheet
            self._forget_report()

        def read(file: UploadedFile, _: Progress) -> ImportPreview:
            preview = services.importer.preview
            return preview(principal(), file.tenant_id, file.path, mapping=mapping, sheet=sheet)

        await self._work(READING, read, DataState._show_preview)

    async def _apply(self, busy: str, *, dry_run: bool) -> None:
        async with self:
            mapping, sheet, updates = self._mapping, self.sheet, self.updates
            self._forget_report()

        def run(file: UploadedFile, progress: Progress) -> ImportReport:
            return services.importer.apply(
                principal(),
                file.tenant_id,
                file.path,
                file.name,
                mapping=mapping,
                sheet=sheet,
                update_details=updates,
                dry_run=dry_run,
                progress=progress,
            )

        await self._work(busy, run, DataState._show_report)

    async def _work(self, busy: str, work: Work[R], show: Callable[["DataState", R], None]) -> None:
        """Do the work with the file, and show what it found, unless other work was begun since."""
        async with self:
            if self.busy == IMPORTING or not self._code:
                return
            asked = self._asked = uuid.uuid4().hex
            code = self._code
            self.busy, self.percent, self.failed = busy, 0, ""

        async def tell(percent: int) -> None:
            async with self:
                if self._asked == asked:
                    self.percent = percent

        failed = UNEXPECTED
        found: R | None = None
        try:
            found = await with_file(code, work, tell)
        except ExportsError as e:
            failed = error_sentence(e)
        finally:
            async with self:
                if self._asked == asked:  # else the tab is someone else's by now, or asked again
                    self.busy = ""
                    if found is None:
                        self.failed = failed
                    else:
                        show(self, found)

    def _show_preview(self, preview: ImportPreview) -> None:
        self._mapping = preview.mapping
        self.read_as, self.note = preview.read_as, sentence(preview.note)
        self.sheets = list(preview.sheets)
        self.columns = column_choices(preview.columns)
        self.fields = field_choices(preview.mapping)
        self.heads = heads(preview.mapping)
        self.lines = preview_lines(preview)
        self.rowless = not preview.rows and not preview.missing

    def _show_report(self, report: ImportReport) -> None:
        self.report = report_rows(report)
        good = report.bad_lines == 0
        self.checked, self.done = report.dry_run and good, good and not report.dry_run
        self._text = report_text(self.file, report)

    def _forget_report(self) -> None:
        self.report, self.checked, self._text = ReportRows(), False, ""

    async def _put_aside(self) -> None:
        """Forget the file that was chosen before."""
        if not self.busy:  # else a thread may be reading it; it is removed later
            await self._forget()
        self._begin_anew()
        self._of = await self._tenant()

    def _begin_anew(self) -> None:
        stored = self.stored
        self.reset()
        self.stored = stored

    async def _forget(self) -> None:
        """Remove the file."""
        code, self._code = self._code, ""
        if code:
            await call(services.uploads.forget, actor().session, code)

    async def _tenant(self) -> str:
        return (await self.get_state(SessionState)).tenant_id
