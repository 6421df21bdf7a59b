"""The query and its rows, as a Python program without a library for it gets them; and how a rival
is run and timed.

The task is the JSON file of bench/task.py: the database, the SQL of the export type `campaign`, its
parameters. Each row gets its four ratios by dividing and rounding floats, empty over zero; money is
divided by 100.
"""

import json
import sqlite3
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from datetime import date
from pathlib import Path
from typing import Any

CHUNK = 2000
"""Rows fetched at a time."""
COLUMNS = (
    "campaign_id",
    "campaign_name",
    "date",
    "impressions",
    "clicks",
    "conversions",
    "currency",
    "spend",
    "revenue",
    "ctr",
    "cpc",
    "cpa",
    "roas",
)
STORED = COLUMNS[:9]
"""What the query gives."""

Task = dict[str, Any]
Write = Callable[[Task, Path], None]


def connect(task: Task) -> sqlite3.Connection:
    return sqlite3.connect(f"file:{task['database']}?mode=ro", uri=True)


def fetched(task: Task) -> Iterator[list[tuple[Any, ...]]]:
    with closing(connect(task)) as connection:
        cursor = connection.execute(task["sql"], task["parameters"])
        while rows := cursor.fetchmany(CHUNK):
            yield rows


def complete(task: Task) -> Iterator[tuple[Any, ...]]:
    for rows in fetched(task):
        for (
            campaign,
            name,
            day,
            impressions,
            clicks,
            conversions,
            currency,
            spend_cents,
            revenue_cents,
        ) in rows:
            spend, revenue = spend_cents / 100, revenue_cents / 100
            yield (
                campaign,
                name,
                day,
                impressions,
                clicks,
                conversions,
                currency,
                spend,
                revenue,
                round(clicks / impressions, 6) if impressions else None,
                round(spend / clicks, 6) if clicks else None,
                round(spend / conversions, 6) if conversions else None,
                round(revenue / spend, 6) if spend else None,
            )


def dated(task: Task) -> Iterator[tuple[Any, ...]]:
    """The same with dates, for formats that have them."""
    for campaign, name, day, *rest in complete(task):
        yield (campaign, name, date.fromisoformat(day), *rest)


def run(ways: Mapping[str, Write]) -> None:
    """The command line of a rival's module."""
    way = ways[sys.argv[1]]
    task = json.loads(Path(sys.argv[2]).read_text())
    path = Path(sys.argv[3])
    began = time.perf_counter()
    way(task, path)
    print(json.dumps({"seconds": time.perf_counter() - began}))
