"""The folders of the server that destinations may write to."""

import errno
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from exports_app import plugins
from exports_app.channels.folder import Folder, FolderConfig, roots
from exports_app.domain.errors import DeliveryError
from exports_app.environment import SettingsError
from tests.contracts.other_sides import ID, Side, side

plugins.load("exports_app.channels")
CONTENT, ANOTHER = b"a,b\r\n1,2\r\n", b"a,b\r\n3,4\r\n"


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


@pytest.fixture
def there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Side]:
    share = tmp_path / "share"
    (share / "acme").mkdir(parents=True)
    with side("folder", share, monkeypatch) as found:
        yield found


@pytest.fixture
def place(tmp_path: Path, there: Side) -> Path:
    """Where the file is delivered to."""
    return tmp_path / "share" / "acme" / "weekly-numbers.csv"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "numbers.csv"
    path.write_bytes(CONTENT)
    return path


def test_an_attempt_after_a_kill_between_its_two_names_leaves_the_delivered_file_alone(
    there: Side, place: Path, file: Path
) -> None:
    place.write_bytes(ANOTHER)  # the run was repeated, with other rows
    os.link(place, place.with_name(f".{ID}.part"))
    with pytest.raises(DeliveryError, match="there is another file"):
        there.channel.send(there.delivery(file))
    assert place.read_bytes() == ANOTHER
    assert list(place.parent.iterdir()) == [place]


def test_a_named_pipe_is_not_waited_for(there: Side, place: Path, file: Path) -> None:
    draft = place.with_name(f".{ID}.part")
    os.mkfifo(draft)
    there.channel.send(there.delivery(file))
    assert place.read_bytes() == CONTENT
    place.unlink()
    os.mkfifo(place)
    with pytest.raises(DeliveryError, match="there is another file") as refused:
        there.channel.send(there.delivery(file))
    assert refused.value.permanent


def test_a_stop_ends_the_comparison_with_a_file_that_is_there(
    there: Side, place: Path, file: Path
) -> None:
    place.write_bytes(ANOTHER)
    asked = 0

    def stop() -> None:
        nonlocal asked
        asked += 1
        if asked > 1:
            raise DeliveryError("stopped", permanent=False)

    with pytest.raises(DeliveryError, match="stopped"):
        there.channel.send(there.delivery(file, stop))


@pytest.mark.parametrize(
    ("number", "permanent", "words"),
    [
        (errno.EROFS, True, "Read-only"),
        (errno.EACCES, True, "Permission denied"),
        (errno.EPERM, True, "no hard links"),
        (errno.ENOSPC, False, "No space"),
    ],
)
def test_what_lasts_is_not_tried_again(
    number: int,
    permanent: bool,
    words: str,
    there: Side,
    file: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr("exports_app.channels.folder.os.link", fail)
    with pytest.raises(DeliveryError, match=words) as refused:
        there.channel.send(there.delivery(file))
    assert refused.value.permanent is permanent
