"""What a server says when it starts."""

import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
from pydantic import SecretStr

from exports_app import __version__
from exports_app.channels.email import EmailChannel, SmtpSettings
from exports_app.db import urls
from exports_app.launch.prepare import prepare
from exports_app.services.core.extension_points import CHANNELS
from exports_app.settings import Settings
from exports_app.wiring import Services
from tests.world import registered

HIDDEN = "nobody-may-see-this"
PUBLIC = "https://exports.example.com"


@pytest.fixture(autouse=True)
def logging_as_before() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers, root.level
    yield
    root.handlers = handlers
    root.setLevel(level)


def lines_of(settings: Settings, capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    """Of the start."""
    prepare(settings)
    return [json.loads(line) for line in capsys.readouterr().err.splitlines()]


def warnings_of(settings: Settings, capsys: pytest.CaptureFixture[str]) -> list[str]:
    """Of the start, about proxies."""
    return [
        line["event"]
        for line in lines_of(settings, capsys)
        if line["level"] == "warning" and "TRUSTED_PROXIES" in line["event"]
    ]


def changed(services: Services, **values: str) -> Settings:
    kept = services.settings.model_dump(exclude_unset=True)
    return Settings.model_validate(kept | values)


def said(lines: list[dict[str, Any]], event: str) -> dict[str, Any]:
    """What the one line of this event says beside what each line has."""
    (line,) = [line for line in lines if line["event"] == event]
    usual = {"event", "level", "logger", "timestamp", "host", "process", "version"}
    own = {name: value for name, value in line.items() if name not in usual}
    return own | ({"host": line["host"]} if event == "the database" else {})


def test_a_start_says_what_it_works_with(
    services: Services, capsys: pytest.CaptureFixture[str]
) -> None:
    smtp = SmtpSettings(host="smtp.example.com", user="me@example.com", password=SecretStr(HIDDEN))
    with registered(CHANNELS, EmailChannel(smtp)):
        lines = lines_of(changed(services, public_url=f"{PUBLIC}/?key={HIDDEN}"), capsys)
    assert HIDDEN not in str(lines)
    assert said(lines, f"exports_app {__version__} starts") == {}
    assert said(lines, "the address that people use") == {"url": f"{PUBLIC}/?***"}
    server = {"channel": "email", "server": "smtp.example.com:587, starttls"}
    assert said(lines, "the mail server") == server
    database = said(lines, "the database")
    if services.database.embedded:
        assert (database["kind"], database["file"]) == ("sqlite", str(services.database.file))
    else:
        assert (database["kind"], database["name"]) == ("postgresql", "migrated")


def test_a_start_says_the_default_address_and_that_nothing_is_sent(
    services: Services, capsys: pytest.CaptureFixture[str]
) -> None:
    with registered(CHANNELS, EmailChannel(SmtpSettings())):
        lines = lines_of(changed(services, host="127.0.0.1", port="4000"), capsys)
    assert said(lines, "the address that people use") == {"url": "http://127.0.0.1:4000"}
    nothing = said(lines, "exports are made but not sent")
    assert nothing["reason"] == "no mail server is configured: set SMTP_HOST"
    assert not [line for line in lines if line["event"] == "the mail server"]


@pytest.mark.parametrize(
    ("url", "place"),
    [
        ("sqlite:////srv/exports.db", {"kind": "sqlite", "file": "/srv/exports.db"}),
        (
            f"postgresql://me:{HIDDEN}@db.example.com:5433/exports?sslpassword={HIDDEN}",
            {"kind": "postgresql", "host": "db.example.com:5433", "name": "exports"},
        ),
        (
            f"postgresql://me:{HIDDEN}@/exports?host=/run/postgresql&port=5432",
            {"kind": "postgresql", "host": "/run/postgresql", "name": "exports"},
        ),
        (
            "postgresql:///exports?host=a&host=b",
            {"kind": "postgresql", "host": "a,b", "name": "exports"},
        ),
    ],
)
def test_the_database_is_named_without_secrets(url: str, place: dict[str, str]) -> None:
    assert urls.place(urls.parse(url)) == place


@pytest.mark.parametrize(
    ("public", "host", "trusted", "warns"),
    [
        (PUBLIC, "127.0.0.1", "", True),
        (PUBLIC, "0.0.0.0", "", True),
        ("http://exports.example.com", "127.0.0.1", "", True),
        (PUBLIC, "127.0.0.1", "127.0.0.1", False),
        ("http://exports.example.com:3720", "0.0.0.0", "", False),
        ("http://localhost:3720", "127.0.0.1", "", False),
        ("", "127.0.0.1", "", False),
    ],
)
def test_a_start_behind_a_proxy_that_is_not_trusted_warns_in_one_line(
    services: Services,
    capsys: pytest.CaptureFixture[str],
    public: str,
    host: str,
    trusted: str,
    warns: bool,
) -> None:
    """By default the server speaks plain HTTP to this machine alone: whoever sees it elsewhere or
    by https uses a proxy."""
    settings = changed(services, public_url=public, host=host, trusted_proxies=trusted)
    warnings = warnings_of(settings, capsys)
    assert len(warnings) == warns
    if warns:
        assert "all visitors share the proxy's address" in warnings[0]
        assert "TRUSTED_PROXIES=127.0.0.1" in warnings[0]
