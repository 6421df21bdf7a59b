"""The folder that an installed package works in."""

from functools import cache
from pathlib import Path

import pytest

from exports_app import environment, settings
from exports_app.launch import project
from exports_app.launch.errors import StartError
from exports_app.settings import Settings


@pytest.fixture
def shipped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What an installed package ships. The current folder is the operator's, with a `.env`."""
    files = tmp_path / "package" / "_project"
    for name in ("rxconfig.py", "assets/ui.css", "assets/old.css", "reflex.lock/package.json"):
        (files / name).parent.mkdir(parents=True, exist_ok=True)
        (files / name).write_text("{}")
    (files / "assets").chmod(0o555)
    home = tmp_path / "home"
    home.mkdir()
    (home / ".env").write_text("PORT=4001\nSECRET_KEY_FILE=key.txt\n")
    (home / "key.txt").write_text("k" * 40)
    monkeypatch.chdir(home)
    monkeypatch.setattr(project, "SHIPPED", files)
    monkeypatch.setattr(environment, "ENV_FILE", ".env")
    for name in ("DATA_DIR", "DATABASE_URL", "SECRET_KEY", "PORT", environment.ENV_FILE_NAME):
        monkeypatch.setenv(name, "")  # given back at the end
        monkeypatch.delenv(name)
    monkeypatch.setattr(settings, "get", cache(lambda: environment.read(Settings)))
    return files


def test_the_settings_stay_those_of_the_folder_it_began_in(shipped: Path, tmp_path: Path) -> None:
    assert shipped.is_dir()
    current = project.enter()
    assert current.data_dir == tmp_path / "home" / ".data"
    assert Path.cwd() == current.data_dir / "pages"
    assert (current.port, current.secret_key.get_secret_value()) == (4001, "k" * 40)
    assert Path("assets/ui.css").is_file()


def test_files_are_copied_once_for_each_version(
    shipped: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project.enter()
    lock = Path("reflex.lock/package.json").absolute()
    lock.write_text("as the build left it")
    monkeypatch.chdir(tmp_path / "home")
    project.enter()
    assert lock.read_text() == "as the build left it"
    (shipped / "assets").chmod(0o755)
    (shipped / "assets" / "old.css").unlink()
    (shipped / "assets" / "new.css").write_text("")
    monkeypatch.chdir(tmp_path / "home")
    project.enter()
    assert lock.read_text() == "{}"
    assert sorted(file.name for file in Path("assets").iterdir()) == ["new.css", "ui.css"]


@pytest.mark.usefixtures("shipped")
def test_a_relative_database_is_refused_with_what_to_write(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "sqlite:///mine.db")
    with pytest.raises(StartError, match="sqlite:////folder"):
        project.enter()
