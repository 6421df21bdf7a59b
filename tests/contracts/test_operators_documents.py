"""Every shell block of the operator's documents is run by a test, or has a reason here."""

import ast
from collections.abc import Iterator
from itertools import chain

import pytest

from tests.operations import handbook
from tests.paths import ROOT

DOCUMENTS = (
    *("deploying.md", "monitoring.md", "operating.md"),
    *("recovery.md", "secrets.md", "settings.md"),
)
WALKERS = [
    *sorted((ROOT / "tests" / "operations").glob("test_*.py")),
    ROOT / "tests" / "distributed" / "test_backups.py",
]
NOT_RUN = {
    ("deploying.md", "One machine"): (
        "useradd, pip and systemctl need a whole machine; create-user asks for a password."
        " tests/operations/machine.py lays out the same, with the same settings and unit"
    ),
    ("deploying.md", "PostgreSQL"): "createuser asks for a password on a terminal",
    ("deploying.md", "Many machines"): (
        "systemctl enable and docker need a whole machine; create-user asks for a password."
        " tests/contracts/test_compose.py runs the container's commands, and"
        " tests/operations/cluster.py builds the installation"
    ),
    ("operating.md", "Starting and stopping"): (
        "make installs packages and builds pages; make test begins with the same"
    ),
    ("settings.md", "From demo to real"): (
        "create-user asks for a password on a terminal; tests/operations/machine.py gives it"
    ),
}
"""Sections with shell blocks that no test runs, and why."""


def _walked() -> Iterator[tuple[str, str]]:
    """Of each call in the tests that gets a section's blocks."""
    for file in WALKERS:
        tree = ast.parse(file.read_text(encoding="utf-8"))
        constants = {
            target.id: node.value.value
            for node in tree.body
            if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant)
            for target in node.targets
            if isinstance(target, ast.Name)
        }
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") in {
                "walk",
                "scripts",
                "blocks",
            }:
                document, section = (
                    constants[argument.id] if isinstance(argument, ast.Name) else argument.value
                    for argument in node.args[-2:]
                )
                yield document, section


@pytest.mark.parametrize("document", DOCUMENTS)
def test_each_block_says_its_language(document: str) -> None:
    found = chain(*(handbook.blocks(document, title) for title in handbook.sections(document)))
    assert [block.text for block in found if not block.language] == []


def test_each_shell_block_is_run_by_a_test() -> None:
    walked = {*_walked(), handbook.SETUP}
    written = {
        (document, title)
        for document in DOCUMENTS
        for title in handbook.sections(document)
        if handbook.scripts(document, title)
    }
    assert written - walked - NOT_RUN.keys() == set()
    assert NOT_RUN.keys() - written == set(), "these are not written any more"
    assert NOT_RUN.keys() & walked == set(), "these are run"
