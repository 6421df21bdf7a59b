"""The documents name files and sections that exist."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.paths import ROOT

DOCUMENTS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
LINK = re.compile(r"\]\((?!https?:|mailto:)([^)#\s]*)(?:#([^)\s]+))?\)")
FILE = re.compile(r"`((?:[\w.-]+/)+[\w-]+\.(?:py|md|css|js|toml|txt))\b[^`]*`")
WITH_EXAMPLES = ROOT / "docs" / "extending.md"
"""It names files that the reader is to write."""


def anchors(document: Path) -> set[str]:
    headings = re.findall(r"(?m)^#+ (.*)$", document.read_text(encoding="utf-8"))
    plain = (re.sub(r"[^\w\- ]", "", heading.lower()).strip() for heading in headings)
    return {heading.replace(" ", "-") for heading in plain}


def broken_links(document: Path) -> Iterator[str]:
    for path, anchor in LINK.findall(document.read_text(encoding="utf-8")):
        target = (document.parent / path).resolve() if path else document
        known = target.exists() and (not anchor or anchor in anchors(target))
        if not known:
            yield f"{path}#{anchor}" if anchor else path


def missing_files(document: Path) -> Iterator[str]:
    roots = (ROOT, ROOT / "exports_app", ROOT / "docs")
    for name in FILE.findall(document.read_text(encoding="utf-8")):
        if not any((root / name).is_file() for root in roots):
            yield name


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_lead_somewhere(document: Path) -> None:
    assert list(broken_links(document)) == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_named_files_exist(document: Path) -> None:
    assert document == WITH_EXAMPLES or list(missing_files(document)) == []
