"""The wheel, installed into a virtual environment of its own: no file of the checkout is used."""

import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from exports_app import __version__
from tests.e2e.server import environment, run_server
from tests.paths import ROOT

TOOL = str(ROOT / "tools" / "environment.py")


def _installed(folder: Path) -> Path:
    """The environment's folder of programs."""
    wheel = [sys.executable, "-m", "pip", "wheel", str(ROOT), "--no-deps", "-q", "-w", str(folder)]
    subprocess.run(wheel, check=True, timeout=240)
    needed = folder / "needed.txt"
    needed.write_text(f"{next(folder.glob('*.whl'))}\n")
    programs = folder / "venv" / "bin"
    subprocess.run([sys.executable, TOOL, "create", str(folder / "venv")], check=True, timeout=240)
    install = [str(programs / "python"), TOOL, "install", str(needed)]
    subprocess.run(install, check=True, timeout=600)
    return programs


def _files(package: Path) -> set[Path]:
    return {file for file in package.rglob("*") if file.suffix != ".pyc" and file.is_file()}


@pytest.mark.long
@pytest.mark.timeout(1200)
def test_the_wheel_serves_the_pages_and_the_api(tmp_path: Path) -> None:
    programs = _installed(tmp_path)
    home = tmp_path / "home"
    home.mkdir()
    env = environment(home, {"DATA_DIR": ".data", "TZ": "UTC"})
    env.pop("PYTHONPATH", None)
    command = str(programs / "exports-app")
    version = subprocess.check_output([command, "--version"], cwd=home, env=env, text=True)
    assert version == f"exports_app {__version__}\n"
    (package,) = (tmp_path / "venv").glob("lib/python*/site-packages/exports_app")
    before = _files(package)
    with run_server([command, "serve"], env, home / "server.log", home) as server:
        page = httpx.get(f"{server.url}/login")
        assert (page.status_code, "<!DOCTYPE html>" in page.text) == (200, True)
        assert httpx.get(f"{server.url}/ui.css").status_code == 200
        account = {"email": "super@admin.com", "password": "SuperAdmin123!"}
        assert httpx.post(f"{server.url}/api/auth/login", json=account).json()["accessToken"]
    assert _files(package) == before
    assert sorted(file.name for file in home.iterdir()) == [".data", "server.log"]


@pytest.mark.long
@pytest.mark.timeout(1200)
def test_uvx_runs_the_command_of_a_checkout(tmp_path: Path) -> None:
    uvx = [str(Path(sys.executable).with_name("uvx")), "--refresh-package", "exports-app"]
    for command in ("--version", "plan --help"):
        ran = [*uvx, "--from", str(ROOT), "exports-app", *command.split()]
        said = subprocess.check_output(ran, cwd=tmp_path, text=True, timeout=600)
        assert said.startswith((f"exports_app {__version__}\n", "usage: exports-app plan"))
    assert list(tmp_path.iterdir()) == []
