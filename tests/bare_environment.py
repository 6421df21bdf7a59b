"""Settings of tests that read them from the environment."""

import os
from pathlib import Path

import pytest

from exports_app.settings import Settings


def bare_environment(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty folder as the current one, and no setting in the environment."""
    names = {name.upper() for name in Settings.model_fields}
    for name in list(os.environ):
        if name.upper().removesuffix("_FILE") in names or name.upper().startswith("SMTP_"):
            monkeypatch.delenv(name)
    monkeypatch.chdir(folder)
