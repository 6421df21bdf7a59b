"""Make the virtual environment and install packages, with uv where possible and else with pip.

The Makefile calls it, before any package is installed: standard library only.

    python3 tools/environment.py create .venv
    .venv/bin/python tools/environment.py install requirements.txt

uv comes from PATH or from PyPI. It gets the indexes, certificates and constraints that are
configured for pip, in the environment or in pip.conf. With an option that uv has no equivalent
for, pip installs.
"""

import argparse
import ast
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

UV = "uv==0.13.9"
OLDEST_UV = (0, 5)
"""The first version that reads UV_INDEX and UV_DEFAULT_INDEX."""

AS_PIP_DOES = {
    "UV_INDEX_STRATEGY": "unsafe-best-match",  # pip takes the best version of all indexes
    "UV_SYSTEM_CERTS": "1",
    "UV_NATIVE_TLS": "1",  # the same, for older versions
    "UV_PYTHON_DOWNLOADS": "never",
}
VARIABLES: Mapping[str, tuple[str, str]] = {
    "index-url": ("UV_DEFAULT_INDEX", ""),
    "extra-index-url": ("UV_INDEX", " "),
    "find-links": ("UV_FIND_LINKS", ","),
    "constraint": ("UV_CONSTRAINT", " "),
    "trusted-host": ("UV_INSECURE_HOST", " "),
    "cert": ("SSL_CERT_FILE", ""),
    "client-cert": ("SSL_CLIENT_CERT", ""),
    "proxy": ("ALL_PROXY", ""),
    "timeout": ("UV_HTTP_TIMEOUT", ""),
    "default-timeout": ("UV_HTTP_TIMEOUT", ""),
    "retries": ("UV_HTTP_RETRIES", ""),
}
"""An option of pip, the variable that tells uv the same, and what separates several values there
(empty: there is only one value)."""
SWITCHES: Mapping[str, str] = {"no-index": "UV_NO_INDEX", "no-cache-dir": "UV_NO_CACHE"}
WITHOUT_EFFECT = frozenset(
    {
        "break-system-packages",
        "cache-dir",
        "config-file",
        "disable-pip-version-check",
        "no-color",
        "no-input",
        "no-warn-script-location",
        "prefer-binary",
        "progress-bar",
        "quiet",
        "require-virtualenv",
        "root-user-action",
        "verbose",
    }
)
"""Options of pip that change nothing about which packages are installed from where."""
SECTIONS = ("global", "install", ":env:")
"""Sections of pip's configuration, the strongest last."""


def create(folder: Path) -> None:
    """Make a virtual environment with current pip and without setuptools.

    folder: replaced if it exists. Raises CalledProcessError if Python or pip cannot do it.
    """
    shutil.rmtree(folder, ignore_errors=True)
    _run([sys.executable, "-m", "venv", "--without-pip", str(folder)])
    python = folder / "bin" / "python"
    if _install_with_uv(python, [sys.executable, "-m", "pip"], ["pip"]):
        return
    pip = [str(python), "-m", "pip"]
    options = ["--quiet", "--disable-pip-version-check"]
    _run([str(python), "-m", "ensurepip"], stdout=subprocess.DEVNULL)
    _run([*pip, "install", *options, "--upgrade", "pip"])
    # Once more quiet: either of them may be missing
    _run([*pip, "uninstall", *options, "--quiet", "--yes", "setuptools", "wheel"])


def install(requirements: Path) -> None:
    """Install a requirements file into the environment whose Python runs this.

    Raises CalledProcessError if pip cannot do it either.
    """
    pip = [sys.executable, "-m", "pip"]
    if not _install_with_uv(Path(sys.executable), pip, ["-r", str(requirements)]):
        options = ["--quiet", "--disable-pip-version-check", "--no-input"]
        _run([*pip, "install", *options, "-r", str(requirements)])


def uv_variables(pip_config: str) -> dict[str, str] | None:
    """Translate pip's configuration into environment variables for uv.

    pip_config: what `pip config list` prints. Returns None if it has an option that uv has no
    equivalent for.
    """
    variables = dict(AS_PIP_DOES)
    for option, value in _pip_options(pip_config).items():
        if option in VARIABLES:
            name, separator = VARIABLES[option]
            variables[name] = separator.join(value.split()) if separator else value
        elif option in SWITCHES:
            variables[SWITCHES[option]] = value
        elif option not in WITHOUT_EFFECT:
            return None
    return variables


def _pip_options(pip_config: str) -> dict[str, str]:
    options: dict[str, str] = {}
    for section in SECTIONS:
        for line in pip_config.splitlines():
            key, _, value = line.partition("=")
            if key.startswith(f"{section}.") and (text := str(ast.literal_eval(value))):
                options[key.removeprefix(f"{section}.")] = text
    return options


def _install_with_uv(python: Path, pip: Sequence[str], arguments: Sequence[str]) -> bool:
    """Whether uv installed it. pip: the command that gets uv and knows the configuration."""
    listed = subprocess.run([*pip, "config", "list"], capture_output=True, text=True, check=False)
    variables = uv_variables(listed.stdout) if listed.returncode == 0 else None
    uv = _uv(python, pip) if variables is not None else None
    if variables is None or uv is None:
        return False
    environment = {**variables, **{k: v for k, v in os.environ.items() if k.startswith("UV_")}}
    command = [uv, "pip", "install", "--quiet", "--no-progress", "--compile-bytecode"]
    try:
        _run(
            [*command, "--python", str(python), *arguments],
            env={**os.environ, **environment},
        )
    except (OSError, subprocess.CalledProcessError):
        print("uv cannot install this here; installing with pip …", file=sys.stderr)
        return False
    return True


def _uv(python: Path, pip: Sequence[str]) -> str | None:
    """Path of a suitable uv: of the environment, from PATH, or newly installed; else None."""
    own = python.parent / "uv"
    for candidate in (str(own), shutil.which("uv")):
        if candidate and _version(candidate) >= OLDEST_UV:
            return candidate
    command = [*pip, "--python", str(python), "install", "--quiet", "--disable-pip-version-check"]
    got = subprocess.run(
        [*command, "--no-input", "--retries", "1", "--only-binary", ":all:", UV],
        capture_output=True,
        check=False,
    )
    return str(own) if got.returncode == 0 else None


def _version(uv: str) -> tuple[int, ...]:
    try:
        answer = subprocess.run([uv, "--version"], capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return ()
    number = re.search(r"\d+(?:\.\d+)+", answer.stdout)
    return tuple(int(part) for part in number[0].split(".")) if number else ()


def _run(
    command: Sequence[str], *, env: Mapping[str, str] | None = None, stdout: int | None = None
) -> None:
    subprocess.run(command, check=True, env=env, stdout=stdout)


def main() -> int:
    parser = argparse.ArgumentParser(description="Make .venv and install packages into it.")
    parser.add_argument("command", choices=["create", "install"])
    parser.add_argument("path", type=Path, help="the environment's folder, or requirements.txt")
    arguments = parser.parse_args()
    do = create if arguments.command == "create" else install
    try:
        do(arguments.path)
    except KeyboardInterrupt:
        return 130
    except subprocess.CalledProcessError as error:
        return error.returncode or 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
