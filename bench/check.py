"""`python -m bench.check FORMAT TASK FILE`: whether the file holds the query's rows, every value of
every one.

Run in the competitors' environment, outside the measured time. The expected values are computed
here in exact whole numbers; a ratio may differ by one in its last place, since floats and SQLite
round a tie otherwise than half to even. Prints the rows and how many values were that far off; ends
with an error at the first one that is wrong.
"""

import csv
import json
import sys
from collections.abc import Callable, Iterator
from datetime import date
from fractions import Fraction
from pathlib import Path
from typing import Any

from bench.rivals.rows import COLUMNS, Task, fetched

TEXTS = {0, 1, 2, 6}
"""The places of text in a row; the rest are numbers."""
FIRST_RATIO = 9
PLACES = 6
MOST_KNOWN = 100_000


def expected(task: Task) -> Iterator[tuple[Any, ...]]:
    known: dict[tuple[int, int], float | None] = {}

    def ratio(above: int, below: int) -> float | None:
        key = above, below
        if key not in known:
            # round() of a fraction is exact, and half to even
            known[key] = round(Fraction(above, below) * 10**PLACES) / 10**PLACES if below else None
        return known[key]

    for rows in fetched(task):
        for *texts, impressions, clicks, conversions, currency, spend, revenue in rows:
            yield (
                *texts,
                impressions,
                clicks,
                conversions,
                currency,
                spend / 100,
                revenue / 100,
                ratio(clicks, impressions),
                ratio(spend, 100 * clicks),
                ratio(spend, 100 * conversions),
                ratio(revenue, spend),
            )
        if len(known) > MOST_KNOWN:
            known.clear()


def _parsed(values: list[str]) -> tuple[Any, ...]:
    return tuple(v if i in TEXTS else float(v) if v else None for i, v in enumerate(values))


def _csv(path: Path) -> Iterator[tuple[Any, ...]]:
    with path.open(encoding="utf-8", newline="") as file:
        lines = csv.reader(file)
        assert next(lines) == list(COLUMNS)
        yield from map(_parsed, lines)


def _json(path: Path) -> Iterator[tuple[Any, ...]]:
    """All of them write an object to a line."""
    with path.open(encoding="utf-8") as file:
        for line in file:
            if text := line.strip("[], \r\n"):
                row = json.loads(text)
                yield tuple(row[name] for name in COLUMNS)


def _xml(path: Path) -> Iterator[tuple[Any, ...]]:
    from lxml import etree

    for _, row in etree.iterparse(str(path), tag="row"):
        yield _parsed([row.findtext(name) or "" for name in COLUMNS])
        row.clear()
        while row.getprevious() is not None:
            del row.getparent()[0]


def _excel(path: Path) -> Iterator[tuple[Any, ...]]:
    from python_calamine import CalamineWorkbook

    with CalamineWorkbook.from_path(str(path)) as book:
        for name in book.sheet_names:
            rows = iter(book.get_sheet_by_name(name).iter_rows())
            next(rows)  # labels: ours are for people
            for row in rows:
                assert isinstance(row[2], date), f"{row[2]!r} is no date"
                yield tuple(
                    None if v == "" else v.isoformat() if isinstance(v, date) else v for v in row
                )


READERS: dict[str, Callable[[Path], Iterator[tuple[Any, ...]]]] = {
    "csv": _csv,
    "json": _json,
    "xml": _xml,
    "excel": _excel,
}


def off(want: tuple[Any, ...], got: tuple[Any, ...]) -> int:
    """How many ratios are off by one in their last place. Raises ValueError where anything else
    is."""
    count = 0
    for place, (wanted, value) in enumerate(zip(want, got, strict=True)):
        if wanted == value:
            continue
        near = (
            place >= FIRST_RATIO
            and wanted is not None
            and value is not None
            and abs(wanted - value) < 1.5 / 10**PLACES
        )
        if not near:
            raise ValueError(f"{COLUMNS[place]} is {value!r} and should be {wanted!r}")
        count += 1
    return count


def main(file_format: str, task: Task, path: Path) -> dict[str, int]:
    rows = differ = 0
    for want, got in zip(expected(task), READERS[file_format](path), strict=True):
        rows += 1
        if want != got:
            differ += off(want, got)
    return {"rows": rows, "off": differ}


if __name__ == "__main__":
    print(
        json.dumps(main(sys.argv[1], json.loads(Path(sys.argv[2]).read_text()), Path(sys.argv[3])))
    )
