"""The folders of the server that destinations may write to."""

from pathlib import Path

import pytest

from exports_app.channels.folder import Folder, FolderConfig, roots
from exports_app.environment import SettingsError


def test_folders_that_are_apart_are_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EXPORT_FOLDERS", f"{tmp_path}/a,{tmp_path}/ab/")
    assert roots() == [f"{tmp_path}/a", f"{tmp_path}/ab"]


@pytest.mark.parametrize("value", ["{0}/a,{0}/a/b", "{0}/a/b,{0}/a", "/,{0}/a", "{0}/a,{0}/link/b"])
def test_a_folder_within_another_is_refused(
    value: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "a")
    monkeypatch.setenv("EXPORT_FOLDERS", value.format(tmp_path))
    with pytest.raises(
        SettingsError, match=r"EXPORT_FOLDERS.* is in .*name folders that are apart"
    ):
        Folder().unconfigured()


def test_its_place_names_the_tenants_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EXPORT_FOLDERS", str(tmp_path))
    config = FolderConfig(name="{schedule}.{format}")
    assert Folder().describe(config) == f"{tmp_path}/{{tenant}}/{{schedule}}.{{format}}"
