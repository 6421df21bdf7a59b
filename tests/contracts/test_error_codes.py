"""Every cause of an error has one code of its own, which is raised somewhere and explained."""

import ast
import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from exports_app.api import problems
from exports_app.api.causes import CAUSES, STATUS, Cause, of_class
from exports_app.api.document.errors import EXAMPLES
from exports_app.domain import errors as e
from tests.paths import ROOT

KINDS: dict[str, type[e.ExportsError]] = {
    name: kind for name in e.__all__ if issubclass(kind := getattr(e, name), e.ExportsError)
}
ANSWERED = {name: kind for name, kind in KINDS.items() if issubclass(kind, tuple(STATUS))}
"""What the API answers with."""
FAMILIES = {name for name, kind in ANSWERED.items() if of_class(kind) is None}
"""Errors are made of these, and have codes of their own."""


@cache
def _modules() -> dict[Path, ast.Module]:
    paths = sorted((ROOT / "exports_app").rglob("*.py"))
    return {
        p: ast.parse(p.read_text()) for p in paths if p.parent.name not in {"errors", "document"}
    }


def _raised() -> Iterator[tuple[str, ast.expr, str]]:
    """The name of an error that is raised or made, where, and how."""
    for path, module in _modules().items():
        for node in ast.walk(module):
            made = node if isinstance(node, ast.Call) else None
            found = made.func if made else node.exc if isinstance(node, ast.Raise) else None
            if found is None:
                continue
            place = f"{path.relative_to(ROOT)}:{node.lineno}"
            for part in ast.walk(found):
                name = part.id if isinstance(part, ast.Name) else ""
                name = part.attr if isinstance(part, ast.Attribute) else name
                if name in KINDS:
                    yield name, made or found, place


def test_nothing_is_raised_that_has_no_code_of_its_own() -> None:
    assert {"Conflict", "Gone"} == FAMILIES
    assert [place for name, _, place in _raised() if name in FAMILIES] == []


def test_no_code_is_given_where_an_error_is_raised() -> None:
    """It would be in no list."""
    coded = [
        place
        for name, made, place in _raised()
        if name in ANSWERED
        and isinstance(made, ast.Call)
        and any(keyword.arg == "code" for keyword in made.keywords)
    ]
    assert coded == []


def test_every_code_is_raised_somewhere() -> None:
    raised = {KINDS[name].code for name, _, _ in _raised()}
    assert sorted(set(CAUSES) - raised) == []


def test_no_two_causes_share_a_code() -> None:
    own = [kind.code for kind in ANSWERED.values() if "code" in vars(kind)]
    assert sorted(own) == sorted(CAUSES)


@pytest.mark.parametrize("kind", [k for k in ANSWERED.values() if "code" in vars(k)])
def test_a_code_has_texts_of_its_own(kind: type[e.ExportsError]) -> None:
    assert re.fullmatch("[a-z]+(_[a-z]+)*", kind.code)
    assert {"title", "about", "fix"} <= set(vars(kind))
    assert re.fullmatch("[A-Z].*[^.]", kind.title)
    for text in (kind.about, kind.fix):
        assert re.fullmatch(r"[A-Z].*\.", text)
        assert len(text) < 200


def _row(cause: Cause) -> str:
    return f"| {cause.status} | `{cause.code}` | {cause.title} |"


def test_the_documentation_lists_all_codes() -> None:
    text = (ROOT / "docs/api.md").read_text()
    table = re.search(
        r"(?m)^\| Status \| Code \| Meaning \|\n\|---\|---\|---\|\n((?:\|.*\n)+)", text
    )
    assert table
    assert table[1].splitlines() == [_row(cause) for cause in CAUSES.values()]


def _detail(kind: type[e.ExportsError]) -> str:
    error = EXAMPLES.get(kind) or (kind(1) if issubclass(kind, e.TooManyRequests) else kind())
    detail: str = json.loads(bytes(problems.of(error).body))["detail"]
    return detail


@pytest.mark.parametrize("name", sorted(ANSWERED.keys() - FAMILIES))
def test_each_detail_says_what_went_wrong_and_what_to_do(name: str) -> None:
    """As the second part of a sentence or as a second one; or it is all about what to do."""
    detail = _detail(ANSWERED[name])
    assert re.search(r"[:;.] \w", detail) or detail.startswith("Sign in first"), detail
