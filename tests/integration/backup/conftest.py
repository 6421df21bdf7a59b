"""An installation with a run and its file, and an empty one to restore into."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from exports_app.backup.making import make
from exports_app.backup.manifest import Manifest
from exports_app.backup.restoring import Restored, restore
from exports_app.services.core.records import Run, Schedule
from exports_app.settings import Settings
from exports_app.wiring import Services
from tests.world import Cast, make_schedule, trigger_and_execute


def quietly(_stage: str, _done: float, _of: float) -> None:
    """Progress that no one looks at."""


@dataclass(frozen=True)
class Installed:
    schedule: Schedule
    run: Run


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """With a generated key, which a backup includes."""
    return settings.model_copy(update={"secret_key": type(settings.secret_key)("")})


@pytest.fixture
def installed(services: Services, cast: Cast) -> Installed:
    schedule = make_schedule(services, cast.admin.who)
    return Installed(schedule, trigger_and_execute(services, cast.admin.who, schedule))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Of the backup."""
    return tmp_path / "backup"


@pytest.fixture
def empty(settings: Settings, tmp_path: Path) -> Settings:
    """Settings of an installation without data."""
    return settings.model_copy(update={"data_dir": tmp_path / "elsewhere"})


@pytest.fixture
def back_up(settings: Settings, folder: Path, installed: Installed) -> Callable[[], Manifest]:
    assert installed
    return lambda: make(settings, folder, quietly)


@pytest.fixture
def put_back(folder: Path) -> Callable[..., Restored]:
    def put(into: Settings, *, force: bool = False) -> Restored:
        return restore(into, folder, quietly, force=force)

    return put
