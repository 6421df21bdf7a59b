"""Files of settings that are none, and what messages say of a line whose text may be a secret."""

import os
from pathlib import Path

import pytest

from exports_app import environment
from exports_app.environment import NO_NAME, SettingsError, read, repeated_names, unknown_names
from exports_app.settings import Settings
from tests.bare_environment import bare_environment

FILES = [".env", "SECRET_KEY_FILE"]


@pytest.fixture(autouse=True)
def bare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bare_environment(tmp_path, monkeypatch)


def the_error(name: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """Of reading the settings, where the file is `.env`."""
    if name != ".env":
        monkeypatch.setenv(name, ".env")
        monkeypatch.setattr(environment, "ENV_FILE", "none")
    with pytest.raises(SettingsError) as raised:
        read(Settings)
    return str(raised.value)


@pytest.mark.parametrize("name", FILES)
def test_a_pipe_is_refused_and_not_waited_for(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    os.mkfifo(".env")
    said = the_error(name, monkeypatch)
    assert said == f"{name} cannot be read: it is a pipe, and must be a file"


@pytest.mark.parametrize("name", FILES)
def test_no_file_is_read_without_end(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    Path(".env").symlink_to("/dev/zero")
    said = the_error(name, monkeypatch)
    assert said == f"{name} cannot be read: it has more than 1,048,576 bytes"


def test_a_file_whose_path_has_a_nul_is_refused_in_one_line() -> None:
    Path(".env").write_text("SECRET_KEY_FILE=a\0b\n")
    with pytest.raises(SettingsError) as raised:
        read(Settings)
    assert str(raised.value) == "SECRET_KEY_FILE cannot be read: its path has a NUL"


def test_an_empty_device_is_an_empty_file() -> None:
    Path(".env").symlink_to("/dev/null")
    assert read(Settings) == Settings()


@pytest.mark.parametrize("key", ["+hFbD5qvPoqnL5067ERGcZqzKmsmFDHjUkXVeEnsaPQ=", "kJ8xQp2bCdEf="])
def test_the_second_line_of_a_key_without_quotes_is_not_shown(key: str) -> None:
    first = "a-key-of-at-least-thirty-two-characters"
    Path(".env").write_text(f"SECRET_KEY_PREVIOUS={first}\n{key}\n{key}\n")
    read(Settings)
    assert list(unknown_names().values()) == [f"line 3 of .env{NO_NAME}"]
    assert repeated_names() == [".env has one name in the lines 2 and 3: line 3 counts"]
