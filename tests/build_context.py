"""Which files `docker build` sends of this folder, by docs/deploy/Dockerfile.dockerignore."""

import re
import subprocess
from pathlib import Path, PurePosixPath

from tests.paths import ROOT

DEPLOY = ROOT / "docs" / "deploy"
IGNORE = DEPLOY / "Dockerfile.dockerignore"


def pattern(text: str) -> re.Pattern[str]:
    """Of moby's patternmatcher: `**` is any number of folders, `*` and `?` stay in one."""
    expression = ""
    for part in re.split(r"(\*\*/?|\*|\?)", text):
        if part.startswith("**"):
            expression += "(?:.*/)?" if part.endswith("/") else ".*"
        else:
            expression += {"*": "[^/]*", "?": "[^/]"}.get(part, re.escape(part))
    return re.compile(expression)


RULES = [
    (pattern(line.removeprefix("!").strip("/")), not line.startswith("!"))
    for line in IGNORE.read_text().splitlines()
    if line and not line.startswith("#")
]


def is_sent(path: str) -> bool:
    """The last rule counts that matches the path or a folder above it."""
    file = PurePosixPath(path)
    names = [str(p) for p in (file, *file.parents) if str(p) != "."]
    ignored = False
    for rule, ignores in RULES:
        if any(rule.fullmatch(name) for name in names):
            ignored = ignores
    return not ignored


def committed() -> list[str]:
    listed = subprocess.run(
        ["git", "ls-files", "--cached"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return [path for path in listed.stdout.splitlines() if Path(ROOT, path).exists()]
