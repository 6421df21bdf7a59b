"""What is written to pages is what Reflex would write."""

import json
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import Enum, StrEnum
from types import SimpleNamespace
from typing import Any

import pytest
from reflex.state import StateUpdate
from reflex_base.utils.format import json_dumps

from exports_app.ui.websockets import frames


class Kind(StrEnum):
    CSV = "csv"


class Number(Enum):
    ONE = 1


class Text(str):
    __slots__ = ()


@dataclass(frozen=True)
class Row:
    name: str
    tags: list[str]
    _hidden: int = 1
    below: dict[str, Any] = field(default_factory=dict)


def _dumps(data: Any) -> str:
    packets = SimpleNamespace(json=SimpleNamespace(dumps=json_dumps, loads=json.loads))
    frames.install(SimpleNamespace(packet_class=packets))
    assert packets.json.loads is json.loads
    return packets.json.dumps(data, separators=(",", ":"))


@pytest.mark.parametrize(
    "value",
    [
        [Row("Ünicode 🎉 \u2028 <b>", ["a", "b"], below={"row": Row("", [])})],
        StateUpdate(delta={"state": {"rows_rx_state_": [Row("one", [])]}}),
        {"kind": Kind.CSV, "number": Number.ONE, "text": Text("text"), Kind.CSV: 1},
        [datetime(2026, 11, 30, 12, 0, 1, 5, UTC), date(2026, 11, 30), Decimal("1.50")],
        [True, None, 1.5, 1e300, -0.0, 2**53 + 1, (1, 2), {3}],
        [2**64, -(2**63) - 1],
        {1: "a key that is no text"},
        [object()],
    ],
)
def test_it_is_what_reflex_writes(value: Any) -> None:
    assert json.loads(_dumps(["event", value])) == json.loads(json_dumps(["event", value]))


def test_what_cannot_be_written_fails_as_before() -> None:
    deep: list[Any] = []
    for _ in range(100_000):
        deep = [deep]
    with pytest.raises(RecursionError):
        _dumps(deep)
