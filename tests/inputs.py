"""Input that is meant to hurt: texts of a given length that are slow to normalise, parse or match,
and how long reading them took."""

import time
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

ABOVE, BELOW = "\N{COMBINING ACUTE ACCENT}", "\N{COMBINING DOT BELOW}"
PATTERNS = {
    "marks out of order": lambda n: "a" + ABOVE * (n // 2) + BELOW * (n - 1 - n // 2),
    "an address of marks": lambda n: (
        "a" + ABOVE * ((n - 13) // 2) + BELOW * ((n - 13) // 2) + "@example.com"
    )[-n:],
    "a domain of marks": lambda n: ("a@b" + (BELOW + ABOVE) * n)[: n - 4] + ".com",
    "digits": lambda n: "9" * n,
    "at signs": lambda n: ("a@" * n)[:n],
    "dots": lambda n: ("a." * n)[:n],
    "hyphens": lambda n: "-" * n,
    "per cent signs": lambda n: "%" * n,
    "quotes": lambda n: '"' * n,
    "angles": lambda n: ("<" * n)[: n // 2] + (" " * n)[: n - n // 2],
    "commas": lambda n: ("1," * n)[:n],
    "brackets": lambda n: "[" * n,
    "white space": lambda n: " " * (n - 1) + "x",
    "families": lambda n: ("\N{MAN}\N{ZERO WIDTH JOINER}\N{WOMAN}\N{ZERO WIDTH JOINER}" * n)[:n],
    "direction": lambda n: ("\u202e\u2066" * n)[:n],
    "Hangul": lambda n: ("\u1100\u1161\u11a8" * n)[:n],
    "ligatures": lambda n: "\N{ARABIC LIGATURE SALLALLAHOU ALAYHE WASALLAM}" * n,
    "NUL": lambda n: "\0" * n,
}
"""By name: a text of n characters. Text that UTF-8 cannot hold (surrogates) is tried by itself."""


WORST = ("marks out of order", "an address of marks", "digits", "commas", "families")
"""What has cost most so far: to normalise, to read as a number or a list, to cut into letters."""


def nasty(length: int, names: Collection[str] = PATTERNS.keys()) -> Iterator[tuple[str, str]]:
    """The patterns in this length, by their names."""
    for name in names:
        yield name, PATTERNS[name](length)


@dataclass
class Spent:
    """Seconds of CPU, of all threads of the process."""

    seconds: float = 0.0


@contextmanager
def cpu() -> Iterator[Spent]:
    """What the block costs, whatever else the machine does meanwhile."""
    spent, began = Spent(), time.process_time()
    yield spent
    spent.seconds = time.process_time() - began
