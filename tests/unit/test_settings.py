"""Settings from the environment: what is read, what wins, and the one line that says what is
wrong."""

import multiprocessing
import stat
from pathlib import Path

import pytest
from pydantic import SecretStr, ValidationError

from exports_app.channels.email import SmtpSettings
from exports_app.environment import SettingsError, read, unknown_names, warnings
from exports_app.settings import Settings, loopback
from tests.bare_environment import bare_environment

LONG = "a-key-of-at-least-thirty-two-characters"


@pytest.fixture(autouse=True)
def bare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bare_environment(tmp_path, monkeypatch)


def test_nothing_needs_to_be_set() -> None:
    s = read(Settings)
    assert (s.host, s.port, s.tz, s.lease_seconds, s.min_interval_seconds) == (
        "127.0.0.1",
        3720,
        "UTC",
        60,
        60,
    )
    assert (s.rate_limit_login, s.rate_limit_api) == ("10/minute", "600/minute")
    assert s.url == f"sqlite:///{Path.cwd()}/.data/exports.db"
    assert s.embedded
    assert s.is_demo


def test_the_environment_is_read_in_any_case(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORT", "8080")
    monkeypatch.setenv("data_dir", "elsewhere")
    s = read(Settings)
    assert s.port == 8080
    assert s.data_dir == Path("elsewhere")


def test_the_real_environment_wins_over_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    Path(".env").write_text("PORT=1111\nTZ=Europe/Berlin\n")
    monkeypatch.setenv("PORT", "2222")
    s = read(Settings)
    assert (s.port, s.tz) == (2222, "Europe/Berlin")


def test_an_empty_value_counts_as_not_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("PORT", "TZ", "DEMO", "SECRET_KEY", "DATABASE_URL"):
        monkeypatch.setenv(name, "")
    assert read(Settings) == Settings()


def test_a_secret_can_lie_in_a_file(monkeypatch: pytest.MonkeyPatch) -> None:
    Path("key").write_text(f"{LONG}\n")
    monkeypatch.setenv("SECRET_KEY_FILE", "key")
    assert read(Settings).signing_key() == LONG.encode()


def test_a_secret_file_that_is_not_there_stops_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL_FILE", "nowhere")
    with pytest.raises(
        SettingsError, match=r"^DATABASE_URL_FILE cannot be read: No such file or directory$"
    ):
        read(Settings)


@pytest.mark.parametrize(
    "text",
    [
        "PORT=1\nPUBLIC_URL https://exports.example.com\n",
        "PORT=1\nDEMO\n",
        "#\nTZ='Europe/Berlin\n",
    ],
)
def test_a_line_that_cannot_be_read_stops_the_start(text: str) -> None:
    Path(".env").write_text(text)
    with pytest.raises(SettingsError, match=r"^line 2 of \.env cannot be read: write NAME=value"):
        read(Settings)


def test_a_line_that_cannot_be_read_is_not_shown() -> None:
    Path(".env").write_text("SECRET_KEY geheim\n")
    with pytest.raises(SettingsError) as raised:
        read(Settings)
    assert "geheim" not in str(raised.value)


def test_a_byte_order_mark_comments_and_quotes_are_fine() -> None:
    text = "\ufeff# ours\n\nexport PORT=8080  # behind the proxy\nFILES_URL='/mnt/our exports'\n"
    Path(".env").write_text(text)
    s = read(Settings)
    assert (s.port, s.files_url) == (8080, "/mnt/our exports")
    assert unknown_names() == {}


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("PUBLC_URL", "PUBLIC_URL"),
        ("retention_day", "RETENTION_DAYS"),
        ("SMTP_PASSWORD", "SMTP_PASS"),
        ("SECRETKEY_FILE", "SECRET_KEY_FILE"),
    ],
)
def test_a_misspelt_setting_stops_the_start(name: str, meant: str) -> None:
    Path(".env").write_text(f"PORT=8080\n{name}=x\n")
    read(Settings)
    read(SmtpSettings, prefix="SMTP_")
    with pytest.raises(SettingsError) as raised:
        unknown_names()
    said = f"line 2 of .env: {name.upper()} is not a setting; do you mean {meant}?"
    assert str(raised.value) == said


def test_other_unknown_names_are_named_and_those_of_libraries_are_not() -> None:
    Path(".env").write_text("AWS_ACCESS_KEY_ID=x\nPOSTGRES_PASSWORD=x\nOUR_NOTES=x\n")
    read(Settings)
    assert unknown_names() == {"OUR_NOTES": "line 3 of .env: OUR_NOTES is not a setting"}


def test_a_name_given_twice_is_a_warning_that_says_which_line_counts(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    Path(".env").write_text("PORT=8080\nTZ=UTC\n\nport=8081\nRETENTION_DAYS=1\nPORT=8082\n")
    assert read(Settings).port == 8082
    assert warnings() == [".env has PORT in the lines 1, 4 and 6: line 6 counts"]
    Path(".env").write_text("PORT=8080\nPORT=8081\n")
    monkeypatch.setenv("PORT", "8083")
    assert read(Settings).port == 8083
    assert warnings() == [".env has PORT in the lines 1 and 2: the environment's counts"]


def test_an_environment_file_that_is_no_text_stops_the_start() -> None:
    Path(".env").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(SettingsError, match=r"^\.env cannot be read"):
        read(Settings)


@pytest.mark.parametrize(
    ("name", "value", "line"),
    [
        ("PORT", "many", "PORT must be a valid integer"),
        ("PORT", "0", "PORT must be greater than or equal to 1"),
        ("PORT", "65536", "PORT must be less than or equal to 65535"),
        ("HOST", "a b", "HOST must be a host name or an address"),
        ("TZ", "Mars/Olympus", "TZ is not an IANA time zone, e.g. Europe/Berlin"),
        ("DEMO", "perhaps", "DEMO must be a valid boolean"),
        ("LEASE_SECONDS", "0", "LEASE_SECONDS must be greater than or equal to 1"),
        ("MIN_INTERVAL_SECONDS", "0", "MIN_INTERVAL_SECONDS must be greater than or equal to 1"),
        (
            "RATE_LIMIT_LOGIN",
            "10 a minute",
            "RATE_LIMIT_LOGIN must look like 10/minute (second, minute, hour or day)",
        ),
        (
            "RATE_LIMIT_API",
            "0/minute",
            "RATE_LIMIT_API must look like 10/minute (second, minute, hour or day)",
        ),
        ("LOG_LEVEL", "loud", "LOG_LEVEL must be"),
        ("LOG_FORMAT", "xml", "LOG_FORMAT must be 'auto', 'text' or 'json'"),
        ("WORKER_METRICS_PORT", "0", "WORKER_METRICS_PORT must be greater than or equal to 1"),
        (
            "WORKER_METRICS_HOST",
            "0.0.0.0",
            "WORKER_METRICS_HOST can be reached from other machines: set METRICS_TOKEN too",
        ),
        (
            "PUBLIC_URL",
            "example.com",
            "PUBLIC_URL must be an address such as https://exports.example.com",
        ),
        (
            "FILES_URL",
            "exports",
            "FILES_URL must be an absolute path such as /mnt/exports, or s3://bucket/prefix",
        ),
        (
            "S3_ENDPOINT_URL",
            "s3",
            "S3_ENDPOINT_URL must be an address such as https://s3.example.com",
        ),
        (
            "SECURITY_CONTACT",
            "me",
            "SECURITY_CONTACT must be an address such as mailto:security@example.com",
        ),
        ("SECRET_KEY", "short", "SECRET_KEY must have at least 32 characters"),
        ("METRICS_TOKEN", "short", "METRICS_TOKEN must have at least 16 characters"),
        ("DATABASE_URL", "mysql://db", "DATABASE_URL must begin with sqlite:/// or postgresql://"),
    ],
)
def test_a_bad_value_stops_the_start_with_one_line_that_names_it(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, line: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError) as e:
        read(Settings)
    assert str(e.value).startswith(line)
    assert "\n" not in str(e.value)


def test_a_secret_shows_in_no_error_and_no_log(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET_KEY", "too-short-secret")
    with pytest.raises(SettingsError) as e:
        read(Settings)
    assert "too-short-secret" not in str(e.value)
    s = Settings(
        secret_key=SecretStr(LONG), database_url=SecretStr("postgresql://me:hidden@db/exports")
    )
    assert LONG not in repr(s)
    assert "hidden" not in repr(s)


def test_a_zone_may_be_written_as_posix_does(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", ":Europe/Berlin")
    assert read(Settings).tz == "Europe/Berlin"


def test_settings_do_not_change() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        Settings().port = 1  # type: ignore[misc]


@pytest.mark.parametrize(
    ("host", "url", "demo", "expected"),
    [
        ("127.0.0.1", "", None, True),
        ("localhost", "", None, True),
        ("::1", "", None, True),
        ("0.0.0.0", "", None, False),
        ("example.com", "", None, False),
        ("127.0.0.1", "postgresql://db/exports", None, False),
        ("0.0.0.0", "", True, True),
        ("127.0.0.1", "postgresql://db/exports", True, True),
        ("127.0.0.1", "", False, False),
    ],
)
def test_demo_data_comes_by_itself_only_where_nobody_else_can_reach_it(
    host: str, url: str, demo: bool | None, expected: bool
) -> None:
    assert Settings(host=host, database_url=SecretStr(url), demo=demo).is_demo is expected


@pytest.mark.parametrize("demo", [None, True, False])
@pytest.mark.parametrize("public_url", ["https://exports.example.com", "http://localhost:3720"])
def test_no_server_with_a_public_url_is_a_demo(public_url: str, demo: bool | None) -> None:
    assert not Settings(public_url=public_url, demo=demo).is_demo


@pytest.mark.parametrize(
    ("host", "own"), [("127.0.0.9", True), ("localhost", True), ("::", False), ("10.0.0.1", False)]
)
def test_a_loopback_address_is_this_machines_alone(host: str, own: bool) -> None:
    assert loopback(host) is own


def test_the_signing_key_is_made_once_and_readable_by_its_owner_alone(tmp_path: Path) -> None:
    s = Settings(data_dir=tmp_path / "new" / "folder")
    key = s.signing_key()
    assert len(key) >= 32
    assert s.signing_key() == key
    assert Settings(data_dir=s.data_dir).signing_key() == key
    assert stat.S_IMODE((s.data_dir / "secret_key").stat().st_mode) == 0o600
    assert [f.name for f in s.data_dir.iterdir()] == ["secret_key"]


def test_a_channel_reads_its_own_settings_by_their_prefix(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SMTP_HOST", "mail.example.com")
    monkeypatch.setenv("SMTP_USER", "me@example.com")
    Path("pass").write_text("s3cret\n")
    monkeypatch.setenv("SMTP_PASS_FILE", "pass")
    smtp = read(SmtpSettings, "SMTP_")
    assert (smtp.host, smtp.port, smtp.user, smtp.password.get_secret_value()) == (
        "mail.example.com",
        587,
        "me@example.com",
        "s3cret",
    )
    monkeypatch.setenv("SMTP_TLS", "maybe")
    with pytest.raises(SettingsError, match=r"^SMTP_TLS "):
        read(SmtpSettings, "SMTP_")


def test_processes_that_start_together_agree_on_the_signing_key(tmp_path: Path) -> None:
    s = Settings(data_dir=tmp_path)
    with multiprocessing.get_context("fork").Pool(4) as processes:
        keys = processes.map(_key_of, [s] * 8, chunksize=1)
    assert len(set(keys)) == 1


def _key_of(s: Settings) -> bytes:
    return s.signing_key()
