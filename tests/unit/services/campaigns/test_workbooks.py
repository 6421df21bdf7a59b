"""Excel workbooks for an import."""

import io
import zipfile
from collections.abc import Callable
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

import pytest
from openpyxl.utils.datetime import CALENDAR_MAC_1904

from exports_app.domain.errors import ExportsError
from exports_app.services.campaigns.imports import workbook_scan
from exports_app.services.campaigns.imports.columns import by_header
from exports_app.services.campaigns.imports.preview import preview
from exports_app.services.campaigns.imports.report import ImportPreview
from exports_app.services.campaigns.imports.source import read_table
from tests.unit.services.campaigns.workbooks import (
    DAY,
    HEADER,
    SHEET,
    blown_up,
    replaced,
    workbook,
)

Read = Callable[..., ImportPreview]
NEXT_DAY = datetime(2026, 11, 2)  # noqa: DTZ001 (Excel has no zones)
WITH_TIME = datetime(2026, 11, 1, 10)  # noqa: DTZ001


@pytest.fixture
def read(tmp_path: Path) -> Read:
    def run(content: bytes, sheet: str = "") -> ImportPreview:
        file = tmp_path / "file"
        file.write_bytes(content)
        with read_table(file, sheet) as table:
            return preview(table, by_header(table.columns))

    return run


def values(seen: ImportPreview) -> list[list[str]]:
    assert seen.problems == ()
    return [list(row.values.values()) for row in seen.rows]


def problem(seen: ImportPreview) -> str:
    return seen.problems[0].reason


def test_cells_are_read_by_their_type_and_text_as_in_text_files(read: Read) -> None:
    seen = read(
        workbook(
            [
                HEADER,
                ["Grüße", "EUR", DAY, 5, 12.5],
                [2026, "EUR", NEXT_DAY, 1e5, 0.1 + 0.2],
                ["Text", "EUR", "2026-11-03", "1 234", "1.234,50"],
            ]
        )
    )
    assert values(seen) == [
        ["Grüße", "EUR", "2026-11-01", "5", "12.50"],
        ["2026", "EUR", "2026-11-02", "100000", "0.30"],
        ["Text", "EUR", "2026-11-03", "1234", "1234.50"],
    ]
    assert seen.read_as == "Excel workbook, sheet 'Data', decimal comma, thousands separators"


def test_titles_and_blank_rows_are_passed_over_and_lines_are_those_of_the_sheet(
    read: Read,
) -> None:
    good = ["A", "EUR", DAY, 5, 1]
    seen = read(workbook([["Report"], [], HEADER, [None, " "], good, [], ["B", *good[1:]]]))
    assert seen.header_line == 3
    assert [row.line for row in seen.rows] == [5, 7]


def test_a_table_may_begin_in_any_cell(read: Read) -> None:
    seen = read(workbook([[], [None, None, *HEADER], [None, None, "A", "EUR", DAY, 5, 1]]))
    assert values(seen) == [["A", "EUR", "2026-11-01", "5", "1.00"]]


@pytest.mark.parametrize(("epoch", "serial"), [(None, 46327), (CALENDAR_MAC_1904, 44865)])
def test_days_are_read_in_both_date_systems_also_as_numbers(
    read: Read, epoch: Any, serial: int
) -> None:
    def edit(book: Any) -> None:
        if epoch:
            book.epoch = epoch

    rows = [HEADER, ["A", "EUR", serial, 5, 1], ["B", "EUR", DAY, 5, 1]]
    assert [row[2] for row in values(read(workbook(rows, edit)))] == ["2026-11-01"] * 2


def error(book: Any) -> None:
    book.active["D2"] = "#N/A"
    book.active["D2"].data_type = "e"


@pytest.mark.parametrize(
    ("row", "edit", "reason"),
    [
        (["A", "EUR", DAY, 5, 1], error, "clicks: has the spreadsheet error #N/A"),
        (["A", "EUR", DAY, "=2+3", 1], lambda _: None, "clicks: is a formula whose value"),
        (["A", "EUR", DAY, True, 1], lambda _: None, "clicks: must be a whole number"),
        (["A", "EUR", DAY, 5.5, 1], lambda _: None, "clicks: must be a whole number"),
        (["A", "EUR", DAY, 5, 1.005], lambda _: None, "spend: must be an amount"),
        (["A", "EUR", DAY, 5, -1], lambda _: None, "spend: must be an amount"),
        (["A", "EUR", DAY, 5, time(1, 2)], lambda _: None, "spend: is a time of day"),
        (["A", "EUR", WITH_TIME, 5, 1], lambda _: None, "date: has a time of day"),
        (["A", "EUR", 20261101, 5, 1], lambda _: None, "date: must be a date"),
        (["x" * 20_001, "EUR", DAY, 5, 1], lambda _: None, "longer than 20,000 characters"),
    ],
)
def test_a_cell_that_has_no_value_of_ours_is_refused_with_the_reason(
    read: Read, row: list[Any], edit: Callable[[Any], None], reason: str
) -> None:
    assert reason in problem(read(workbook([HEADER, row], edit)))


def test_errors_in_columns_that_are_left_out_are_no_matter(read: Read) -> None:
    def edit(book: Any) -> None:
        book.active["F2"] = "#DIV/0!"
        book.active["F2"].data_type = "e"

    assert values(read(workbook([[*HEADER, "ctr"], ["A", "EUR", DAY, 5, 1, 0]], edit)))


def test_the_stored_value_of_a_formula_is_read(read: Read) -> None:
    content = workbook([HEADER, ["A", "EUR", DAY, "=2+3", 1]])
    with zipfile.ZipFile(io.BytesIO(content)) as package:
        sheet = package.read(SHEET)
    empty = next(v for v in (b"<v></v>", b"<v/>", b"<v />") if b"<f>2+3</f>" + v in sheet)
    stored = replaced(content, SHEET, b"<f>2+3</f>" + empty, b"<f>2+3</f><v>5</v>")
    assert values(read(stored))[0][3] == "5"


def test_merged_text_counts_for_all_its_rows_and_a_merged_number_is_refused(read: Read) -> None:
    def edit(book: Any) -> None:
        book.active.merge_cells("A2:A9")
        book.active.merge_cells("D3:D4")

    rows = [
        HEADER,
        ["A", "EUR", DAY, 5, 1],
        [None, "EUR", date(2026, 11, 2), 6, 1],
        [None, "EUR", date(2026, 11, 3), None, 1],
    ]
    seen = read(workbook(rows, edit))
    assert [row.values["campaign_name"] for row in seen.rows] == ["A"] * 3
    assert [(p.line, p.reason[:36]) for p in seen.problems] == [
        (4, "clicks: is a number in merged cells:")
    ]


@pytest.mark.parametrize(
    ("cells", "row", "reason"),
    [
        ("D2:E2", ["A", "EUR", DAY, 5, None], "spend"),
        ("D2:E2", ["A", "EUR", DAY, "5", None], "spend"),
        ("D2:E3", ["A", "EUR", DAY, 5, None], "spend"),
        ("A2:B2", ["A", None, DAY, 5, 1], "currency"),
        ("B2:C2", ["A", "EUR", None, 5, 1], "date"),
    ],
)
def test_a_cell_that_is_merged_with_the_one_before_it_is_not_empty(
    read: Read, cells: str, row: list[Any], reason: str
) -> None:
    below = ["B", "EUR", DAY, None, None]
    seen = read(workbook([HEADER, row, below], lambda book: book.active.merge_cells(cells)))
    merged = "is merged with the cell before it: write a value into each"
    assert problem(seen) == f"{reason}: {merged}"
    assert [bool(row.problem) for row in seen.rows] == [True, cells.endswith("3")]


def test_columns_without_a_header_may_be_merged_with_those_before_them(read: Read) -> None:
    def edit(book: Any) -> None:
        book.active.merge_cells("A1:F1")
        book.active.merge_cells("E2:F2")
        book.active.merge_cells("E3:F3")

    rows = [["Report"], HEADER, ["A", "EUR", DAY, 5, 1], ["B", "EUR", DAY, 5, 2]]
    assert [row[4] for row in values(read(workbook(rows, edit)))] == ["1.00", "2.00"]


class TestSheets:
    @pytest.fixture
    def content(self) -> bytes:
        def edit(book: Any) -> None:
            book.active.sheet_state = "hidden"
            book.create_sheet("Empty")
            second = book.create_sheet("Second")
            second.append(HEADER)
            second.append(["B", "EUR", DAY, 5, 1])

        return workbook([HEADER, ["A", "EUR", DAY, 5, 1]], edit)

    def test_the_first_visible_one_that_holds_something_is_read_and_said(
        self, read: Read, content: bytes
    ) -> None:
        seen = read(content)
        assert seen.read_as == "Excel workbook, sheet 'Second'"
        assert seen.sheets == ("Data", "Empty", "Second")
        assert values(seen)[0][0] == "B"

    def test_another_is_read_by_its_name(self, read: Read, content: bytes) -> None:
        assert values(read(content, "Data"))[0][0] == "A"

    def test_one_that_is_not_there_is_refused_with_those_that_are(
        self, read: Read, content: bytes
    ) -> None:
        with pytest.raises(ExportsError, match="no sheet of that name, but Data, Empty, Second"):
            read(content, "Third")

    def test_text_files_have_none(self, read: Read) -> None:
        with pytest.raises(ExportsError, match="a text file has no sheets"):
            read(b"campaign_name,currency,date\n", "Data")


GOOD = workbook([HEADER, ["A", "EUR", DAY, 5, 1]])


def with_cell(reference: str) -> bytes:
    def edit(book: Any) -> None:
        book.active[reference] = "x"

    return workbook([HEADER, ["A", "EUR", DAY, 5, 1]], edit)


def archive(name: str, content: bytes) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as package:
        package.writestr(name, content)
    return made.getvalue()


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (GOOD[:-300], "damaged"),
        (GOOD[:2000], "damaged"),
        (GOOD.replace(b"PK\x01\x02", b"PK\x01\x03"), "damaged"),
        (replaced(GOOD, SHEET, b"</row>", b"</rov>"), "damaged"),
        (replaced(GOOD, SHEET, b'<row r="2"', b'<row r="0"'), "damaged"),
        (replaced(GOOD, SHEET, b"<worksheet", b"<!DOCTYPE a [<!ENTITY b 'c'>]><worksheet"), "dama"),
        (replaced(GOOD, SHEET, b'r="D2"', b'r="ZZZZZZZZ999999999999"'), "more than 1,000 columns"),
        (with_cell("XFD1048576"), "more than 1,000 columns or 15,000,000 cells"),
        (with_cell("ALM2"), "more than 1,000 columns"),
        (workbook([]), "no visible sheet of the workbook has any content"),
        (archive("campaigns.csv", b"x"), "a ZIP file, not a workbook"),
        (archive("mimetype", b"application/vnd.oasis.opendocument.spreadsheet"), "OpenDocument"),
        (archive("[Content_Types].xml", b"<x/>"), "a ZIP file, not a workbook"),
    ],
)
def test_what_is_no_workbook_or_too_large_is_refused(
    read: Read, content: bytes, reason: str
) -> None:
    with pytest.raises(ExportsError, match=reason):
        read(content)


def test_a_bomb_is_refused_before_it_is_unpacked(read: Read) -> None:
    content = blown_up(GOOD, 501)
    assert len(content) < 10_000_000
    with pytest.raises(ExportsError, match="larger than 500 MB when it is unpacked"):
        read(content)


def test_a_bomb_that_understates_its_size_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workbook_scan, "MOST_UNPACKED", 3_000_000)
    monkeypatch.setattr(workbook_scan, "_check_size", lambda _: None)
    file = tmp_path / "file.xlsx"
    file.write_bytes(blown_up(GOOD, 5))
    scan = workbook_scan.Scan(file)
    with pytest.raises(ExportsError, match="too large when it is unpacked"):
        scan.extent(scan.sheets[0])


def test_a_process_that_dies_is_an_error_that_says_what_to_do(
    read: Read, monkeypatch: pytest.MonkeyPatch
) -> None:
    from exports_app.services.campaigns.imports import workbook as module

    monkeypatch.setattr(module, "MODULE", "exports_app.no_such_module")
    with pytest.raises(ExportsError, match="save the sheet as 'CSV UTF-8'"):
        read(GOOD)
