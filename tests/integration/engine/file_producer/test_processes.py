"""The processes that make files: how many, and when they end."""

import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from exports_app.engine.fair_semaphore import FairSemaphore
from exports_app.engine.file_producer import FileProducer
from exports_app.engine.worker import Stopped
from exports_app.services.core.export_filters import Scope
from exports_app.services.core.extension_points import FORMATS
from exports_app.wiring import Services
from tests.e2e.client import wait_until
from tests.integration.engine import child_formats
from tests.integration.engine.file_producer.making import DAYS, NAMES, Making, is_alive
from tests.paths import ROOT


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
        "from tests.integration.engine.file_producer.making import Making\n"
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
