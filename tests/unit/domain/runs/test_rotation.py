"""Round-robin among tenants."""

import pytest

from exports_app.domain.runs.rotation import Rotation


def test_who_never_had_a_turn_comes_first_then_who_waited_longest() -> None:
    rotation, seen = Rotation(), list[str]()
    for _ in range(7):
        seen.append(rotation.first(("a", "b", "c"), str))
        rotation.had(seen[-1])
    assert seen == ["a", "b", "c", "a", "b", "c", "a"]
    assert rotation.first(("a", "new", "c"), str) == "new"


def test_of_one_tenants_the_first_in_line_is_chosen() -> None:
    rotation = Rotation()
    rotation.had("a")
    assert rotation.first([("a", 1), ("a", 2)], lambda one: one[0]) == ("a", 1)


def test_there_must_be_somebody() -> None:
    with pytest.raises(ValueError, match="empty"):
        Rotation().first([], str)
