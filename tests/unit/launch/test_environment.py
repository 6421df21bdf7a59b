"""Setting up .venv: uv gets what is configured for pip, and pip installs where uv cannot."""

import subprocess
from pathlib import Path

import pytest

from tools import environment
from tools.environment import AS_PIP_DOES, uv_variables


def translated(pip_config: str) -> dict[str, str] | None:
    variables = uv_variables(pip_config)
    return variables and {k: v for k, v in variables.items() if k not in AS_PIP_DOES}


def test_without_a_configuration_only_the_defaults_of_pip_are_set() -> None:
    assert uv_variables("") == AS_PIP_DOES


def test_indexes_certificates_and_constraints_are_handed_over() -> None:
    config = """\
global.cert='/certs/ca.pem'
global.constraint='/etc/constraints.txt'
global.extra-index-url='file:///one/simple\\nhttps://two.example/simple'
global.find-links='/wheels /more'
global.index-url='https://user:secret@index.example/simple'
global.timeout='180'
global.trusted-host='index.example two.example'
"""
    assert translated(config) == {
        "SSL_CERT_FILE": "/certs/ca.pem",
        "UV_CONSTRAINT": "/etc/constraints.txt",
        "UV_INDEX": "file:///one/simple https://two.example/simple",
        "UV_FIND_LINKS": "/wheels,/more",
        "UV_DEFAULT_INDEX": "https://user:secret@index.example/simple",
        "UV_HTTP_TIMEOUT": "180",
        "UV_INSECURE_HOST": "index.example two.example",
    }


def test_the_environment_wins_over_pips_files_and_an_empty_value_counts_for_nothing() -> None:
    config = """\
:env:.find-links='/from/environment'
:env:.index-url=''
global.find-links='/from/file'
global.index-url='https://index.example/simple'
install.find-links='/from/install'
download.no-index='true'
"""
    assert translated(config) == {
        "UV_FIND_LINKS": "/from/environment",
        "UV_DEFAULT_INDEX": "https://index.example/simple",
    }


def test_switches_and_options_without_effect() -> None:
    config = ":env:.no-index='1'\n:env:.no-input='1'\nglobal.disable-pip-version-check='true'\n"
    assert translated(config) == {"UV_NO_INDEX": "1"}


def test_an_option_that_uv_does_not_know_leaves_it_to_pip() -> None:
    assert uv_variables("global.target='/elsewhere'\n") is None


class Commands:
    """Records commands instead of running them. `failing`: a part of those that fail."""

    def __init__(self, *failing: str) -> None:
        self.failing = failing
        self.lines: list[str] = []

    def run(self, command: list[str], **options: object) -> subprocess.CompletedProcess[str]:
        line = " ".join(command)
        self.lines.append(line)
        code = int(any(part in line for part in self.failing))
        if code and options["check"]:
            raise subprocess.CalledProcessError(code, command)
        return subprocess.CompletedProcess(command, code, stdout="", stderr="")

    def holds(self, *parts: str) -> bool:
        return any(all(part in line for part in parts) for line in self.lines)


@pytest.fixture
def commands(monkeypatch: pytest.MonkeyPatch) -> Commands:
    commands = Commands()
    monkeypatch.setattr(environment.subprocess, "run", commands.run)
    monkeypatch.setattr(environment.shutil, "which", lambda _: None)
    return commands


def test_uv_comes_from_pypi_and_pip_installs_nothing_else(
    commands: Commands, tmp_path: Path
) -> None:
    environment.create(tmp_path / ".venv")
    assert commands.holds("-m venv --without-pip")
    assert commands.holds("-m pip", "--only-binary :all:", environment.UV)
    assert commands.holds("/.venv/bin/uv pip install", "--compile-bytecode", " pip")
    assert not commands.holds("ensurepip")


@pytest.mark.parametrize("failing", [environment.UV, "/bin/uv pip install"])
def test_pip_installs_where_uv_cannot_be_had_or_fails(
    commands: Commands, tmp_path: Path, failing: str
) -> None:
    commands.failing = (failing,)
    environment.create(tmp_path / ".venv")
    assert commands.holds("/.venv/bin/python -m ensurepip")
    assert commands.holds("/.venv/bin/python -m pip install", "--upgrade pip")
    assert commands.holds("/.venv/bin/python -m pip uninstall", "setuptools")
    environment.install(Path("requirements.txt"))
    assert commands.holds("-m pip install", "-r requirements.txt")


def test_what_pip_cannot_install_either_is_an_error(commands: Commands) -> None:
    commands.failing = ("install",)
    with pytest.raises(subprocess.CalledProcessError):
        environment.install(Path("requirements.txt"))
