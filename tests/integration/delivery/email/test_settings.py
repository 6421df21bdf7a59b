"""The email channel's settings."""

from pathlib import Path

import pytest

from exports_app.channels.email import EmailChannel
from exports_app.environment import SettingsError
from exports_app.services.core.extension_points import CHANNELS


def from_environment(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, **values: str
) -> EmailChannel:
    monkeypatch.chdir(tmp_path)  # where no .env is
    for name in ("HOST", "PORT", "TLS", "USER", "PASS", "PASS_FILE", "FROM", "HELO"):
        monkeypatch.delenv(f"SMTP_{name}", raising=False)
    for name, value in values.items():
        monkeypatch.setenv(f"SMTP_{name}", value)
    return EmailChannel()


def test_the_channel_is_registered() -> None:
    assert CHANNELS["email"].label == "Email"


def test_without_a_host_the_channel_says_so(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    channel = from_environment(monkeypatch, tmp_path)
    assert "SMTP_HOST" in (channel.unconfigured() or "")
    assert from_environment(monkeypatch, tmp_path, HOST="mail.example.com").unconfigured() is None


@pytest.mark.parametrize(
    ("given", "port", "tls"),
    [
        ({}, 587, "starttls"),
        ({"PORT": "465"}, 465, "tls"),
        ({"TLS": "tls"}, 465, "tls"),
        ({"TLS": "TLS", "PORT": "2465"}, 2465, "tls"),
        ({"TLS": "starttls", "PORT": "465"}, 465, "starttls"),
        ({"TLS": "none"}, 587, "none"),
        ({"PORT": "25"}, 25, "starttls"),
    ],
)
def test_port_and_encryption_imply_each_other(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, given: dict[str, str], port: int, tls: str
) -> None:
    smtp = from_environment(monkeypatch, tmp_path, HOST="mail.example.com", **given).settings
    assert (smtp.port, smtp.tls) == (port, tls)


@pytest.mark.parametrize(
    ("given", "address"),
    [
        ({"HOST": "mail.example.com"}, "no-reply@mail.example.com"),
        ({"HOST": "mail.example.com", "USER": "apikey", "PASS": "x"}, "no-reply@mail.example.com"),
        ({"HOST": "mail.example.com", "USER": "me@example.org", "PASS": "x"}, "me@example.org"),
        (
            {
                "HOST": "mail.example.com",
                "USER": "me@example.org",
                "PASS": "x",
                "FROM": "you@example.net",
            },
            "you@example.net",
        ),
        (
            {"HOST": "mail.example.com", "FROM": '"Acme, Inc." <you@bücher.example>'},
            "you@xn--bcher-kva.example",
        ),
        ({"HOST": "localhost"}, "no-reply@localhost"),
        ({"HOST": "10.0.0.7"}, "no-reply@[10.0.0.7]"),
        ({"HOST": "::1"}, "no-reply@[IPv6:::1]"),
    ],
)
def test_the_sender_is_what_was_set_or_the_user_or_nobody(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, given: dict[str, str], address: str
) -> None:
    assert from_environment(monkeypatch, tmp_path, **given).settings.sender.address == address


def test_the_password_may_lie_in_a_file_and_is_never_printed(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    file = tmp_path / "password"
    file.write_text("s3cret\n")
    channel = from_environment(
        monkeypatch, tmp_path, HOST="mail.example.com", USER="me", PASS_FILE=str(file)
    )
    assert channel.settings.password.get_secret_value() == "s3cret"
    assert "s3cret" not in repr(channel.settings)


@pytest.mark.parametrize(
    ("given", "line"),
    [
        ({"PORT": "99999"}, r"^SMTP_PORT "),
        ({"PORT": "smtp"}, r"^SMTP_PORT "),
        ({"TLS": "maybe"}, r"^SMTP_TLS "),
        ({"HOST": "mail.example.com:587"}, r"^SMTP_HOST .*SMTP_PORT"),
        ({"HOST": "smtp://mail.example.com"}, r"^SMTP_HOST "),
        ({"FROM": "Reports"}, r"^SMTP_FROM must look like .*@"),
        ({"FROM": "Rep\norts <a@example.com>"}, r"^SMTP_FROM "),
        ({"REPLY_TO": "Reports"}, r"^SMTP_REPLY_TO must look like .*@"),
        ({"HELO": "192.0.2.1"}, r"^SMTP_HELO must be written \[192.0.2.1\]"),
        ({"HELO": "two words"}, r"^SMTP_HELO must be a host name"),
        ({"HOST": "mail.example.com", "USER": "me"}, r"^SMTP_USER needs SMTP_PASS"),
        ({"HOST": "mail_relay"}, r"^SMTP_FROM is needed"),
    ],
)
def test_a_bad_setting_stops_the_start_with_one_clear_line(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, given: dict[str, str], line: str
) -> None:
    channel = from_environment(monkeypatch, tmp_path, **given)
    with pytest.raises(SettingsError, match=line) as caught:
        channel.unconfigured()
    assert "\n" not in str(caught.value)
