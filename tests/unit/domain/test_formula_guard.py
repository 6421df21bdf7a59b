"""No text of a CSV file runs in a spreadsheet program, and every text comes back."""

import csv
import io
import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from exports_app.domain.formula_guard import guard, unguard

SIGNS = set("=+-@")
SPLITS = ",;\t|"
"""Separators of a program's locale, or of its import dialog."""

NASTY = st.text(
    st.one_of(
        st.sampled_from(
            "=+-@＝＋－＠﹢;|\t\r\n\"',x \xa0\u3000\u200b\u2060\ufeff\u3164\0\x1f\x85\u2028"
        ),
        st.characters(),
    ),
    max_size=12,
)

HARMLESS = (
    "", "plain", "a-b", "a = b", "1 + 1", "ann@example.com", "a; b", "two\r\nlines", "a\n\nb",
    "it's", "'quoted'", "a;'b'", '"a"', "a, -5", "Ünïcode", "#N/A",
)  # fmt: skip


def cells(line: str) -> list[str]:
    """All that a program may take for a cell of a file with this line. One that splits at commas
    reads CSV as it is written, and so its quotes."""
    return [
        cell
        for split in SPLITS
        for quoting in (csv.QUOTE_MINIMAL, csv.QUOTE_NONE)
        if (split, quoting) != (",", csv.QUOTE_NONE)
        for rows in (csv.reader(io.StringIO(line, newline=""), delimiter=split, quoting=quoting),)
        for row in rows
        for cell in row
    ]


def is_passed_over(character: str) -> bool:
    return character.isspace() or unicodedata.category(character) in {"Cc", "Cf"}


def runs(cell: str) -> bool:
    begins = next((c for c in cell if not is_passed_over(c)), "")
    return unicodedata.normalize("NFKC", begins)[:1] in SIGNS


def line(*texts: str) -> str:
    out = io.StringIO()
    csv.writer(out).writerow(texts)
    return out.getvalue()


@pytest.mark.parametrize(
    ("text", "guarded"),
    [
        ("=1+1", "'=1+1"),
        ("+49 30 1234", "'+49 30 1234"),
        ("-5", "'-5"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\t=1", "'\t'=1"),
        ("\tx", "'\tx"),
        ("\rx", "'\rx"),
        ("\nx", "'\nx"),
        ("  =1", "  '=1"),
        ("\u00a0\u3000=1", "\u00a0\u3000'=1"),
        ("\ufeff\u200b=1", "\ufeff\u200b'=1"),
        ("\0=1", "\0'=1"),
        ("＝1+1", "'＝1+1"),
        ("\u3000＠SUM(A1)", "\u3000'＠SUM(A1)"),
        ("﹣2", "'﹣2"),
        ("a;=1", "a;'=1"),
        ("a; \u2060+1", "a; \u2060'+1"),
        ("a\t=1", "a\t'=1"),
        ("a|-1", "a|'-1"),
        ("a\r=1", "a\r'=1"),
        ("a\r\n=1", "a\r\n'=1"),
        ("a\n@x", "a\n'@x"),
        ("a;\tb", "a;'\tb"),
        ("=a;=b|=c", "'=a;'=b|'=c"),
        # Quoted in the file, its "" is an empty quoted beginning to a program that splits at ;
        ('x;"=1;"', 'x;"\'=1;"'),
        ("'=1", "''=1"),
        ("a;'=1", "a;''=1"),
    ],
)
def test_a_quote_goes_before_each_sign_that_a_cell_may_begin_with(text: str, guarded: str) -> None:
    assert guard(text) == guarded
    assert unguard(guarded) == text


@pytest.mark.parametrize("text", HARMLESS)
def test_other_text_stays_as_it_is(text: str) -> None:
    assert guard(text) == text
    assert unguard(text) == text


@given(NASTY)
@example("''=1")
@example("\t'=1")
@example("'\t'=1")
def test_every_text_comes_back(text: str) -> None:
    assert unguard(guard(text)) == text


@given(st.lists(NASTY, min_size=1, max_size=3))
@example(["", 'x;"=1;"'])
@example(["x;\r", '"=1'])
def test_no_cell_runs_however_a_program_splits_the_file(texts: list[str]) -> None:
    written = line(*map(guard, texts))
    assert [cell for cell in cells(written) if runs(cell)] == []


def test_a_long_text_takes_no_more_than_its_length() -> None:
    for text in (";" + " " * 10**6, ";" * 10**6, "'" * 10**6, ';"' * 10**6, "\t'" * 10**6):
        assert unguard(guard(text)) == text
