"""What a chat message says about a finished file: channels with little room show the same."""

from dataclasses import dataclass

from exports_app.channels._mail_page import Fact
from exports_app.channels._one_line import one_line
from exports_app.channels._report_body import lead
from exports_app.domain import humanize
from exports_app.services.core.extension_points import FileDelivery, Report

MOST_TEXT = 100
"""Characters of a name or a value."""
MOST_LOCATION = 200
MOST_FIGURES = 6


@dataclass(frozen=True)
class ShortMessage:
    """url: of the download, or of the run's page; empty: unknown. Texts are plain, each one line:
    whoever shows them escapes them."""

    title: str
    about: str
    facts: tuple[Fact, ...]
    note: str
    url: str
    button: str


def about(delivery: FileDelivery) -> ShortMessage:
    report = delivery.report
    test = "Test: " if report.is_test else ""
    return ShortMessage(
        title=test + _short(report.export_name),
        about=f"{_short(report.tenant_name)}, {_short(report.window)}",
        facts=(*_figures(report), *_facts(report), *_places(delivery)),
        note=_note(report),
        url=report.link.url("") if report.link else report.page_url,
        button="Download the file" if report.link else "Open in Exports",
    )


def _figures(report: Report) -> list[Fact]:
    figures = report.highlights.figures if report.highlights else []
    return [
        Fact(_short(one.label), _short(f"{one.value} {one.unit}".rstrip()))
        for one in figures[:MOST_FIGURES]
    ]


def _facts(report: Report) -> list[Fact]:
    size = humanize.size(report.file_size or 0)
    return [
        Fact("Data", _short(report.type_label)),
        Fact("Rows", f"{report.record_count or 0:,}"),
        Fact("File", f"{_short(report.file_name)}, {size}"),
    ]


def _places(delivery: FileDelivery) -> list[Fact]:
    return [
        Fact("Also in", f"{_short(place.name)}: {_short(place.location, MOST_LOCATION)}")
        for place in delivery.places
    ]


def _note(report: Report) -> str:
    empty = "There was no data in this period: the file has no rows."
    notes = [empty if report.record_count == 0 else "", lead(report) if report.link else ""]
    return " ".join(filter(None, notes))


def _short(text: str, most: int = MOST_TEXT) -> str:
    text = one_line(text)
    return text if len(text) <= most else f"{text[: most - 1]}…"
