"""Files of a process: equal to those of a thread, and limited."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from exports_app.domain.errors import RunError, Unavailable
from exports_app.services.core.extension_points import FORMATS
from exports_app.wiring import Services
from tests.contracts.tables import readers
from tests.integration.engine import child_formats
from tests.integration.engine.file_producer.making import DAYS, NAMES, Making, is_alive
from tests.paths import ROOT
from tests.world import FORMAT_KEYS


@pytest.mark.parametrize("key", FORMAT_KEYS)
def test_a_process_makes_the_same_file_as_a_thread(make: Making, key: str) -> None:
    here = make(FORMATS[key], small=10**9)
    first = make.content(key)
    elsewhere = make(FORMATS[key])
    assert make.content(key) == first
    assert here.rows == elsewhere.rows == DAYS * len(NAMES)
    assert here.removed_characters == elsewhere.removed_characters
    assert elsewhere.size == make.path.stat().st_size
    if readers(key)[0].content is Path.read_bytes:  # a zip file holds the time of its making
        assert here == elsewhere


def test_what_a_file_cannot_hold_is_counted(make: Making) -> None:
    assert make(FORMATS["xml"]).removed_characters == DAYS
    assert make(FORMATS["csv"]).removed_characters == 0


@pytest.mark.one_database
def test_the_rows_so_far_are_told_while_it_is_made(make: Making) -> None:
    make(child_formats.Slow())
    assert make.told == sorted(set(make.told))
    assert len(make.told) >= 2
    assert make.told[-1] <= DAYS * len(NAMES)


@pytest.mark.one_database
@pytest.mark.parametrize(
    ("wrong", "code", "told"),
    [
        (child_formats.Greedy, "memory_limit", "needed more than its 134.2 MB of memory"),
        (child_formats.Killed, "process_killed", "was killed (signal 9)"),
        (child_formats.Broken, "process_failed", "ended with an error"),
        (
            child_formats.Unwritable,
            "file_not_written",
            "could not be written: No space left on device",
        ),
    ],
)
def test_what_ends_the_process_is_this_runs_failure_in_words(
    make: Making, wrong: type, code: str, told: str
) -> None:
    with pytest.raises(RunError) as e:
        make(wrong(), memory=128 * 2**20)
    assert e.value.code == code
    assert told in e.value.message
    assert make(FORMATS["csv"]).rows == DAYS * len(NAMES)  # nobody else's


@pytest.mark.one_database
def test_a_file_that_takes_too_long_is_given_up_and_its_process_ended(make: Making) -> None:
    with pytest.raises(RunError, match=r"longer than its limit of 1\.5 s") as e:
        make(child_formats.Endless(), seconds=1.5)
    assert e.value.code == "time_limit"
    assert not is_alive(make.pid())


@pytest.mark.one_database
@pytest.mark.parametrize("small", [0, 10**9])
@pytest.mark.parametrize(
    ("limits", "figure"),
    [({"rows": 7_499}, "more than 7,499 rows"), ({"size": 100_000}, "100.0 KB")],
)
def test_a_file_over_its_limits_fails_with_the_figure(
    make: Making, small: int, limits: dict[str, int], figure: str
) -> None:
    with pytest.raises(RunError) as e:
        make(FORMATS["csv"], small=small, **limits)
    assert e.value.code == "too_large"
    assert figure in e.value.message
    assert "shorter period" in e.value.message


@pytest.mark.one_database
def test_few_rows_that_come_slowly_make_an_excel_file(
    make: Making, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It looks at some rows before it begins the file."""
    monkeypatch.setattr("exports_app.engine.file_writer.PROGRESS_SECONDS", 0.0)
    monkeypatch.setattr("exports_app.engine.file_producer.CHUNK", 20)
    assert make(FORMATS["excel"], small=10**9).rows == DAYS * len(NAMES)


def test_a_database_that_is_away_is_no_failure_of_the_run(
    make: Making, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    statement = services.store.statement
    gone = str(services.settings.data_dir / "gone.db")
    monkeypatch.setattr(
        type(services.store), "statement", lambda _, query: replace(statement(query), database=gone)
    )
    with pytest.raises(Unavailable):
        make(FORMATS["csv"])


def test_the_process_imports_neither_the_orm_nor_the_web() -> None:
    program = (
        "import sys, exports_app.engine.subprocess_entry\n"
        "from exports_app.formats import csv, excel, json, xml\n"
        "heavy = {'sqlalchemy', 'sqlmodel', 'reflex', 'pydantic', 'fastapi', 'alembic', "
        "'exports_app.wiring'}\n"
        "assert not heavy & set(sys.modules), heavy & set(sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True, cwd=ROOT)
