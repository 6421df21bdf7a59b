"""What every format of the registry promises."""

import gc
import pkgutil
import tempfile
import tracemalloc
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from exports_app import plugins
from exports_app.services.core.extension_points import FORMATS, Format
from tests.contracts import formats
from tests.contracts.tables import (
    NASTY,
    VALUES,
    Row,
    module_of,
    readers,
    rows_of,
    table,
)
from tests.contracts.writing import comes_back, written

plugins.load("exports_app.formats")


every_format = pytest.mark.parametrize("fmt", list(FORMATS), ids=FORMATS.keys())


def test_every_reader_belongs_to_a_format_that_there_is() -> None:
    assert {found.name for found in pkgutil.iter_modules(formats.__path__)} <= set(FORMATS.keys())


@every_format
class TestEveryFormat:
    def test_it_is_called_and_served_as_promised(self, fmt: Format) -> None:
        label, mime, extension = module_of(fmt.key).PROMISED
        assert (fmt.label, fmt.mime, fmt.extension) == (label, mime, extension)

    def test_characters_that_the_file_cannot_hold_are_counted(
        self, fmt: Format, path: Path
    ) -> None:
        for reader in readers(fmt.key):
            lost = sum(not reader.holds(character) for name in NASTY for character in name)
            assert fmt.write(table(rows_of(NASTY)), path) == lost > 0

    def test_the_largest_integers_keep_every_digit(self, fmt: Format, path: Path) -> None:
        largest = ("a", "b", date(2026, 1, 1), 2**63 - 1, -(2**63) + 1, 2**63 - 1)
        rows: list[Row] = [largest, VALUES[0]]
        fmt.write(table(rows), path)
        if all(reader.every_digit for reader in readers(fmt.key)):
            comes_back(fmt, path, rows)

    def test_every_kind_of_value_comes_back_and_absent_stays_absent(
        self, fmt: Format, path: Path
    ) -> None:
        fmt.write(table(VALUES), path)
        comes_back(fmt, path, VALUES)

    def test_any_name_a_person_may_think_of_comes_back(self, fmt: Format, path: Path) -> None:
        rows = rows_of(NASTY)
        fmt.write(table(rows), path)
        comes_back(fmt, path, rows)

    @settings(
        max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
    )
    @given(names=st.lists(st.text(st.characters()), max_size=8))
    def test_any_text_at_all_comes_back(self, fmt: Format, path: Path, names: list[str]) -> None:
        rows = rows_of(names)
        fmt.write(table(rows), path)
        comes_back(fmt, path, rows)

    def test_no_rows_make_a_valid_file_with_no_rows(self, fmt: Format, path: Path) -> None:
        fmt.write(table([]), path)
        comes_back(fmt, path, [])

    def test_how_the_rows_are_chunked_changes_nothing(self, fmt: Format, path: Path) -> None:
        rows = rows_of(NASTY)
        for reader in readers(fmt.key):
            contents = set[bytes]()
            for chunk in (5, 5, 1000):
                written(fmt, path, rows, chunk)
                contents.add(reader.content(path))
            assert len(contents) == 1

    def test_ten_times_the_rows_need_no_more_memory(self, fmt: Format, path: Path) -> None:
        def peak(count: int) -> int:
            rows: Iterator[Row] = (
                (f"id-{i}", f"name {i}", date(2026, 1, 1), i, i, i) for i in range(count)
            )
            gc.collect()
            tracemalloc.start()
            try:
                fmt.write(table(rows, chunk=200), path)
                return tracemalloc.get_traced_memory()[1]
            finally:
                tracemalloc.stop()

        peak(10)  # imports and caches
        assert peak(4_000) < 1.3 * peak(400) + 300_000

    def test_a_source_that_fails_is_told_and_nothing_stays_open(
        self, fmt: Format, path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        scratch = path.parent / "scratch"
        scratch.mkdir()
        monkeypatch.setattr(tempfile, "tempdir", str(scratch))

        def failing() -> Iterator[Row]:
            for _ in range(100):  # far into the file
                yield from VALUES
            raise ConnectionError("the database went away")

        before = set(open_files())
        with pytest.raises(ConnectionError, match="the database went away"):
            fmt.write(table(failing()), path)
        assert set(open_files()) == before
        assert list(scratch.iterdir()) == []

    def test_no_temporary_file_is_left(
        self, fmt: Format, path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        scratch = path.parent / "scratch"
        scratch.mkdir()
        monkeypatch.setattr(tempfile, "tempdir", str(scratch))
        fmt.write(table(VALUES), path)
        assert list(scratch.iterdir()) == []

    @pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
    def test_a_full_disk_is_an_error(self, fmt: Format) -> None:
        before = set(open_files())
        with pytest.raises(OSError, match="No space left"):
            fmt.write(table(VALUES), Path("/dev/full"))
        assert set(open_files()) == before

    def test_a_row_of_another_width_is_an_error(self, fmt: Format, path: Path) -> None:
        with pytest.raises(ValueError, match="zip"):
            fmt.write(table([("too", "short")]), path)


def open_files() -> Iterator[str]:
    """What this process has open, where the system tells."""
    for number in Path("/proc/self/fd").glob("*"):
        try:
            yield f"{number.name} {number.readlink()}"
        except FileNotFoundError:  # the listing's own
            continue
