"""Excel by rustpy-xlsxwriter, that is rust_xlsxwriter in constant memory, from a generator of
dictionaries."""

from pathlib import Path

from rustpy_xlsxwriter import write_worksheet

from bench.rivals.rows import COLUMNS, Task, dated, run


def write(task: Task, path: Path) -> None:
    records = (dict(zip(COLUMNS, row, strict=True)) for row in dated(task))
    write_worksheet(records, str(path), sheet_name="Export", datetime_format="yyyy-mm-dd")


if __name__ == "__main__":
    run({"excel": write})
