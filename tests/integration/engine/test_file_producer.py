"""Files made in a process of their own: equal to those of a thread, limited, and gone when they
shall go."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from exports_app.domain.errors import RunError, Unavailable
from exports_app.engine.fair_semaphore import FairSemaphore
from exports_app.engine.file_producer import FileProducer
from exports_app.engine.file_writer import FileLimits, WrittenFile
from exports_app.engine.worker import Stopped
from exports_app.services.core.export_filters import Scope
from exports_app.services.core.extension_points import EXPORT_TYPES, FORMATS, Format
from exports_app.services.core.records import Campaign, Metric
from exports_app.wiring import Services
from tests.contracts.tables import readers
from tests.e2e.client import wait_until
from tests.integration.engine import child_formats
from tests.world import FORMAT_KEYS, Cast, uuid_of

LIMITS = FileLimits(rows=1_000_000, size=10**9, seconds=60, memory=512 * 2**20)
DAYS = 1_500
NAMES = ("Spring", 'Say "hi", twice', "=1+1", "zwei\nZeilen ü", "bell\a and _x0041_")
ROOT = Path(__file__).parents[3]


@pytest.fixture
def scope(services: Services, cast: Cast) -> Scope:
    campaigns = [
        Campaign(uuid_of(i), cast.acme.id, name, "search", "active", "EUR", budget=None)
        for i, name in enumerate(NAMES, 1)
    ]
    first = date(2020, 1, 1)
    with services.store.write() as tx:
        tx.campaigns.add(campaigns)
        for n, campaign in enumerate(campaigns):
            tx.campaigns.add_metrics(
                [
                    Metric(campaign.id, first + timedelta(i), i * 7, i % 5, i % 3, i * n, i * 11)
                    for i in range(DAYS)
                ]
            )
    return Scope(cast.acme.id, None, None)


class Making:
    """Makes the export type `campaign` over all campaigns."""

    def __init__(self, services: Services, scope: Scope, folder: Path) -> None:
        self._services, self._scope, self._folder = services, scope, folder
        self.path = folder / "made"
        self.told: list[int] = []

    def __call__(
        self,
        file_format: Format | Any,
        *,
        small: int = 0,
        check: Callable[[], None] = lambda: None,
        maker: FileProducer | None = None,
        **limits: Any,
    ) -> WrittenFile:
        kind = EXPORT_TYPES["campaign"]
        chosen = maker or FileProducer(self._services.store, 1, small)
        with_limits = FileLimits(**{**LIMITS.__dict__, **limits})
        return chosen.make(
            kind.select(self._scope),
            kind.columns(),
            file_format,
            self.path,
            with_limits,
            self._scope.tenant_id,
            self.told.append,
            check,
        )

    def content(self, key: str) -> list[bytes]:
        return [reader.content(self.path) for reader in readers(key)]

    def pid(self) -> int:
        """Of the process that a format of `child_formats` runs in."""
        wait_until(
            "the process has begun", lambda: self.path.exists() and self.path.read_text() != "", 20
        )
        return int(self.path.read_text())


@pytest.fixture
def make(services: Services, scope: Scope, tmp_path: Path) -> Making:
    return Making(services, scope, tmp_path)


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.mark.parametrize("key", FORMAT_KEYS)
def test_a_process_makes_the_same_file_as_a_thread(make: Making, key: str) -> None:
    here = make(FORMATS[key], small=10**9)
    first = make.content(key)
    elsewhere = make(FORMATS[key])
    assert make.content(key) == first
    assert here.rows == elsewhere.rows == DAYS * len(NAMES)
    assert here.lost == elsewhere.lost
    assert elsewhere.size == make.path.stat().st_size
    if readers(key)[0].content is Path.read_bytes:  # a zip file holds the time of its making
        assert here == elsewhere


def test_what_a_file_cannot_hold_is_counted(make: Making) -> None:
    assert make(FORMATS["xml"]).lost == DAYS
    assert make(FORMATS["csv"]).lost == 0


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


@pytest.mark.one_database
def test_a_stop_ends_the_process(make: Making) -> None:
    stopped = threading.Event()

    def check() -> None:
        if stopped.is_set():
            raise Stopped

    caught: list[BaseException] = []

    def run() -> None:
        try:
            make(child_formats.Endless(), check=check)
        except Stopped as e:
            caught.append(e)

    thread = threading.Thread(target=run)
    thread.start()
    pid = make.pid()
    stopped.set()
    thread.join(20)
    assert len(caught) == 1
    assert not is_alive(pid)


def test_tenants_take_turns_in_making_large_files() -> None:
    """A tenant that asks for many at once holds the others up by no more than one."""
    turns, order = FairSemaphore(1), list[str]()

    def one(tenant: str) -> None:
        with turns.take(tenant, lambda: None):
            order.append(tenant)

    with turns.take("many", lambda: None):
        threads = []
        for number, tenant in enumerate(("many", "many", "many", "single", "pair", "pair")):
            threads.append(threading.Thread(target=one, args=(tenant,)))
            threads[-1].start()
            wait_until("it waits", lambda number=number: turns.waiting == number + 1, 5)
    for thread in threads:
        thread.join(10)
    assert order == ["single", "pair", "many", "pair", "many", "many"]
    assert turns.waiting == 0


@pytest.mark.one_database
def test_so_many_are_made_at_once_and_who_waits_can_be_stopped(
    make: Making, services: Services, scope: Scope, tmp_path: Path
) -> None:
    maker, stopped = FileProducer(services.store, 1, 0), threading.Event()

    def check() -> None:
        if stopped.is_set():
            raise Stopped

    def run() -> None:
        with pytest.raises(Stopped):
            make(child_formats.Endless(), maker=maker, check=check)

    first = threading.Thread(target=run)
    first.start()
    make.pid()
    (tmp_path / "other").mkdir()
    second = Making(services, scope, tmp_path / "other")

    def give_up() -> None:
        assert maker.waiting == 1
        raise Stopped

    with pytest.raises(Stopped):
        second(child_formats.Endless(), maker=maker, check=give_up)
    assert maker.waiting == 0
    assert not second.path.exists()
    stopped.set()
    first.join(20)
    assert second(FORMATS["csv"], maker=maker).rows == DAYS * len(NAMES)  # the turn was given back


@pytest.mark.one_database
def test_the_process_ends_with_the_server_however_that_ends(
    make: Making, services: Services, scope: Scope, tmp_path: Path
) -> None:
    program = (
        "import sys; from pathlib import Path; from exports_app import wiring; "
        "from exports_app.settings import Settings\n"
        "from exports_app.services.core.export_filters import Scope; "
        "from tests.integration.engine import child_formats; "
        "from tests.integration.engine.test_file_producer import Making\n"
        "services = wiring.build(Settings(data_dir=Path(sys.argv[1]), secret_key='x' * 40, "
        "demo=False, database_url=sys.argv[4]))\n"
        "Making(services, Scope(sys.argv[2], None, None), "
        "Path(sys.argv[3]))(child_formats.Endless())\n"
    )
    arguments = [
        str(services.settings.data_dir),
        scope.tenant_id,
        str(tmp_path),
        services.settings.url,
    ]
    with subprocess.Popen([sys.executable, "-c", program, *arguments], cwd=ROOT) as server:
        try:
            pid = make.pid()
        finally:
            server.send_signal(signal.SIGKILL)
    wait_until("the process has ended", lambda: not is_alive(pid), 20)


def test_the_process_imports_neither_the_orm_nor_the_web() -> None:
    program = (
        "import sys, exports_app.engine.subprocess_entry\n"
        "from exports_app.formats import csv, excel, json, xml\n"
        "heavy = {'sqlalchemy', 'sqlmodel', 'reflex', 'pydantic', 'fastapi', 'alembic', "
        "'exports_app.wiring'}\n"
        "assert not heavy & set(sys.modules), heavy & set(sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True, cwd=ROOT)
