"""Excel by openpyxl, write-only, as pretix exports. Dates get their format of its own accord."""

from pathlib import Path

import openpyxl

from bench.rivals.rows import COLUMNS, Task, dated, run


def write(task: Task, path: Path) -> None:
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet("Export")
    sheet.append(COLUMNS)
    for row in dated(task):
        sheet.append(row)
    book.save(path)


if __name__ == "__main__":
    run({"excel": write})
