"""How long inputs may be stands in one place."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import exports_app

ROOT = Path(exports_app.__file__).parent
SHORT = 20
"""Characters of what a field of a page may hold that has one form alone, e.g. a colour."""


def numbers(folder: str) -> Iterator[tuple[str, int]]:
    """Each limit that is written as a number, and where."""
    for file in sorted((ROOT / folder).rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.keyword) and node.arg == "max_length" and isinstance(node.value, ast.Constant):
                yield f"{file.relative_to(ROOT)}:{node.value.lineno}", int(node.value.value)


@pytest.mark.parametrize(("folder", "most"), [("api", 0), ("ui", SHORT)])
def test_no_field_has_a_limit_of_its_own(folder: str, most: int) -> None:
    assert [(where, number) for where, number in numbers(folder) if number > most] == []
