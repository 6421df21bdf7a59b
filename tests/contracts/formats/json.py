"""JSON by Python's own reader."""

import json
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from exports_app.domain.table import Column, Kind
from tests.contracts.tables import Reader, Sheet, scaled, utf8

PROMISED = ("JSON", "application/json", "json")


def json_value(column: Column, held: Any) -> Any:
    if held is None:
        return None
    match column.kind:
        case Kind.DECIMAL:
            assert isinstance(held, Decimal)
            assert -held.as_tuple().exponent == column.scale
            return scaled(held, column.scale)
        case Kind.INTEGER:
            assert type(held) is int
            return held
        case Kind.DATE:
            return date.fromisoformat(held)
        case Kind.TEXT:
            assert isinstance(held, str)
            return held


def read_json(path: Path, columns: Sequence[Column]) -> Sheet:
    objects = json.loads(path.read_bytes().decode("utf-8"), parse_float=Decimal)
    header = [c.key for c in columns]

    assert all(list(o) == header for o in objects)
    return Sheet(header, [tuple(json_value(c, o[c.key]) for c in columns) for o in objects])


READERS = [Reader(read_json, utf8)]
