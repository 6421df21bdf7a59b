"""Excel by xlsxwriter, in constant memory and cell by cell, as Redash exports."""

from pathlib import Path

import xlsxwriter

from bench.rivals.rows import COLUMNS, Task, dated, run


def write(task: Task, path: Path) -> None:
    with xlsxwriter.Workbook(
        path, {"constant_memory": True, "default_date_format": "yyyy-mm-dd"}
    ) as book:
        sheet = book.add_worksheet("Export")
        sheet.write_row(0, 0, COLUMNS)
        for number, row in enumerate(dated(task), 1):
            for column, value in enumerate(row):
                sheet.write(number, column, value)


if __name__ == "__main__":
    run({"excel": write})
