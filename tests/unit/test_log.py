import logging

import pytest

from exports_app import log


def test_errors_keep_their_words_and_lose_their_addresses() -> None:
    error = (
        "1 of 2 messages was not delivered; to anna.b@example.com: 550 5.1.1 <anna.b@example.com>: "
        "no such user (b@x.example)"
    )
    assert log.without_addresses(error) == (
        "1 of 2 messages was not delivered; to a***@example.com: 550 5.1.1 <a***@example.com>: "
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
