"""What a message leads with, as text for people: totals and top rows."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Figure:
    """A total. unit: a currency, or empty. change: since the run before, e.g. ``+12.4%``; empty
    where there is nothing to compare with."""

    label: str
    value: str
    unit: str = ""
    change: str = ""


@dataclass(frozen=True)
class TopRows:
    """title: which rows they are. heads, numbers: the label of each column, and whether it holds
    numbers."""

    title: str
    heads: Sequence[str]
    numbers: Sequence[bool]
    rows: Sequence[Sequence[str]]


@dataclass(frozen=True)
class Highlights:
    """compared: the days that the changes refer to; empty where there is no change. omitted: how
    many currencies have no figures here. top: None where there are no rows to show."""

    figures: Sequence[Figure]
    compared: str = ""
    omitted: int = 0
    top: TopRows | None = None
