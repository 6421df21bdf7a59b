"""CSV by SQLite's own command line, the limit of what can be had: the ratios are part of the query,
and all of it is C.

Not run, but made into a script for `sqlite3`.
"""

from typing import Any

from bench.rivals.rows import COLUMNS, STORED, Task

HUNDREDTHS = ("spend", "revenue")
QUOTIENTS = {
    "ctr": ("clicks", "impressions"),
    "cpc": ("spend", "clicks"),
    "cpa": ("spend", "conversions"),
    "roas": ("revenue", "spend"),
}
"""Each is empty over zero: SQLite divides by nothing then."""


def script(task: Task) -> str:
    parameters = [
        f".parameter set ?{i} {_literal(value)}" for i, value in enumerate(task["parameters"], 1)
    ]
    query = (
        f"WITH queried({', '.join(STORED)}) AS ({task['sql']}) "
        f"SELECT {', '.join(map(_column, COLUMNS))} FROM queried;"
    )
    return "\n".join([*parameters, ".mode csv", ".headers on", query.replace("\n", " "), ""])


def _column(name: str) -> str:
    if name in QUOTIENTS:
        above, below = map(_value, QUOTIENTS[name])
        return f"round({above} * 1.0 / nullif({below}, 0), 6) AS {name}"
    return f"{_value(name)} AS {name}"


def _value(name: str) -> str:
    return f"({name} / 100.0)" if name in HUNDREDTHS else name


def _literal(value: Any) -> str:
    """Quoted for SQL, and then for the command."""
    quoted = "'" + value.replace("'", "''") + "'" if isinstance(value, str) else str(value)
    return '"' + quoted.replace("\\", "\\\\").replace('"', '\\"') + '"'
