"""What a server says when it starts."""

import json
import logging
from collections.abc import Iterator

import pytest

from exports_app.launch.prepare import prepare
from exports_app.settings import Settings
from exports_app.wiring import Services

PUBLIC = "https://exports.example.com"


@pytest.fixture(autouse=True)
def logging_as_before() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers, root.level
    yield
    root.handlers = handlers
    root.setLevel(level)


def warnings_of(settings: Settings, capsys: pytest.CaptureFixture[str]) -> list[str]:
    """Of the start, about proxies."""
    prepare(settings)
    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    return [
        line["event"]
        for line in lines
        if line["level"] == "warning" and "TRUSTED_PROXIES" in line["event"]
    ]


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
    kept = services.settings.model_dump(exclude_unset=True)
    settings = Settings.model_validate(
        kept | {"public_url": public, "host": host, "trusted_proxies": trusted}
    )
    said = warnings_of(settings, capsys)
    assert len(said) == warns
    if warns:
        assert "all visitors share the proxy's address" in said[0]
        assert "TRUSTED_PROXIES=127.0.0.1" in said[0]
