"""Tags: kept as typed, the same in any case."""

import pytest

from exports_app.domain.schedules import tags


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        (["Finance", "finance", "FINANCE "], ("Finance",)),
        (["  weekly   mail "], ("weekly mail",)),
        (["Straße", "STRASSE"], ("Straße",)),
        (["Cafe\u0301", "Caf\u00e9"], ("Caf\u00e9",)),
        (["Café", "Cafe"], ("Café", "Cafe")),
        (["", "  ", "a"], ("a",)),
    ],
)
def test_each_is_kept_once_as_it_was_typed_first(typed: list[str], kept: tuple[str, ...]) -> None:
    assert tags.merged(typed) == kept


def test_some_are_added_and_others_removed_in_any_case() -> None:
    assert tags.changed(["Finance", "EU"], ["Weekly", "eu"], ["FINANCE"]) == ["EU", "Weekly"]
    assert tags.changed(["Finance"], remove=["not there"]) == ["Finance"]
