"""CSV and JSON by the standard library, row by row, and the bare fetch that none of them can be
faster than."""

import csv
import json
from pathlib import Path

from bench.rivals.rows import COLUMNS, Task, complete, fetched, run


def bare(task: Task, path: Path) -> None:
    """Fetches, and writes how many there were."""
    path.write_text(str(sum(map(len, fetched(task)))))


def write_csv(task: Task, path: Path) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        writer.writerows(complete(task))


def write_json(task: Task, path: Path) -> None:
    """An array of objects, one to a line."""
    encode = json.JSONEncoder(ensure_ascii=False).encode
    with path.open("w", encoding="utf-8") as file:
        before = "[\n"
        for row in complete(task):
            file.write(before + encode(dict(zip(COLUMNS, row, strict=True))))
            before = ",\n"
        file.write("\n]\n")


if __name__ == "__main__":
    run({"fetch": bare, "csv": write_csv, "json": write_json})
