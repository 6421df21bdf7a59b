"""All of a file or nothing, and each bad line with its reason."""

import tracemalloc
from pathlib import Path
from typing import Any

import pytest

from exports_app.domain.errors import ExportsError
from exports_app.services.campaigns.imports.report import SHOWN
from exports_app.services.core.records import Campaign, Tenant
from exports_app.wiring import Services
from tests.inputs import cpu
from tests.integration.campaigns.importer.files import (
    GOOD,
    HEADER,
    Load,
    campaigns_of,
    csv,
    days,
    problems,
)
from tests.unit.services.campaigns.workbooks import DAY, workbook
from tests.unit.services.campaigns.workbooks import HEADER as SHEET_HEADER


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("Summer,search", "has 2 cells"),
        (GOOD + ",more", "has 14 cells"),
        (GOOD.replace("Summer", ""), "name"),
        (GOOD.replace("Summer", "x" * 201), "name"),
        (GOOD.replace("Summer", "a\x00b"), "NUL"),
        (GOOD.replace("Summer", "a\x1bb"), "control characters"),
        (GOOD.replace("EUR", "eur"), "currency"),
        (GOOD.replace("EUR", "XXQ"), "currency"),
        (GOOD.replace("1000.50", "1000.505"), "two decimals"),
        (GOOD.replace("1000.50", "-1"), "budget"),
        (GOOD.replace("2026-01-02", ""), "date: is required"),
        (GOOD.replace("2026-01-02", "2026-02-30"), "YYYY-MM-DD"),
        (GOOD.replace("2026-01-02", "20260102"), "YYYY-MM-DD"),
        (GOOD.replace("2026-01-02", "2026-W01-1"), "YYYY-MM-DD"),
        (GOOD.replace("2026-01-01,,", "2026-01-01,2025-01-01,"), "before"),
        (GOOD.replace(",100,", ",-1,"), "impressions"),
        (GOOD.replace(",100,", ",1e3,"), "impressions"),
        (GOOD.replace(",100,", ",1.0,"), "impressions"),
        (GOOD.replace(",100,", ",١,"), "impressions"),
        (GOOD.replace(",100,", ",1000000000001,"), "impressions"),
        (GOOD.replace("12.3", "NaN"), "spend"),
        (GOOD.replace("12.3", "12.345"), "spend"),
        (GOOD.replace("12.3", "100000000000.01"), "spend"),
        ('Summer"', "cells"),
        ('"Summer"x,search', "not CSV"),
        ('"Summer,search', "not CSV"),
    ],
)
def test_a_bad_line_is_named_with_its_reason(
    services: Services, load: Load, line: str, reason: str
) -> None:
    result = load(csv(GOOD.replace("Summer", "Before"), line))
    assert [p.line for p in result.problems] == [3]
    assert reason in result.problems[0].reason
    assert days(services) == 0


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        (
            "2026-01-02",
            "2026-02-30",
            "date: must be a date (YYYY-MM-DD); the file has “2026-02-30”",
        ),
        (",100,", ",x1 ,", "0 or more; the file has “x1”"),
        ("12.3", "12.345", "such as 12.50; the file has “12.345”"),
        ("12.3", "10%", "it is a percentage; the file has “10%”"),
        ("12.3", "9" * 50, f"; the file has “{'9' * 39}…”"),
        ("12.3", "#N/A", "#N/A is a spreadsheet error"),
    ],
)
def test_the_refused_value_is_named_once(load: Load, old: str, new: str, reason: str) -> None:
    assert load(csv(GOOD.replace(old, new))).problems[0].reason.endswith(reason)


@pytest.mark.parametrize("content", [b"", b"\r\n\r\n", b"\xef\xbb\xbf"])
def test_an_empty_file_is_called_empty(load: Load, content: bytes) -> None:
    with pytest.raises(ExportsError, match="the file is empty"):
        load(content)


def test_a_line_that_is_not_utf8_between_others_is_named(load: Load) -> None:
    content = csv(GOOD.replace("Summer", "Sömmer"), GOOD.replace("Summer", "Sommer"))
    with pytest.raises(ExportsError, match="line 3 is not UTF-8, but line 2 is"):
        load(content.encode().replace(b"Sommer", b"S\xf6mmer"))


def test_a_record_over_several_lines_is_named_by_its_first(load: Load) -> None:
    result = load(csv(GOOD.replace("Summer", '"two\nlines"'), "", GOOD.replace("EUR", "nope")))
    assert [p.line for p in result.problems] == [5]


def test_one_bad_line_leaves_the_database_as_it_was(
    services: Services, acme: Tenant, campaigns: dict[str, Campaign], load: Load
) -> None:
    before = days(services), campaigns_of(services, acme)
    load(csv(*(GOOD.replace("Summer", f"New {i}") for i in range(50)), GOOD.replace("EUR", "nope")))
    assert (days(services), campaigns_of(services, acme)) == before


def test_a_failure_while_writing_leaves_the_database_as_it_was(
    services: Services, acme: Tenant, tmp_path: Path
) -> None:
    file = tmp_path / "campaigns.csv"
    file.write_text(csv(*(GOOD.replace("Summer", f"New {i}") for i in range(20))))

    def stop_while_writing(part: float) -> None:
        if part > 0.5:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        services.importer.load(file, "acme", stop_while_writing)
    assert days(services) == 0
    assert campaigns_of(services, acme) == []


def test_a_day_may_stand_in_the_file_once(load: Load) -> None:
    result = load(csv(GOOD, GOOD))
    assert [line for line, _ in problems(result)] == [3]
    assert "already" in result.problems[0].reason


def test_all_lines_of_a_campaign_say_the_same_of_it(load: Load) -> None:
    result = load(csv(GOOD, GOOD.replace("search", "social").replace("2026-01-02", "2026-01-03")))
    assert [line for line, _ in problems(result)] == [3]
    assert "differs from line 2" in result.problems[0].reason


def test_the_currency_of_a_campaign_that_is_there_must_agree(
    campaigns: dict[str, Campaign], load: Load
) -> None:
    result = load(csv(GOOD.replace("Summer", "Überall")))
    assert problems(result) == [(2, "currency: the campaign's currency is USD")]


def test_a_name_that_means_several_campaigns_is_refused(
    services: Services, acme: Tenant, load: Load
) -> None:
    twins = [
        Campaign(
            f"00000000-0000-4000-8000-00000000000{i}", acme.id, "Summer", "search", "active", "EUR"
        )
        for i in (1, 2)
    ]
    with services.store.write() as tx:
        tx.campaigns.add(twins)
    assert "several" in load(csv(GOOD)).problems[0].reason


def test_many_bad_lines_are_counted_and_the_first_are_named(load: Load) -> None:
    result = load(csv(*["nonsense"] * (SHOWN + 30)))
    assert result.bad_lines == SHOWN + 30
    assert [p.line for p in result.problems] == list(range(2, SHOWN + 2))


FORMULAS = ("=A2", "=B2", "=C2+1", "=D2*2", "=E2*2")


@pytest.mark.parametrize(
    ("rows", "bad"),
    [
        ([SHEET_HEADER, ("A", "EUR", DAY, 5, 1), FORMULAS, FORMULAS], [3, 4]),
        ([SHEET_HEADER, FORMULAS], [2]),
        ([SHEET_HEADER, ("A", "EUR", DAY, 5, 1, "=D2")], [2]),
        ([(None, *SHEET_HEADER), ("=B2", "A", "EUR", DAY, 5, 1)], [2]),
        ([FORMULAS, SHEET_HEADER, ("A", "EUR", DAY, 5, 1)], []),
    ],
)
def test_formulas_that_were_never_calculated_are_rows_and_columns_too(
    services: Services, load: Load, rows: list[tuple[Any, ...]], bad: list[int]
) -> None:
    report = load(workbook(rows))
    assert [line for line, _ in problems(report)] == bad
    assert days(services) == (0 if bad else 1)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("", "the file is empty"),
        (HEADER + "\n", "no rows"),
        (HEADER.replace("date,impr", "day,impr") + "\n", "unknown: 'day'"),
        (HEADER + ",date\n", "twice"),
        (HEADER.replace(",", ";") + "\n", "no rows"),
        ('"unclosed', "line 1 is not CSV"),
        ("x" * 200_000, "line 1 is not CSV"),
        (b"\x89PNG\r\n\x1a\n", "not text"),
    ],
)
def test_what_is_no_such_file_is_refused_with_the_reason(
    load: Load, content: str | bytes, reason: str
) -> None:
    with pytest.raises(ExportsError, match=reason):
        load(content)


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (GOOD.replace("Summer", "x" * 201), "name: use at most 200 characters"),
        (GOOD.replace("search", "x" * 101), "channel: use at most 100 characters"),
        (GOOD.replace("active", "x" * 51), "status: use at most 50 characters"),
        (GOOD.replace("EUR", "E" * 10_000), "currency: use at most 20 characters"),
        (
            GOOD.replace("Summer", "a" + "\u0301" * 9_000 + "\u0323" * 9_000),
            "name: use at most 200 characters",
        ),
        (GOOD.replace("12.3", "9" * 15_000), "spend"),
        (GOOD.replace("2026-01-02", "9" * 15_000), "YYYY-MM-DD"),
        (GOOD.replace("Summer", "x" * 20_001), "a line is longer than 20,000 characters"),
        (GOOD.replace("Summer", '"' + "x\n" * 90_000 + '"'), "not CSV"),
        ("x" + ",x" * 9_000, "has 9001 cells"),
    ],
)
def test_a_line_with_too_much_is_named_at_once_and_nothing_is_written(
    services: Services, load: Load, line: str, reason: str
) -> None:
    with cpu() as spent:
        result = load(csv(GOOD.replace("Summer", "Before"), line))
    assert result.problems[0].line == 3
    assert reason in result.problems[0].reason
    assert days(services) == 0
    assert spent.seconds < 1


@pytest.mark.usefixtures("acme")
def test_a_file_of_one_endless_line_is_not_read_into_memory(
    services: Services, tmp_path: Path
) -> None:
    file = tmp_path / "campaigns.csv"
    file.write_bytes(b"x" * 30_000_000)
    tracemalloc.start()
    try:
        with pytest.raises(
            ExportsError, match="line 1 is not CSV: a line is longer than 20,000 characters"
        ):
            services.importer.load(file, "acme", lambda _: None)
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert most < 5_000_000
