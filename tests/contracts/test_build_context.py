"""What `docker build` sends of this folder: everything that the app needs, and no secret."""

import re
import subprocess
from pathlib import Path, PurePosixPath

import pytest
import yaml

from exports_app.launch import build
from tests.paths import ROOT

DEPLOY = ROOT / "docs" / "deploy"
IGNORE = DEPLOY / "Dockerfile.dockerignore"
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


def committed() -> list[str]:
    listed = subprocess.run(
        ["git", "ls-files", "--cached"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return [path for path in listed.stdout.splitlines() if Path(ROOT, path).exists()]


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


def compose() -> dict[str, dict[str, dict[str, object]]]:
    read: dict[str, dict[str, dict[str, object]]] = yaml.safe_load(
        (DEPLOY / "compose.yaml").read_text()
    )
    return read


@pytest.mark.parametrize("name", ["web", "worker", "migrate"])
def test_compose_passes_every_setting_on_and_keeps_the_app_from_writing(name: str) -> None:
    service = compose()["services"][name]
    assert service["env_file"] == ["exports.env"]
    assert service["read_only"] is True
    assert service["init"] is True
    assert service["mem_limit"]
    assert service["logging"]
    environment = service["environment"]
    assert isinstance(environment, dict)
    assert str(environment["FILES_URL"]).startswith("${FILES_URL:?")


def test_no_port_of_a_database_is_open_to_all_and_images_have_exact_versions() -> None:
    for name in ("postgres", "redis"):
        service = compose()["services"][name]
        assert re.search(r":\d+\.\d+", str(service["image"]))
        ports = service["ports"]
        assert isinstance(ports, list)
        assert all(str(port).startswith("${DATA_HOST:?}:") for port in ports)
