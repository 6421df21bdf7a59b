"""Numbers and names as people read them."""

import pytest

from exports_app.domain import humanize


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (-1, "0.0 s"),
        (0.04, "0.0 s"),
        (0.25, "0.2 s"),
        (9.94, "9.9 s"),
        (9.96, "10 s"),
        (59.4, "59 s"),
        (59.6, "1 min 0 s"),
        (185, "3 min 5 s"),
        (3599.7, "1 h 0 min"),
        (7800, "2 h 10 min"),
    ],
)
def test_a_span_of_time_is_short(seconds: float, text: str) -> None:
    assert humanize.duration(seconds) == text


def test_counts_agree_with_their_noun() -> None:
    assert [humanize.counted(n, "row") for n in (0, 1, 2318)] == ["0 rows", "1 row", "2,318 rows"]


def test_a_zone_goes_by_its_place() -> None:
    assert [
        humanize.place(z) for z in ("America/New_York", "UTC", "America/Argentina/Ushuaia")
    ] == ["New York", "UTC", "Ushuaia"]


def test_a_sentence_begins_with_a_capital() -> None:
    assert [humanize.sentence(t) for t in ("hour: is out of range", "", "Überall")] == [
        "Hour: is out of range",
        "",
        "Überall",
    ]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("the server answered 503", "The server answered 503"),
        ("hooks.example.com was not found", "hooks.example.com was not found"),
        ("ann@example.com: refused", "ann@example.com: refused"),
        ("refused.", "Refused."),
        ("", ""),
    ],
)
def test_a_sentence_begins_with_a_capital_letter_but_no_host_name(text: str, shown: str) -> None:
    assert humanize.sentence(text) == shown
