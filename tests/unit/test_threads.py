"""Pages and the API have lanes: neither uses the threads of the engine and the housekeeping."""

import ast
from pathlib import Path

import exports_app

FOLDER = Path(exports_app.__file__).parent
ALLOWED = {"ui/framework/live.py", "ui/websockets/connection_watch.py"}
"""They work once for all pages."""


def _uses_shared_threads(file: Path) -> bool:
    tree = ast.parse(file.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
            continue
        shared = node.func.attr == "run_in_executor" and (
            isinstance(node.args[0], ast.Constant) and node.args[0].value is None
        )
        if node.func.attr == "to_thread" or shared:
            return True
    return False


def test_no_page_and_no_route_uses_the_shared_threads() -> None:
    users = {
        file.relative_to(FOLDER).as_posix()
        for folder in ("ui", "api")
        for file in (FOLDER / folder).rglob("*.py")
        if _uses_shared_threads(file)
    }
    assert users == ALLOWED
