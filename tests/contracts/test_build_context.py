"""What `docker build` sends of this folder: everything that the app needs, and no secret."""

import re
import subprocess

import pytest

from exports_app.launch import build
from tests.build_context import DEPLOY, committed, is_sent, pattern
from tests.programs import of_packages

PLANTED = (
    ".env",
    "docs/deploy/.env",
    "docs/deploy/secrets/secret_key",
    "exports_app/.env",
    "exports_app/ui/.env.production",
    "exports_app/exports.env",
    "exports_app/x/y.db",
    "exports_app/x/y.db-wal",
    "alembic/tls.key",
    "assets/site.pem",
    ".data/exports.db",
    ".data/secret_key",
    "exports_app/.data/files/export.csv",
    "exports_app/secret_key.previous",
    "assets/.git/config",
    "our-notes.txt",
)


@pytest.mark.parametrize(
    ("text", "path", "matches"),
    [
        ("**/.env", ".env", True),
        ("**/.env", "a/b/.env", True),
        ("**/.env", "a/b.env", False),
        ("*.db", "a/x.db", False),
        ("**/*.db", "x.db", True),
        ("*", "a/b", False),
        ("a/**", "a/b/c", True),
        ("a?", "ab", True),
    ],
)
def test_patterns_match_as_dockers(text: str, path: str, matches: bool) -> None:
    assert bool(pattern(text).fullmatch(path)) is matches


@pytest.mark.parametrize("path", PLANTED)
def test_no_secret_gets_into_the_image(path: str) -> None:
    assert not is_sent(path)


def test_everything_that_the_app_needs_is_sent() -> None:
    needed = (
        "exports_app",
        "alembic",
        "alembic.ini",
        "requirements.txt",
        *build.SOURCES,
        build.LOCK,
    )
    files = [
        path
        for path in committed()
        if any(path == root or path.startswith(f"{root}/") for root in needed)
    ]
    assert len(files) > 500
    assert [path for path in files if not is_sent(path)] == []


def test_nothing_else_is_sent() -> None:
    others = {path.split("/")[0] for path in committed() if is_sent(path)}
    assert others == {
        "alembic",
        "alembic.ini",
        "assets",
        "exports_app",
        "reflex.lock",
        "requirements.txt",
        "rxconfig.py",
    }


def test_the_image_has_exact_versions_no_root_and_a_health_check() -> None:
    lines = (DEPLOY / "Dockerfile").read_text().splitlines()
    bases = [line.split()[1] for line in lines if line.startswith("FROM ")]
    assert all(re.search(r":\d+\.\d+\.\d+", base) or base == "packages" for base in bases)
    assert "USER 1000:1000" in lines[lines.index(next(x for x in reversed(lines) if "FROM" in x)) :]
    assert "/api/live" in "\n".join(lines)


def test_the_dockerfile_is_good_by_hadolint() -> None:
    found = subprocess.run(
        [of_packages("hadolint"), DEPLOY / "Dockerfile"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (found.returncode, found.stdout) == (0, "")
