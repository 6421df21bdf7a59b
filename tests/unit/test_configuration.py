"""`config`: values and sources of settings, and no secret."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from exports_app import plugins, settings
from exports_app.channels.email import EmailChannel
from exports_app.cli.main import main
from exports_app.services.core.extension_points import CHANNELS
from tests.bare_environment import bare_environment
from tests.world import registered

KEY = "a-key-of-at-least-thirty-two-characters"


@pytest.fixture(autouse=True)
def bare_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A folder with an `.env`, and no setting of the tests' own."""
    bare_environment(tmp_path, monkeypatch)
    (tmp_path / "key").write_text(KEY)
    (tmp_path / ".env").write_text(f"\nTZ=Europe/Berlin\nSECRET_KEY_FILE={tmp_path}/key\n")
    monkeypatch.setenv("PORT", "4000")
    monkeypatch.setenv("SMTP_PASS", "hidden-of-mail")
    monkeypatch.setenv("SMTP_USER", "postman")
    monkeypatch.setenv("S3_ENDPOINT_URL", "https://someone:hidden-of-store@store.example.com")
    monkeypatch.setenv(
        "DATABASE_URL", "postgresql://me:hidden-of-db@db:5433/campaigns?sslkey=hidden"
    )
    monkeypatch.setenv("REDIS_URL", "redis://:hidden-of-redis@cache:6379/2")
    monkeypatch.setattr(settings, "get", settings.get.__wrapped__)
    plugins.load("exports_app.channels")
    with registered(CHANNELS, EmailChannel()):  # the process's own has read its settings for good
        yield


def test_each_setting_has_its_value_and_its_source(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert main(["config", "--json"]) == 0
    out = capsys.readouterr().out
    shown = {one["name"]: one for one in json.loads(out)["settings"]}
    assert (shown["PORT"]["value"], shown["PORT"]["source"]) == ("4000", "the environment")
    assert (shown["TZ"]["value"], shown["TZ"]["source"]) == ("Europe/Berlin", "line 2 of .env")
    assert (shown["LEASE_SECONDS"]["value"], shown["LEASE_SECONDS"]["source"]) == ("60", "default")
    key = shown["SECRET_KEY"]
    assert (key["value"], key["source"]) == ("set", f"SECRET_KEY_FILE: {tmp_path}/key")
    assert shown["METRICS_TOKEN"]["value"] == "not set"
    assert {name.upper() for name in settings.Settings.model_fields} <= set(shown)


def test_no_secret_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["config"]) == 0
    out = capsys.readouterr().out
    lines = out.splitlines()
    assert "SMTP_PASS=set  (the environment)" in lines
    assert "DATABASE_URL=postgresql://me:***@db:5433/campaigns?***  (the environment)" in lines
    assert "REDIS_URL=redis://:***@cache:6379/2  (the environment)" in lines
    assert "S3_ENDPOINT_URL=https://***@store.example.com  (the environment)" in lines
    assert KEY not in out
    assert "hidden" not in out


@pytest.mark.parametrize(
    ("name", "value", "shown"),
    [
        ("S3_ENDPOINT_URL", "https://s3.example.com/?token=hidden", "https://s3.example.com/?***"),
        ("S3_ENDPOINT_URL", "https://hidden@s3.example.com", "https://***@s3.example.com"),
        ("PUBLIC_URL", "https://a.example.com/#hidden", "https://a.example.com/#***"),
        ("PUBLIC_URL", "http://[hidden", "http://***"),
        ("FILES_URL", "s3://exports/a?key=hidden", "s3://exports/a?***"),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://a:4318/?key=hidden", "http://a:4318/?***"),
    ],
)
def test_what_may_be_a_secret_in_an_address_is_masked(
    name: str,
    value: str,
    shown: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv(name, value)
    assert main(["config"]) == 0
    assert f"{name}={shown}  (the environment)" in capsys.readouterr().out.splitlines()


@pytest.mark.parametrize("seconds", ["30", "0.5", "3600"])
def test_a_number_is_shown_as_it_is_set(
    seconds: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DRAIN_SECONDS", seconds)
    assert main(["config"]) == 0
    assert f"DRAIN_SECONDS={seconds}  (" in capsys.readouterr().out


def test_the_file_of_sqlite_is_shown(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", "sqlite:////srv/exports.db")
    assert main(["config"]) == 0
    assert "DATABASE_URL=sqlite:////srv/exports.db  (" in capsys.readouterr().out


def test_a_wrong_setting_is_one_line(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PORT", "many")
    assert main(["config"]) == 1
    assert capsys.readouterr().err.startswith("exports_app: PORT must be")
