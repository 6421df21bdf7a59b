"""What the message about a finished file says, as text and as a page: first what the file came to,
then where the file is, then the details. Both say the same in the same order."""

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from exports_app.channels._mail_page import Fact, looks, page_of, text_of
from exports_app.channels._one_line import one_line
from exports_app.domain import bidi, humanize
from exports_app.services.core.extension_points import Report
from exports_app.services.core.highlights import Figure, Highlights, TopRows

UNKNOWN = "known when the file is made"
GAP = "  "
"""Between two columns of the text."""


def plain_text(report: Report, url: str = "") -> str:
    return text_of("report", _context(report, url))


def page(report: Report, url: str = "") -> str:
    return page_of("report", _context(report, url))


def _context(report: Report, url: str) -> dict[str, object]:
    """url: of the download, in place of an attachment."""
    told = report.highlights
    figures = list(map(_figure, told.figures)) if told else []
    told_figures = [[f.label, f"{f.value} {f.unit}".rstrip(), f.change] for f in figures]
    top = _top(told.top) if told and told.top else None
    return {
        "tenant": one_line(report.tenant_name),
        "title": one_line(report.export_name),
        "window": one_line(report.window),
        "is_test": report.is_test,
        "figures": figures,
        "figure_lines": _aligned(told_figures),
        "note": _note(told) if told else "",
        "top": top,
        "top_lines": _aligned([top.heads, *top.rows], top.numbers) if top else [],
        "lead": lead(report),
        "url": url or report.page_url,
        "button": "Download the file" if url else "Open in Exports",
        "facts": facts(report),
        "fact_size": 12,
        **looks(report.brand_color, report.logo_url),
    }


def _figure(figure: Figure) -> Figure:
    return Figure(*map(one_line, (figure.label, figure.value, figure.unit, figure.change)))


def _top(top: TopRows) -> TopRows:
    return TopRows(
        one_line(top.title),
        list(map(one_line, top.heads)),
        top.numbers,
        [list(map(one_line, row)) for row in top.rows],
    )


def _note(told: Highlights) -> str:
    """What the changes refer to, and what is not shown."""
    compared = f"Compared with {told.compared}." if told.compared else ""
    others = "1 more currency" if told.omitted == 1 else f"{told.omitted} more currencies"
    more = f"Amounts in {others} are in the file." if told.omitted else ""
    return f"{compared} {more}".strip()


def _aligned(rows: Sequence[Sequence[str]], numbers: Sequence[bool] = ()) -> list[str]:
    """Rows of a table as lines of text. numbers: which columns are aligned to the right; without
    it all but the first."""
    if not rows:
        return []
    to_right = numbers or [at > 0 for at in range(len(rows[0]))]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        GAP.join(
            cell.rjust(width) if right else bidi.isolated(cell) + " " * (width - len(cell))
            for cell, width, right in zip(row, widths, to_right, strict=True)
        ).rstrip()
        for row in rows
    ]


def lead(report: Report) -> str:
    """Where the file is."""
    if report.link:
        return (
            f"You can download the file until {_instant(report, report.link.expires_at)} "
            f"({report.timezone}). Anyone with the link can download it."
        )
    packed = ", packed as ZIP" if report.zipped else ""
    attached = f"The file is attached to this message{packed}."
    if report.record_count == 0:
        return f"There was no data in this period: the file has no rows. {attached}"
    return attached


def _instant(report: Report, at: datetime) -> str:
    """In the schedule's time zone."""
    local = at.astimezone(ZoneInfo(report.timezone))
    return f"{local.day} {local:%b %Y, %H:%M}"


def facts(report: Report) -> list[Fact]:
    """The details, in their order."""
    next_run, missed = report.next_run, report.makes_up_for
    return [
        Fact("Data", one_line(report.type_label)),
        Fact("Rows", UNKNOWN if report.record_count is None else f"{report.record_count:,}"),
        Fact("File", one_line(report.file_name)),
        Fact("Format", one_line(report.format_label)),
        Fact("Size", _size(report)),
        *([Fact("Stored in", one_line(", ".join(report.places)))] if report.places else []),
        Fact("Created", _instant(report, report.created_at)),
        *([Fact("Backfill for", _instant(report, missed))] if missed else []),
        *([Fact("Next run", _instant(report, next_run))] if next_run else []),
        Fact("Time zone", report.timezone),
    ]


def _size(report: Report) -> str:
    if report.file_size is None:
        return UNKNOWN
    size = humanize.size(report.file_size)
    packed = report.zipped.size if report.zipped else None
    return size if packed is None else f"{size}, {humanize.size(packed)} as ZIP"
