"""What someone who adds a file may run into: an export type with a limit of its own, with a fault,
or one whose package is missing."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import structlog
from sqlalchemy import Integer, literal, select

from exports_app import plugins, startup, wiring
from exports_app.doctor import extensions
from exports_app.domain.access import Principal
from exports_app.domain.runs.states import RunStatus
from exports_app.domain.table import Column, integer
from exports_app.services.core.export_filters import Scope
from exports_app.services.core.extension_points import CHANNELS, EXPORT_TYPES, FORMATS
from exports_app.services.core.interfaces import Ranking
from exports_app.services.core.records import Tenant
from exports_app.services.schedules.filters import Filters
from exports_app.wiring import Services
from tests.world import claim, execute, make_schedule, registered

NUMBERS = 30


class TopTen:
    """The ten largest of thirty numbers."""

    key = "top_ten"
    label = "Top ten"
    description = "The ten largest numbers."
    filters = ()

    def columns(self) -> tuple[Column, ...]:
        return tuple(integer(key, key.title()) for key in ("number", "again", "once_more"))

    def select(self, scope: Scope) -> Any:
        numbers = select(literal(1, Integer).label("n")).cte("numbers", recursive=True)
        numbers = numbers.union_all(select(numbers.c.n + 1).where(numbers.c.n < NUMBERS))
        query = select(numbers.c.n, numbers.c.n.label("again"), numbers.c.n.label("once_more"))
        return query.order_by(numbers.c.n.desc()).limit(10)


LARGEST = list(range(NUMBERS, NUMBERS - 10, -1))


@pytest.fixture
def query(acme: Tenant) -> Any:
    return TopTen().select(Scope(acme.id, None, None))


def test_a_preview_shows_as_many_rows_as_the_type_yields(
    services: Services, admin: Principal, acme: Tenant
) -> None:
    with registered(EXPORT_TYPES, TopTen()):
        seen = services.preview.data(admin, acme.id, TopTen.key, "csv", "Europe/Berlin", Filters())
    assert seen.total == 10
    assert [int(row[0]) for row in seen.rows] == LARGEST


@pytest.mark.parametrize(("limit", "rows"), [(200, 10), (10, 10), (3, 3)])
def test_a_look_at_the_first_rows_keeps_the_limit_of_the_query(
    services: Services, query: Any, limit: int, rows: int
) -> None:
    with services.store.read() as tx:
        sample = tx.sample(query, limit, 1.0)
    assert ([row[0] for row in sample.rows], sample.total) == (LARGEST[:rows], 10)


def test_counting_and_ranking_keep_the_limit_of_the_query(services: Services, query: Any) -> None:
    assert services.store.count(query, 20, 1.0) == 10
    assert services.store.count(query, 5, 1.0) == 5
    with services.store.read() as tx:
        sample = tx.sample(query, 200, 1.0, Ranking(column=2, descending=False))
    assert sorted(row[0] for row in sample.rows) == sorted(LARGEST)


# A package that is missing, and other faults

PARQUET = """
from package_that_nobody_has import Table
from exports_app.services.core.extension_points import FORMATS

@FORMATS.decorate
class Parquet:
    key, label, mime, extension = "parquet", "Parquet", "application/parquet", "parquet"
"""
NEEDS = (
    "exports_app/formats/parquet.py is left out: it needs the Python package"
    " package_that_nobody_has, which is not installed"
)


@pytest.fixture
def add_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], None]]:
    """Adds exports_app/formats/parquet.py for the length of the test."""
    from exports_app import formats

    folder = tmp_path / "formats"
    folder.mkdir()
    with monkeypatch.context() as patch:
        patch.setattr(formats, "__path__", [*formats.__path__, str(folder)])
        yield (folder / "parquet.py").write_text
    plugins.load("exports_app.formats")
    plugins._left_out.clear()


def test_a_plugin_whose_package_is_missing_is_left_out_and_the_start_says_so(
    add_file: Callable[[str], None], services: Services
) -> None:
    add_file(PARQUET)
    wiring.load_plugins()
    with structlog.testing.capture_logs() as entries:
        startup.prepare(services)
    warnings = [entry["event"] for entry in entries if "parquet" in entry["event"]]
    assert len(warnings) == 1
    assert NEEDS in warnings[0]
    assert "csv" in FORMATS
    assert "parquet" not in FORMATS


def test_the_runs_that_need_it_fail_with_the_reason_and_doctor_tells(
    add_file: Callable[[str], None], services: Services, admin: Principal
) -> None:
    class Parquet:
        key = "parquet"
        label = "Parquet"
        mime = "application/parquet"
        extension = "parquet"

    with registered(FORMATS, Parquet()):
        schedule = make_schedule(services, admin, format="parquet")
    add_file(PARQUET)
    wiring.load_plugins()
    services.schedules.trigger(admin, schedule.id)
    run = execute(services, claim(services))
    assert (run.status, run.error_code) == (RunStatus.FAILED, "plugin_missing")
    assert run.error == f"the format parquet is not installed ({NEEDS})"
    bad = [one.detail for one in extensions.examine(services.settings) if not one.good]
    assert bad == [
        NEEDS,
        f"1 active scheduled export will fail: the format parquet is not installed ({NEEDS})",
    ]


def test_a_run_whose_channel_is_missing_fails_and_notifications_wait_for_nobody(
    services: Services, admin: Principal
) -> None:
    schedule = make_schedule(services, admin)
    services.schedules.trigger(admin, schedule.id)
    email = CHANNELS["email"]
    del CHANNELS._items["email"]
    try:
        run = execute(services, claim(services))
        assert not services.account_messages.available()
        services.notifications.send_due()
        assert (
            services.preview.message(
                admin, schedule.tenant_id, "Numbers", "campaigns", "csv", "UTC", Filters()
            )
            is None
        )
        assert [one.detail for one in extensions.examine(services.settings) if not one.good] == [
            "the channel email is not installed"
        ]
    finally:
        CHANNELS.add(email)
    assert (run.status, run.error_code) == (RunStatus.FAILED, "plugin_missing")
    assert run.error == "the channel email is not installed"
    assert run.file_key


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("def write(:", "SyntaxError"),
        ("from exports_app.formats import nobody", "ImportError"),
        ("raise ValueError('two\\nlines')", "ValueError: two lines"),
    ],
)
def test_a_plugin_with_a_fault_ends_the_start_with_one_line(
    add_file: Callable[[str], None], text: str, fault: str
) -> None:
    add_file(text)
    with pytest.raises(plugins.PluginError) as refused:
        wiring.load_plugins()
    line = str(refused.value)
    assert line.startswith(f"exports_app/formats/parquet.py cannot be loaded: {fault}")
    assert "\n" not in line
