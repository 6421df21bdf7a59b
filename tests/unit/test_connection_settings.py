"""Passwords of the database and Redis, and every secret from a file."""

from pathlib import Path

import pytest
from pydantic import SecretStr
from redis.connection import parse_url

from exports_app import environment, setting_urls
from exports_app.channels.email import SmtpSettings
from exports_app.db.urls import as_libpq, parse
from exports_app.domain.errors import ExportsError
from exports_app.environment import SettingsError, read
from exports_app.settings import Settings
from exports_app.storage.s3 import Account
from exports_app.wiring.foundation import file_store
from tests.bare_environment import bare_environment

ODD = "p@ss/w%rd:#?&'\"\\$ 100%41é"
"""A password with all that a URL gives a meaning to."""
MODELS = [(Settings, ""), (SmtpSettings, "SMTP_")]
SECRETS = [
    f"{prefix}{info.alias or name}".upper()
    for model, prefix in MODELS
    for name, info in model.model_fields.items()
    if "SecretStr" in str(info.annotation)
]


@pytest.fixture(autouse=True)
def bare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bare_environment(tmp_path, monkeypatch)


def given(monkeypatch: pytest.MonkeyPatch, **values: str) -> Settings:
    for name, value in values.items():
        monkeypatch.setenv(name, value)
    read_settings: Settings = read(Settings)
    return read_settings


def test_there_are_secrets() -> None:
    expected = {"SECRET_KEY", "DATABASE_PASSWORD", "REDIS_PASSWORD", "SMTP_PASS", "METRICS_TOKEN"}
    assert expected | {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"} <= set(SECRETS)


@pytest.mark.parametrize("name", SECRETS)
def test_every_secret_can_lie_in_a_file(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    Path("secret").write_text("a secret of the file\n")
    monkeypatch.setenv(f"{name}_FILE", "secret")
    environment._known[name] = True  # as after the first reading of its settings
    assert environment.environment()[name] == "a secret of the file"
    for model, prefix in MODELS:
        if name.startswith(prefix):
            fields = model.model_fields.items()
            secret = {
                (prefix + (i.alias or n)).upper(): environment._is_secret(i) for n, i in fields
            }
    assert secret[name]


@pytest.mark.parametrize("name", ["DATABASE_PASSWORD", "SECRET_KEY", "AWS_SECRET_ACCESS_KEY"])
def test_a_secret_that_is_given_twice_stops_the_start(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    Path("secret").write_text("x" * 40)
    monkeypatch.setenv(name, "y" * 40)
    monkeypatch.setenv(f"{name}_FILE", "secret")
    with pytest.raises(SettingsError, match=f"^{name} and {name}_FILE are both set: remove one"):
        read(Settings)


def test_a_password_needs_no_encoding(monkeypatch: pytest.MonkeyPatch) -> None:
    s = given(
        monkeypatch,
        DATABASE_HOST="db.example.com",
        DATABASE_PORT="5433",
        DATABASE_NAME="campaigns",
        DATABASE_USER="Ann O",
        DATABASE_PASSWORD=ODD,
        REDIS_URL="redis://10.0.0.1:6379/2",
        REDIS_PASSWORD=ODD,
    )
    url = parse(s.url)
    assert (url.host, url.port, url.database) == ("db.example.com", 5433, "campaigns")
    assert (url.username, url.password) == ("Ann O", ODD)
    assert " " not in as_libpq(url)
    assert not s.embedded
    redis = parse_url(s.redis)
    assert (redis["host"], redis["db"], redis["password"]) == ("10.0.0.1", 2, ODD)


def test_a_host_and_a_password_are_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    s = given(monkeypatch, DATABASE_HOST="::1", DATABASE_PASSWORD="secret")
    assert s.url == "postgresql://exports:secret@[::1]:5432/exports"


def test_a_host_may_be_the_folder_of_a_socket(monkeypatch: pytest.MonkeyPatch) -> None:
    url = parse(given(monkeypatch, DATABASE_HOST="/run/postgresql").url)
    assert (url.host, url.database) == (None, "exports")
    assert dict(url.query) == {"host": "/run/postgresql", "port": "5432"}


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("postgresql://me@db/exports?sslmode=require", "me:s%40@db/exports?sslmode=require"),
        ("postgresql://me@[::1]:5433/exports", "me:s%40@[::1]:5433/exports"),
    ],
)
def test_a_url_without_a_password_gets_that_of_its_setting(
    url: str, expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    s = given(monkeypatch, DATABASE_URL=url, DATABASE_PASSWORD="s@")
    assert s.url == f"postgresql://{expected}"


def test_a_socket_of_redis_may_have_a_password(monkeypatch: pytest.MonkeyPatch) -> None:
    s = given(monkeypatch, REDIS_URL="unix:///run/redis.sock?db=1", REDIS_PASSWORD="s@")
    redis = parse_url(s.redis)
    assert (redis["path"], redis["db"], redis["password"]) == ("/run/redis.sock", 1, "s@")


PG = "postgresql://me@db/exports"


@pytest.mark.parametrize(
    ("values", "line"),
    [
        (
            {"DATABASE_URL": PG, "DATABASE_HOST": "db"},
            "DATABASE_HOST and DATABASE_URL are both set: remove one of them",
        ),
        (
            {"DATABASE_URL": "postgresql://me:x@db/exports", "DATABASE_PASSWORD": "y"},
            "DATABASE_PASSWORD is set, and DATABASE_URL has a password: remove one of them",
        ),
        (
            {"DATABASE_URL": "sqlite:///x.db", "DATABASE_PASSWORD": "y"},
            "DATABASE_PASSWORD is of PostgreSQL, and DATABASE_URL names SQLite",
        ),
        ({"DATABASE_PASSWORD": "y"}, "DATABASE_PASSWORD is set without DATABASE_HOST: add it"),
        ({"DATABASE_NAME": "y"}, "DATABASE_NAME is set without DATABASE_HOST: add it"),
        ({"DATABASE_HOST": "db:5432"}, "DATABASE_HOST must be a host name, an address or"),
        ({"DATABASE_HOST": "db", "DATABASE_NAME": "a/b"}, "DATABASE_NAME must be a name without"),
        ({"REDIS_PASSWORD": "y"}, "REDIS_PASSWORD is set without REDIS_URL: add it"),
        (
            {"REDIS_URL": "redis://:x@db", "REDIS_PASSWORD": "y"},
            "REDIS_PASSWORD is set, and REDIS_URL has a password: remove one of them",
        ),
        (
            {"FILES_URL": "s3://exports", "AWS_ACCESS_KEY_ID": "x"},
            "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY need each other",
        ),
        *(
            ({"DATABASE_URL": f"postgresql://me:{bad}@db/exports"}, "DATABASE_URL: in its password")
            for bad in ("p@ss", "p/ss", "p#ss", "p?ss", "100%")
        ),
        ({"DATABASE_URL": "postgresql://me@[::1/exports"}, "DATABASE_URL cannot be read"),
        ({"DATABASE_URL": "postgresql://me@db:99999/exports"}, "DATABASE_URL cannot be read"),
        ({"REDIS_URL": "redis://db:99999/0"}, "REDIS_URL cannot be read"),
        ({"REDIS_URL": "redis://db:no/0"}, "REDIS_URL cannot be read"),
    ],
)
def test_what_does_not_go_together_stops_the_start(
    values: dict[str, str], line: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(SettingsError) as raised:
        given(monkeypatch, **values)
    assert str(raised.value).startswith(line)


def test_a_url_is_shown_without_its_secrets() -> None:
    shown = setting_urls.without_secrets("postgresql://me:hidden@db:5432/exports?password=hidden")
    assert shown == "postgresql://me:***@db:5432/exports?***"
    assert setting_urls.without_secrets("redis://db:6379/0") == "redis://db:6379/0"
    for file in ("sqlite:////data/a@b.db", "s3://exports/a@b"):
        assert setting_urls.without_secrets(file) == file


@pytest.mark.parametrize("sign", ["/", "?", "#", "@", "/b@"])
def test_a_password_with_signs_that_end_it_early_is_not_shown(sign: str) -> None:
    for scheme, user in (("https", "token"), ("https", "me:hidden"), ("redis", ":hidden")):
        shown = setting_urls.without_secrets(f"{scheme}://{user}{sign}secret@host:1/x")
        assert all(part not in shown for part in ("token", "hidden", "secret")), shown


def test_the_store_gets_the_credentials_of_the_settings(tmp_path: Path) -> None:
    s = Settings(
        data_dir=tmp_path,
        files_url="s3://exports",
        aws_access_key_id=SecretStr("known"),
        aws_secret_access_key=SecretStr("hidden"),
        aws_default_region="eu-central-1",
    )
    account = file_store(s)._account  # type: ignore[attr-defined]
    assert account == Account("known", "hidden", None, "eu-central-1")
    assert "hidden" not in repr(account)


def test_an_option_that_no_library_knows_is_refused_in_one_line() -> None:
    assert parse("postgresql://me@db/exports?sslmode=require").query == {"sslmode": "require"}
    with pytest.raises(ExportsError, match=r"^DATABASE_URL has an option"):
        parse("postgresql://me@db/exports?sslmod=require")
