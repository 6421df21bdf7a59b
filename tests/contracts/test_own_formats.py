"""What CSV, JSON, XML and Excel files promise, each on its own."""

import os
import subprocess
import sys
from datetime import date
from pathlib import Path
from zipfile import ZipFile

import pytest

from exports_app.domain.table import Table, day, integer, ratio, text
from exports_app.services.core.extension_points import FORMATS
from tests.contracts.formats.excel import book, read_calamine, read_openpyxl
from tests.contracts.tables import (
    COLUMNS,
    NASTY,
    VALUES,
    Row,
    rows_of,
    table,
)
from tests.contracts.writing import comes_back, written
from tests.paths import ROOT


class TestCsv:
    def test_the_file_is_rfc_4180_to_the_byte(self, path: Path) -> None:
        rows: list[Row] = [
            ("1", 'a "b", c', date(2026, 1, 31), 1000, 1250, 1_250_000),
            (None, "", None, -1, -5, None),
            ("=2", "zwei\nZeilen ü", None, None, None, None),
        ]
        assert written(FORMATS["csv"], path, rows).decode() == (
            "campaign_id,campaign_name,date,clicks,spend,cpc\r\n"
            '1,"a ""b"", c",2026-01-31,1000,12.50,1.250000\r\n'
            ",,,-1,-0.05,\r\n"
            '\'=2,"zwei\nZeilen ü",,,,\r\n'
        )

    @pytest.mark.parametrize("name", ["=1+1", "+1", "-1", "@x", "\tx", "\rx"])
    def test_text_cannot_become_a_formula(self, path: Path, name: str) -> None:
        content = written(FORMATS["csv"], path, rows_of([name])).decode()
        assert f"id-0,'{name}," in content or f'id-0,"\'{name}",' in content

    def test_nor_where_a_program_splits_at_semicolons(self, path: Path) -> None:
        content = written(FORMATS["csv"], path, rows_of(["Sale;=1+1;＝2"])).decode()
        assert "id-0,Sale;'=1+1;'＝2," in content

    def test_numbers_stay_numbers(self, path: Path) -> None:
        content = written(FORMATS["csv"], path, [("-1", "-2", None, -1, -5, -1)]).decode()
        assert content.endswith("\r\n'-1,'-2,,-1,-0.05,-0.000001\r\n")


class TestJson:
    def test_the_file_is_an_object_per_line_with_money_as_numbers(self, path: Path) -> None:
        rows: list[Row] = [
            ("1", 'ü "q"\n', date(2026, 1, 31), 1000, 1250, 1_250_000),
            (None, "", None, None, -5, None),
        ]
        assert written(FORMATS["json"], path, rows).decode() == (
            "[\n"
            '{"campaign_id": "1", "campaign_name": "ü \\"q\\"\\n", "date": "2026-01-31", '
            '"clicks": 1000, "spend": 12.50, "cpc": 1.250000},\n'
            '{"campaign_id": null, "campaign_name": "", "date": null, '
            '"clicks": null, "spend": -0.05, "cpc": null}\n'
            "]\n"
        )

    def test_no_rows_are_an_empty_array(self, path: Path) -> None:
        assert written(FORMATS["json"], path, []) == b"[]\n"


class TestXml:
    def test_the_file_is_rows_of_elements(self, path: Path) -> None:
        rows: list[Row] = [
            ("<&>]]>\r", "ü\0", date(2026, 1, 31), 1000, 1250, 1_250_000),
            (None, "", None, None, -5, None),
        ]
        assert written(FORMATS["xml"], path, rows).decode() == (
            '<?xml version="1.0" encoding="UTF-8"?>\n'
            "<export>\n"
            "<row><campaign_id>&lt;&amp;&gt;]]&gt;&#13;</campaign_id><campaign_name>ü</campaign_name><date>2026-01-31</date>"
            "<clicks>1000</clicks><spend>12.50</spend><cpc>1.250000</cpc></row>\n"
            "<row><campaign_id/><campaign_name/><date/><clicks/><spend>-0.05</spend><cpc/></row>\n"
            "</export>\n"
        )


class TestExcel:
    def test_the_header_is_styled_and_frozen_with_a_filter_and_sensible_widths(
        self, path: Path
    ) -> None:
        FORMATS["excel"].write(table(VALUES), path)
        sheet = book(path).worksheets[0]
        assert all(c.font.b and c.fill.fill_type == "solid" for c in sheet[1])
        assert not sheet["A2"].font.b
        assert sheet.freeze_panes == "A2"
        assert sheet.auto_filter.ref == f"A1:F{len(VALUES) + 1}"
        assert all(10 <= sheet.column_dimensions[x].width <= 60 for x in "ABCDEF")
        assert [c.number_format for c in sheet[2]] == [
            "@",
            "@",
            "yyyy-mm-dd",
            "#,##0",
            "#,##0.00",
            "#,##0.00",
        ]
        for row in (sheet[1], sheet[2]):
            sides = [c.alignment.horizontal for c in row]
            assert sides == ["left", "left", "left", "right", "right", "right"]
        assert (sheet.print_title_rows, sheet.page_setup.orientation) == ("$1:$1", "landscape")
        assert sheet.sheet_properties.pageSetUpPr.fitToPage
        assert sheet.page_setup.fitToHeight == 0
        with ZipFile(path) as archive:
            assert b'<autoFilter ref="A1:F15"' in archive.read("xl/worksheets/sheet1.xml")
            assert b"_FilterDatabase" in archive.read("xl/workbook.xml")

    def test_ratios_are_shown_short_and_kept_exact(self, path: Path) -> None:
        columns = (
            integer("n", "N"),
            integer("d", "D"),
            ratio("share", "Share", "n", "d", percent=True),
            ratio("each", "Each", "d", "n"),
        )
        FORMATS["excel"].write(Table(columns, iter([[[1], [3], [333_333], [3_000_000]]])), path)
        share, each = book(path).worksheets[0][2][2:]
        assert (share.value, share.number_format) == (0.333333, "0.00%")
        assert (each.value, each.number_format) == (3, "#,##0.00")

    def test_columns_widen_with_their_text_up_to_a_limit(self, path: Path) -> None:
        columns = (text("a", "A"), text("b", "B"), text("c", "C"))
        FORMATS["excel"].write(table([("x", "y" * 30, "z" * 300)], columns), path)
        widths = book(path).worksheets[0].column_dimensions
        assert [widths[x].width for x in "ABC"] == [10, 32, 60]

    @pytest.mark.parametrize(("count", "sheets"), [(0, [0]), (3, [3]), (4, [3, 1]), (7, [3, 3, 1])])
    def test_more_rows_than_a_sheet_holds_go_to_further_sheets(
        self, path: Path, monkeypatch: pytest.MonkeyPatch, count: int, sheets: list[int]
    ) -> None:
        monkeypatch.setattr(FORMATS["excel"], "rows_per_sheet", 4)
        rows = rows_of(f"name {i}" for i in range(count))
        FORMATS["excel"].write(table(rows, chunk=2), path)
        workbook = book(path)
        assert [s.title for s in workbook] == ["Export", "Export 2", "Export 3"][: len(sheets)]
        assert [s.max_row - 1 for s in workbook] == sheets
        assert [s.auto_filter.ref for s in workbook] == [f"A1:F{n + 1}" for n in sheets]
        assert all(
            s.freeze_panes == "A2" and s["A1"].value == "Campaign ID" and s["A1"].font.b
            for s in workbook
        )
        assert [r[0] for s in workbook for r in s.iter_rows(min_row=2, values_only=True)] == [
            r[0] for r in rows
        ]

    def test_a_sheet_holds_what_excel_can_hold(self) -> None:
        assert FORMATS["excel"].rows_per_sheet == 2**20

    @pytest.mark.parametrize(
        ("name", "shown"),
        [
            ("x" * 32_767, "x" * 32_767),
            ("x" * 32_768, "x" * 32_766 + "…"),
            ("🚀" * 16_384, "🚀" * 16_383 + "…"),
        ],
        ids=["just fits", "too long", "astral"],
    )
    def test_text_longer_than_a_cell_is_cut_with_an_ellipsis(
        self, path: Path, name: str, shown: str
    ) -> None:
        FORMATS["excel"].write(table(rows_of([name])), path)
        assert read_openpyxl(path, COLUMNS).rows[0][1] == shown
        assert read_calamine(path, COLUMNS).rows[0][1] == shown

    def test_a_day_before_excels_calendar_is_text(self, path: Path) -> None:
        FORMATS["excel"].write(
            table([(date(1900, 2, 28),), (date(1900, 3, 1),)], [day("date", "Date")]), path
        )
        sheet = book(path).worksheets[0]
        assert (sheet["A2"].value, sheet["A2"].data_type) == ("1900-02-28", "s")
        assert sheet["A3"].value.date() == date(1900, 3, 1)

    def test_numbers_are_written_with_every_digit(self, path: Path) -> None:
        FORMATS["excel"].write(table([(2**63 - 1,)], [integer("n", "N")]), path)
        assert book(path).worksheets[0]["A2"].value == 2**63 - 1

    def test_the_cells_do_not_depend_on_which_xml_library_openpyxl_finds(self, path: Path) -> None:
        program = (
            "import sys; from pathlib import Path; import openpyxl; "
            "from exports_app import plugins\n"
            "from exports_app.services.core.extension_points import FORMATS; "
            "from tests.contracts.tables import *\n"
            "assert not openpyxl.LXML; plugins.load('exports_app.formats')\n"
            "FORMATS['excel'].write(table(rows_of(NASTY)), Path(sys.argv[1]))\n"
        )
        environment = os.environ | {"OPENPYXL_LXML": "False"}
        subprocess.run(
            [sys.executable, "-W", "error", "-c", program, str(path)],
            check=True,
            cwd=ROOT,
            env=environment,
        )
        comes_back(FORMATS["excel"], path, rows_of(NASTY))
