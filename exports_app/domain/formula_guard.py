"""Text in CSV that no spreadsheet program takes for a formula, and the way back.

A program runs a cell that begins with a sign (OWASP, CSV Injection). Where a cell begins depends on
the program's locale and settings: German Excel splits a line at semicolons, not at our commas, and
so within our texts. A ``'`` therefore goes before each sign that a cell could begin with:

- at the start of a text, and after each character inside it at which a program may split;
- blanks, controls and zero-width characters before the sign are passed over, since a program may
  drop them; inside the text ``"`` too, since two of them there are an empty quoted beginning;
- a tab at such a place, and CR or LF at the start of a text, count as signs;
- a ``'`` that stands before the sign already gets another one, so that `unguard` returns every text
  as it was.

Only texts need it: a column of numbers holds nothing but numbers.
"""

import re

_SIGNS = "=+\\-@＝＋－＠﹦﹢﹣﹫⁼⁺⁻₌₊₋﬩"  # noqa: RUF001
"""What begins a formula, and all that is the same in Unicode's compatibility form (NFKC)."""
_LINE_ENDS = "\n\v\f\r\x1c-\x1e\x85\u2028\u2029"
_PASSED = (
    " \xa0\u1680\u2000-\u200a\u202f\u205f\u3000\u2800"  # blanks
    "\0-\x08\x0e-\x1b\x1f\x7f-\x84\x86-\x9f"  # controls
    # Zero-width: default ignorable (Unicode's DerivedCoreProperties.txt), and other format
    # characters
    "\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e"
    "\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb"
    "\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
)
_START = rf"\A[{_PASSED}]*+{{}}(?='*+[{_SIGNS}\t\r\n])"
_INSIDE = rf"[;|\t{_LINE_ENDS}][{_PASSED}\"]*+{{}}(?='*+[{_SIGNS}\t])"
"""``{}`` is where the ``'`` goes."""
_RUNS_AT_START = re.compile(_START.format(""))
_RUNS_INSIDE = re.compile(_INSIDE.format(""))
_GUARDED_AT_START = re.compile(_START.format("'"))
_GUARDED_INSIDE = re.compile(_INSIDE.format("'"))


def guard(text: str) -> str:
    """The text for a CSV file, with a ``'`` before each sign that a program could run."""
    if _RUNS_INSIDE.search(text):
        text = _RUNS_INSIDE.sub(r"\g<0>'", text)
    start = _RUNS_AT_START.match(text)
    return f"{start[0]}'{text[start.end() :]}" if start else text


def unguard(text: str) -> str:
    """The text that `guard` made this one of. A text that `guard` makes of none comes back with
    fewer ``'`` where one stands before a sign, and else unchanged."""
    if "'" not in text:
        return text
    text = _GUARDED_INSIDE.sub(lambda found: found[0][:-1], text)
    start = _GUARDED_AT_START.match(text)
    return start[0][:-1] + text[start.end() :] if start else text
