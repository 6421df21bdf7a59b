"""Names that people compose of fields."""

from datetime import UTC, date, datetime

import pytest

from exports_app.domain import name_templates
from exports_app.domain.name_templates import FIELDS, MOST, MOST_BYTES, NameValues

VALUES = NameValues(
    tenant="acme",
    schedule="Wöchentlich: Zahlen/Summe",
    window_start=date(2026, 3, 2),
    window_end=date(2026, 3, 8),
    tick=datetime(2026, 3, 9, 7, 30, tzinfo=UTC),
    format="csv",
    run="3f2b8c1e-5a94-4d7b-9c3e-1f6a2b7d8e90",
)


@pytest.mark.parametrize(
    ("template", "name"),
    [
        ("{schedule}.{format}", "wöchentlich-zahlen-summe.csv"),
        ("{tenant}/{window_start:%Y}/{window_end}.{format}", "acme/2026/2026-03-08.csv"),
        ("{tick}_{tick:%H%M}", "20260309T073000_0730"),
        ("a b/{run}", f"a b/{VALUES.run}"),
        ("con/aux.csv", "_con/_aux.csv"),
        ("dots.../{tenant}", "dots/acme"),
        ("{window_start:%Y/%m}", "2026-03"),
    ],
)
def test_fields_are_filled_in_safely(template: str, name: str) -> None:
    assert name_templates.fault(template) is None
    assert name_templates.rendered(template, VALUES) == name


@pytest.mark.parametrize(
    ("template", "words"),
    [
        ("  ", "enter a name"),
        ("x" * (MOST + 1), "at most"),
        ("{other}", "{schedule}"),
        ("{schedule:%Y}", "takes no format"),
        ("{window_start:%H}", "%Y, %m, %d"),
        ("{tick:}", "%H"),
        ("{tick:%Y%}", "%H"),
        ("{schedule", "only around a field"),
        ("/abs", "without a slash"),
        ("a//b", "one slash"),
        ("../{run}", "more than dots"),
        ("a/./b", "more than dots"),
        ("a\x00b", "control characters"),
        ("c:\\x", "signs"),
    ],
)
def test_a_fault_is_told_with_how_to_fix_it(template: str, words: str) -> None:
    assert words in (name_templates.fault(template) or "")


def test_all_data_has_a_name_and_long_ones_are_shortened() -> None:
    values = NameValues(**{**vars(VALUES), "window_start": None, "tenant": "a" * 80})
    assert name_templates.rendered("{window_start}", values) == "all"
    long = "/".join(["{tenant}{tenant}{tenant}{tenant}"] * 6) + ".{format}"
    name = name_templates.rendered(long, values)
    assert len(name.encode()) <= MOST_BYTES
    assert name.endswith(".csv")
    assert max(len(part) for part in name.split("/")) <= 255


def test_no_value_leads_out_of_the_place() -> None:
    values = NameValues(
        **{**vars(VALUES), "tenant": "..", "schedule": "../../etc", "run": "..", "format": "/.."}
    )
    for field in FIELDS:
        for part in name_templates.rendered(f"{{{field}}}", values).split("/"):
            assert part not in {"", ".", ".."}
