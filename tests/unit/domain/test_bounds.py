"""Limits of what is typed are in `domain.bounds` alone."""

import ast
from collections.abc import Iterator
from pathlib import Path

import exports_app.ui

UI = Path(exports_app.ui.__file__).parent


def literals(tree: ast.AST) -> Iterator[int]:
    """Lines that say a length themselves: ``LONGEST = 400``, ``max_length=7``."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign):
            names = [target.id for target in node.targets if isinstance(target, ast.Name)]
            if any(name.startswith("LONGEST") for name in names) and is_number(node.value):
                yield node.lineno
        elif isinstance(node, ast.keyword) and node.arg == "max_length" and is_number(node.value):
            yield node.value.lineno


def is_number(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, int)


def test_no_page_has_a_limit_of_its_own() -> None:
    found = [
        f"{file.relative_to(UI)}:{line}"
        for file in sorted(UI.rglob("*.py"))
        for line in literals(ast.parse(file.read_text("utf-8")))
    ]
    assert found == []


def test_such_a_limit_is_seen() -> None:
    assert list(
        literals(ast.parse("LONGEST = 400\nfield(max_length=7)\nLONGEST_CHIP = bounds.NAME"))
    ) == [1, 2]
