"""Slugs of scheduled exports."""

import pytest

from exports_app.domain import bounds
from exports_app.domain.schedules import slugs


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("Weekly report", "weekly-report"),
        ("Übersicht für Straße", "ubersicht-fur-strasse"),
        ("週報", "zhou-bao"),
        ("!!!", "export"),
        ("x" * 200, "x" * bounds.SLUG),
    ],
)
def test_a_slug_is_made_of_any_name(name: str, slug: str) -> None:
    assert slugs.of_name(name) == slug
    assert slugs.is_valid(slug)


def test_the_first_free_number_makes_it_unique_and_keeps_the_limit() -> None:
    assert slugs.numbered("a", {"b"}) == "a"
    assert slugs.numbered("a", {"a", "a-2", "a-4"}) == "a-3"
    longest = "x" * bounds.SLUG
    assert slugs.numbered(longest, {longest}) == "x" * (bounds.SLUG - 2) + "-2"


@pytest.mark.parametrize("slug", ["", "A", "a--b", "-a", "a-", "a_b", "é", "a" * 81, "a\n"])
def test_another_form_is_no_slug(slug: str) -> None:
    assert not slugs.is_valid(slug)
