"""Texts that people read use the usual words: on pages, in mails, errors, the command line, the
document of the API and the documentation."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.paths import ROOT

INSTEAD = {
    r"mend(s|ed|ing)?": "fix",
    r"past times?": "scheduled times; backfill",
    r"give(s|n)? up|giving up|gave up": "stop retrying; stop",
    r"(by|of) (itself|themselves)": "automatically",
    r"there is no such": "does not exist; not found",
    r"is there already": "already exists",
    r"second factors?": "two-factor authentication; a code",
    r"waiting runs?": "queued runs; runs that wait for a retry",
    r"anew": "again; new",
    r"somewhat|hither\w*|thereby|thereof|wherein|whence|whereby|lest|shall": "none: archaic",
}
"""What is wrong everywhere, and what to write."""
DENIED = re.compile("|".join(rf"\b(?:{words})\b" for words in INSTEAD), re.IGNORECASE)
CODE = re.compile(r"```.*?```|`[^`\n]*`|\]\([^)]*\)", re.DOTALL)
"""Code and addresses of links, in Markdown: names there are what they are."""
UNRELEASED = re.compile(r"^## Unreleased\n(.*?)(?=^## )", re.DOTALL | re.MULTILINE)
SHOWN_DOCSTRINGS = ("api/routes", "api/schemas", "domain/errors")
"""In the document of the API, or the words of an error."""
LOG_EVENTS = frozenset(re.findall(r"`([^`\n]+)`", (ROOT / "docs/monitoring.md").read_text()))
"""Programs match them: they stay."""
INTERNAL = frozenset({"second factor"})
"""The purpose of a one-time code (`identity/sessions.py`), which no one reads."""


def _texts(path: Path) -> Iterator[tuple[int, str]]:
    """The strings of a module that hold several words, with their lines; docstrings only where
    they are shown."""
    tree = ast.parse(path.read_text())
    shown = any(part in path.as_posix() for part in SHOWN_DOCSTRINGS)
    docs = {
        id(statement.value)
        for node in ast.walk(tree)
        if isinstance(body := getattr(node, "body", None), list)
        for statement in body
        if isinstance(statement, ast.Expr)
    }
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and " " in node.value.strip()
            and (shown or id(node) not in docs)
            and node.value not in LOG_EVENTS | INTERNAL
        ):
            yield node.lineno, node.value


def _denied(text: str) -> list[str]:
    return [found.group() for found in DENIED.finditer(" ".join(text.split()))]


def _modules() -> list[Path]:
    return sorted((ROOT / "exports_app").rglob("*.py"))


def _documents() -> list[Path]:
    names = ("README.md", "CONTRIBUTING.md", "SECURITY.md", ".env.example")
    return [*(ROOT / name for name in names), *sorted((ROOT / "docs").glob("*.md"))]


def test_the_app_says_it_in_usual_words() -> None:
    wrong = [
        f"{path.relative_to(ROOT)}:{line}: {words}: {text}"
        for path in _modules()
        for line, text in _texts(path)
        if (words := _denied(text))
    ]
    assert wrong == []


@pytest.mark.parametrize("path", _documents(), ids=lambda path: path.name)
def test_the_documents_say_it_in_usual_words(path: Path) -> None:
    assert _denied(CODE.sub(" ", path.read_text())) == []


def test_the_browser_code_says_it_in_usual_words() -> None:
    quoted = re.compile(r'"((?:[^"\\\n]|\\.)*)"|`([^`]*)`')
    for path in sorted((ROOT / "assets").glob("*.js")):
        texts = ["".join(found) for found in quoted.findall(path.read_text())]
        assert texts
        assert [text for text in texts if _denied(text)] == []


def test_the_newest_changes_say_it_in_usual_words() -> None:
    newest = UNRELEASED.search((ROOT / "CHANGELOG.md").read_text())
    assert newest
    assert _denied(CODE.sub(" ", newest.group())) == []


@pytest.mark.parametrize("wrong", ["Mend the address", "It runs by itself", "the second factor"])
def test_what_is_denied_is_found(wrong: str) -> None:
    assert _denied(wrong)
