"""The units of docs/deploy for systemd: that it understands them, and how far they shut the app
in."""

import subprocess
from pathlib import Path

import pytest

from tests.paths import ROOT
from tests.programs import program

UNITS = ("exports-web.service", "exports-worker.service")
EXPOSURE = "20"
"""Of 100, as systemd reckons: what the app needs is the network, its data and processes."""


def analyse(*arguments: str) -> "subprocess.CompletedProcess[str]":
    command = [program("systemd-analyze", "systemd"), *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


@pytest.mark.parametrize("unit", UNITS)
def test_systemd_knows_every_line(unit: str, tmp_path: Path) -> None:
    """On a machine with Python at another place."""
    file = tmp_path / unit
    text = (ROOT / "docs/deploy" / unit).read_text()
    file.write_text(text.replace("/opt/exports/.venv/bin/python", "/usr/bin/env"))
    checked = analyse("verify", str(file))
    assert (checked.returncode, checked.stderr) == (0, "")


@pytest.mark.parametrize("unit", UNITS)
def test_the_app_is_shut_in(unit: str) -> None:
    file = str(ROOT / "docs/deploy" / unit)
    checked = analyse("security", "--offline=yes", f"--threshold={EXPOSURE}", file)
    assert checked.returncode == 0, checked.stdout


def test_both_units_differ_in_the_command_alone() -> None:
    web, worker = ((ROOT / "docs/deploy" / unit).read_text().splitlines() for unit in UNITS)
    differ = [one for one, other in zip(web, worker, strict=True) if one != other]
    assert [line.partition("=")[0] for line in differ] == ["Description", "ExecStart"]
