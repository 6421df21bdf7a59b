"""The examples of docs/extending.md do what they are said to."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from exports_app.domain.errors import DeliveryError
from exports_app.services.core.extension_points import (
    CHANNELS,
    EXPORT_TYPES,
    FORMATS,
    Channel,
    ExportType,
    Format,
    Note,
)
from exports_app.services.core.registry import Registry

DOCUMENT = Path(__file__).parents[2] / "docs" / "extending.md"
KINDS: list[tuple[str, Registry[Any], type]] = [
    ("An export type", EXPORT_TYPES, ExportType),
    ("A format", FORMATS, Format),
    ("A delivery channel", CHANNELS, Channel),
]


def example(heading: str) -> str:
    section = re.split(r"(?m)^## ", DOCUMENT.read_text(encoding="utf-8"))
    (found,) = [part for part in section if part.startswith(f"{heading}\n")]
    code = re.search(r"(?s)```python\n(.*?)```", found)
    assert code is not None
    return code[1]


def made(heading: str, registry: Registry[Any]) -> Any:
    """What the example registers."""
    before = set(registry.keys())
    exec(compile(example(heading), f"{DOCUMENT.name}: {heading}", "exec"), {"__name__": "example"})
    (new,) = set(registry.keys()) - before
    return registry[new]


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    """What an example registers is gone after the test."""
    held = [(registry, dict(registry._items)) for _, registry, _ in KINDS]
    yield
    for registry, items in held:
        registry._items.clear()
        registry._items.update(items)


@pytest.mark.parametrize(
    ("heading", "registry", "protocol"), KINDS, ids=[kind[0] for kind in KINDS]
)
def test_an_example_has_all_that_its_kind_needs(
    heading: str, registry: Registry[Any], protocol: type
) -> None:
    item = made(heading, registry)
    wanted = {name for name in vars(protocol) if not name.startswith("_")} | set(
        protocol.__annotations__
    )
    assert {name for name in wanted if not hasattr(item, name)} == set()


def test_the_channel_of_the_example_tells(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FOLDER_PATH", str(tmp_path))
    channel = made("A delivery channel", CHANNELS)
    at = datetime(2026, 3, 4, tzinfo=UTC)
    note = Note(
        "Acme",
        "#000000",
        None,
        "Numbers",
        "“Numbers” failed",
        "It goes on.",
        [("Reason", "it broke")],
        "http://x/",
        "-",
        at,
    )
    channel.notify("ann@example.com", "an-id", note)
    assert (tmp_path / "an-id.txt").read_text("utf-8").splitlines() == [
        "“Numbers” failed",
        "It goes on.",
        "Reason: it broke",
        "http://x/",
    ]
    monkeypatch.setenv("FOLDER_PATH", str(tmp_path / "missing"))
    with pytest.raises(DeliveryError) as refused:
        channel.notify("ann@example.com", "an-id", note)
    assert not refused.value.permanent
