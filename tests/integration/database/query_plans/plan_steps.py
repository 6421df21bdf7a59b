"""What a database says it would do for a statement, and which of that costs in proportion to all
rows that have piled up."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Self

from sqlalchemy import Connection, event
from sqlalchemy.engine import Engine

from exports_app.db.models import metadata

BOUNDED = {
    "tenants",
    "installation",
    "zone_data",
    "audit_unsealed",
    "audit_checkpoints",
    "status_counts",
    "audit_counts",
}
"""Tables that stay small: a row per customer, or work that is done within minutes."""
FEW = {f"ix_export_history_{name}" for name in ("died", "ready", "later", "live", "open")}
"""Indexes of the few rows of a table that are not done with."""
SORTED = 1_000
"""Rows that may be sorted in PostgreSQL, by its own estimate."""


def growing() -> set[str]:
    return set(metadata.tables) - BOUNDED


@dataclass
class Explained:
    """statement: its SQL. faults: what of its plan costs in proportion to a table."""

    statement: str
    faults: list[str]


@dataclass
class Explaining:
    """Explains each statement of a connection, or of all, before it is executed."""

    connection: Connection | Engine
    found: list[Explained] = field(default_factory=list)

    def __enter__(self) -> Self:
        event.listen(self.connection, "before_cursor_execute", self._explain)
        return self

    def __exit__(self, *_: object) -> None:
        event.remove(self.connection, "before_cursor_execute", self._explain)

    def _explain(
        self, _: object, cursor: Any, sql: str, parameters: Any, __: object, many: bool
    ) -> None:
        if not re.match(r"\s*(SELECT|UPDATE|DELETE|INSERT|WITH)\b", sql):
            return
        values = parameters[0] if many else parameters
        if self.connection.dialect.name == "sqlite":
            rows = cursor.connection.execute(f"EXPLAIN QUERY PLAN {sql}", values).fetchall()
            faults = list(sqlite_faults(rows, aliases(sql), sql))
        else:
            rows = cursor.connection.execute(f"EXPLAIN (FORMAT JSON) {sql}", values).fetchall()
            plan = rows[0][0] if isinstance(rows[0][0], list) else json.loads(rows[0][0])
            faults = list(postgresql_faults(plan[0]["Plan"]))
        self.found.append(Explained(" ".join(sql.split()), faults))


def aliases(sql: str) -> dict[str, str]:
    """The tables of a statement by the names that they have in it."""
    names = {name: name for name in metadata.tables}
    named = re.findall(r"(?:FROM|JOIN|,)\s+(\w+) AS \"?(\w+)\"?", sql)
    return names | {alias: name for name, alias in named}


def sqlite_faults(rows: list[Any], names: dict[str, str], sql: str) -> Iterator[str]:
    """Scans of a growing table, and sorts of what was read from one by anything but its key."""
    sorts = any("TEMP B-TREE" in detail for *_, detail in rows)
    until_full = " LIMIT " in sql and " WHERE " not in sql and not sorts
    for _, parent, _, detail in rows:
        step = re.match(r"(SCAN|SEARCH) (\w+)(.*)", detail)
        if step and step[1] == "SCAN" and names.get(step[2]) in growing() and not until_full:
            yield f"{names[step[2]]}: {detail}"
        if re.fullmatch(r"USE TEMP B-TREE FOR (ORDER BY|DISTINCT|GROUP BY)", detail):
            beside = [r[3] for r in rows if r[1] == parent]
            many = [s for s in beside if _reads_many(s, names)]
            if many:
                yield f"{detail} over {many[0]}"


def _reads_many(step: str, names: dict[str, str]) -> bool:
    read = re.match(r"(?:SCAN|SEARCH) (\w+)(.*)", step)
    if not read or names.get(read[1]) not in growing():
        return False
    keys = ",".join(sorted(c.name for c in metadata.tables[names[read[1]]].primary_key))
    equal = ",".join(sorted(re.findall(r"(\w+)=\?", read[2])))
    return equal != keys


def postgresql_faults(plan: dict[str, Any], *, limited: bool = False) -> Iterator[str]:
    """The same, where sequential scans are switched off: one that is left has no index to take.

    limited: whether rows are read until there are enough.
    """
    kind, of = plan["Node Type"], plan.get("Relation Name", "")
    if of in growing():
        if kind == "Seq Scan":
            yield f"{of}: Seq Scan"
        whole = kind in {"Index Scan", "Index Only Scan"} and "Index Cond" not in plan
        if whole and not limited and plan["Index Name"] not in FEW:
            yield f"{of}: whole index {plan['Index Name']}"
    if kind == "Sort" and plan["Plan Rows"] > SORTED:
        yield f"Sort of {plan['Plan Rows']} rows by {', '.join(plan['Sort Key'])}"
    for child in plan.get("Plans", []):
        yield from postgresql_faults(child, limited=kind == "Limit" or (limited and kind != "Sort"))
