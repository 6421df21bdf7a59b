"""Right-to-left names within English sentences."""

import pytest

from exports_app.domain.bidi import FSI, PDI, has_right_to_left, isolated, only_isolated


@pytest.mark.parametrize("name", ["דוח שבועי!", "تقرير الحملات", "Q1 دفتر", "a\u200fb", "܀", "١٢٣"])
def test_a_name_with_right_to_left_characters_is_isolated(name: str) -> None:
    assert isolated(name) == f"{FSI}{name}{PDI}"


@pytest.mark.parametrize("name", ["Weekly", "Größe – 週報 🎉", "a\u200eb", ""])
def test_any_other_name_stays_as_it_is(name: str) -> None:
    assert isolated(name) == name
    assert not has_right_to_left(name)


@pytest.mark.parametrize(
    "turn", [*map(chr, range(0x202A, 0x202F)), *map(chr, range(0x2066, 0x206A))]
)
def test_an_old_name_loses_what_would_break_out(turn: str) -> None:
    assert isolated(f"ab{turn}c") == "abc"
    assert isolated(f"דוח{turn}") == f"{FSI}דוח{PDI}"
    assert isolated(f"{turn}דוח{turn}{turn}") == f"{FSI}דוח{PDI}"
    assert only_isolated(f"a{turn}b") == "ab"
    assert only_isolated(f"{turn}“{FSI}דוח{PDI}” failed{turn}") == f"“{FSI}דוח{PDI}” failed"


def test_isolates_that_do_not_pair_are_removed() -> None:
    assert only_isolated(f"{PDI}a{FSI}b{FSI}c{PDI}d{PDI}{FSI}") == f"ab{FSI}c{PDI}d"
