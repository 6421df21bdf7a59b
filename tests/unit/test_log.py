import contextvars
import json
import logging
import os
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import structlog

from exports_app import __version__, log


def test_errors_keep_their_words_and_lose_their_addresses() -> None:
    error = (
        "1 of 2 messages was not delivered. anna.b@example.com: 550 5.1.1 <anna.b@example.com>: "
        "no such user (b@x.example)"
    )
    assert log.without_addresses(error) == (
        "1 of 2 messages was not delivered. a***@example.com: 550 5.1.1 <a***@example.com>: "
        "no such user (b***@x.example)"
    )
    assert (
        log.without_addresses("smtp.example.com:587 cannot be reached")
        == "smtp.example.com:587 cannot be reached"
    )


TOKEN = "0f8fad5b-d9cb-469f-a165-70867728950e"


def record(
    name: str, line: int, text: str, *values: object, failed: Exception | None = None
) -> logging.LogRecord:
    error = (type(failed), failed, None) if failed else None
    return logging.LogRecord(name, logging.ERROR, "a_file.py", line, text, values, error)


class TestWhatThePagesLibrariesLog:
    def test_names_no_tab(self) -> None:
        one = record("reflex.app", 1, "a token: %s", TOKEN, failed=ValueError(f"of {TOKEN}"))
        assert log.Sparing().filter(one)
        assert one.getMessage() == "a token: ***\nValueError: of ***\n"
        assert one.exc_info is None

    def test_is_said_a_few_times_only_and_again_later(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        now = 1000.0
        monkeypatch.setattr(log.time, "monotonic", lambda: now)
        sparing = log.Sparing()
        assert [sparing.filter(record("engineio.server", 1, f"{n}")) for n in range(8)] == [
            True
        ] * 5 + [False] * 3
        assert sparing.filter(record("engineio.server", 2, "another"))
        now += 61
        assert sparing.filter(record("engineio.server", 1, "again"))

    def test_of_other_libraries_everything_stays(self) -> None:
        sparing = log.Sparing()
        for _ in range(20):
            one = record("alembic.runtime", 1, f"of {TOKEN}")
            assert sparing.filter(one)
            assert one.getMessage() == f"of {TOKEN}"


@contextmanager
def configured(form: log.Form) -> Iterator[None]:
    root = logging.getLogger()
    before, level, whole = root.handlers, root.level, structlog.get_config()
    try:
        log.configure("info", form)
        yield
    finally:
        structlog.configure(**whole)
        root.handlers = before
        root.setLevel(level)


class TestLines:
    def test_of_json_say_where_they_come_from(self, capsys: pytest.CaptureFixture[str]) -> None:
        with configured("json"):
            log.get("exports_app.test").info("one", size=1)
            logging.getLogger("exports_app.test").warning("of a %s", "library")
        own, other = map(json.loads, capsys.readouterr().err.splitlines())
        for line, event, level in ((own, "one", "info"), (other, "of a library", "warning")):
            assert line.pop("timestamp").endswith("Z")
            where = {name: line[name] for name in ("event", "level", "host", "process", "version")}
            assert where == {
                "event": event,
                "level": level,
                "host": socket.gethostname(),
                "process": os.getpid(),
                "version": __version__,
            }
        assert own["size"] == 1

    def test_of_text_are_for_people(self, capsys: pytest.CaptureFixture[str]) -> None:
        with configured("text"):
            log.get("exports_app.test").info("one", size=1)
        line = capsys.readouterr().err
        assert "one" in line
        assert "size=1" in line
        assert f"process={os.getpid()}" in line
        assert "host=" not in line
        assert "\x1b" not in line  # no colours in a file

    def test_name_what_became_known_in_a_thread_until_the_request_ends(
        self, capsys: pytest.CaptureFixture[str]
    ) -> None:
        logger = log.get("exports_app.test")
        with configured("json"):
            with log.bind(request="r1"):
                work = contextvars.copy_context()
                thread = threading.Thread(target=work.run, args=(lambda: log.note(tenant="t1"),))
                thread.start()
                thread.join()
                logger.info("within")
            log.note(tenant="t2")
            logger.info("after")
        within, after = map(json.loads, capsys.readouterr().err.splitlines())
        assert (within["request"], within["tenant"]) == ("r1", "t1")
        assert not {"request", "tenant"} & after.keys()
