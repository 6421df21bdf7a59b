"""The examples of docs/extending.md do what they are said to."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from exports_app.services.core.extension_points import (
    CHANNELS,
    EXPORT_TYPES,
    FORMATS,
    DestinationChannel,
    ExportType,
    Format,
)
from exports_app.services.core.registry import Registry
from tests.contracts.tables import COLUMNS, NASTY, VALUES, rows_of, table
from tests.paths import ROOT

DOCUMENT = ROOT / "docs" / "extending.md"
KINDS: list[tuple[str, Registry[Any], type]] = [
    ("An export type", EXPORT_TYPES, ExportType),
    ("A format", FORMATS, Format),
    ("A delivery channel", CHANNELS, DestinationChannel),
]


def example(heading: str, number: int = 0) -> str:
    """The code block of this number in the section."""
    sections = re.split(r"(?m)^## ", DOCUMENT.read_text(encoding="utf-8"))
    (section,) = [part for part in sections if part.startswith(f"{heading}\n")]
    return re.findall(r"(?s)```python\n(.*?)```", section)[number]


def executed(heading: str, number: int = 0) -> dict[str, Any]:
    names: dict[str, Any] = {"__name__": "example"}
    exec(compile(example(heading, number), f"{DOCUMENT.name}: {heading}", "exec"), names)
    return names


def made(heading: str, registry: Registry[Any]) -> Any:
    """What the example registers."""
    executed(heading)
    (new,) = registry
    return new


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    """Nothing is registered at first: an example may be copied into the project already. What it
    registers is gone after the test."""
    held = [(registry, dict(registry._items)) for _, registry, _ in KINDS]
    for registry, _ in held:
        registry._items.clear()
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


def test_the_format_of_the_example_is_read_back_by_its_reader(tmp_path: Path) -> None:
    jsonl = made("A format", FORMATS)
    reading = executed("A format", 1)
    path = tmp_path / "file"
    assert (jsonl.label, jsonl.mime, jsonl.extension) == reading["PROMISED"]
    for rows in (VALUES, rows_of(NASTY), []):
        lost = jsonl.write(table(rows), path)
        for reader in reading["READERS"]:
            sheet = reader.read(path, COLUMNS)
            assert (sheet.header, sheet.rows) == ([c.key for c in COLUMNS], reader.back(rows))
            texts = [value for row in rows for value in row if isinstance(value, str)]
            assert lost == sum(not reader.holds(c) for text in texts for c in text)
