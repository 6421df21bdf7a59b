"""What the documents tell people to press, in italics, is on the pages under that name."""

import ast
import re

import pytest

from tests.paths import ROOT

DOCUMENTS = (
    *("README.md", "docs/deploying.md", "docs/importing.md", "docs/operating.md"),
    *("docs/recovery.md", "docs/security.md", "docs/settings.md", "docs/troubleshooting.md"),
)
OF_OTHERS = {"CSV UTF-8"}
"""Excel's."""
LABEL = re.compile(r"(?<![*\w])\*([A-Z][^*\n]*)\*(?!\*)")


@pytest.fixture(scope="module")
def texts() -> set[str]:
    """All strings in the code."""
    found = set()
    for file in (ROOT / "exports_app").rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                found.add(node.value.strip())
    return found


@pytest.mark.parametrize("document", DOCUMENTS)
def test_each_label_is_on_a_page(document: str, texts: set[str]) -> None:
    written = LABEL.findall((ROOT / document).read_text(encoding="utf-8"))
    labels = {part for label in written for part in label.split(" → ")}
    assert {label for label in labels if label not in texts} - OF_OTHERS == set()
