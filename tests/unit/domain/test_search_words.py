"""Folded texts and the words of a search."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exports_app.domain.search_words import folded, words


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("ABC", "abc"),
        ("Łódź, Straße", "lodz, strasse"),
        ("Ærø þing", "aero thing"),
        ("e\u0301te\u0301", "ete"),
        ("ﬁnal ①", "final 1"),
        ("İI\u0131i", "iiii"),
        ("ΣΊΣΥΦΟΣ", "σισυφοσ"),
        ("Ёлка", "елка"),
        ("हिन्दी", "हिन्दी"),
    ],
)
def test_case_and_accents_are_folded(text: str, plain: str) -> None:
    assert folded(text) == plain


@given(st.text())
def test_how_a_text_is_composed_makes_no_difference(text: str) -> None:
    composed = [folded(unicodedata.normalize(form, text)) for form in ("NFC", "NFD", "NFKD")]
    assert composed == [folded(text)] * 3


def test_each_word_counts_once() -> None:
    assert words("  Straße  weekly\tSTRASSE ") == ["strasse", "weekly"]
    assert words(" ") == []
