"""Finding a time zone by what people know of it: a city, a country, an abbreviation, an offset.

Countries, regions and the clocks in use come from the tables of the package tzdata.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from importlib import resources
from zoneinfo import ZoneInfo

from exports_app.domain.humanize import place
from exports_app.domain.search_words import folded, words
from exports_app.domain.timing.cron import zones
from exports_app.domain.timing.large_cities import CITIES, SHORT
from exports_app.domain.timing.zone_data import PACKAGE

MOST = 50
"""Zones that a search finds. Of all clocks in use there are about 90."""
UNIVERSAL = "UTC"
_SAME_AS_UNIVERSAL = {"Etc/UTC", "Etc/GMT"}
_NOW, _SINCE_1970, _ALL = "zonenow.tab", "zone1970.tab", "zone.tab"
INSIDE = 4
"""The rank of a match within words: of interest where there is no better one."""
_OFFSET = re.compile(r"(?:utc|gmt)? ?([+\N{MINUS SIGN}-])([0-9]{1,2})(?::?([0-9]{2}))?")
_MINUTE = timedelta(minutes=1)


@dataclass(frozen=True)
class FoundZone:
    """label: the name with spaces. detail: the city that was searched for, the country, the
    abbreviation. offset: from UTC at the instant that was asked about: UTC+01:00."""

    name: str
    label: str
    detail: str
    offset: str


@dataclass(frozen=True)
class _Zone:
    """keys: its full names. names: what else it is called alone: its city, country, code,
    abbreviation. regions: what it is called within a country or a continent. rest: all words. These
    are folded. cities: folded, and as they are shown. short: abbreviations, folded, and the city
    that each stands for. use: 0 where it stands for a clock in use, 2 for the least known."""

    name: str
    country: str
    keys: frozenset[str]
    names: frozenset[str]
    regions: frozenset[str]
    rest: str
    cities: Mapping[str, str]
    short: Mapping[str, str]
    use: int


def find(query: str, at: datetime, first: Sequence[str] = ()) -> list[FoundZone]:
    """The zones for what is typed, the best first, at most MOST. Without a query: the known ones of
    `first`, UTC, and a zone for each clock in use, from west to east. at: an aware instant, whose
    offsets are shown."""
    searched = " ".join(words(query.replace("_", " ")))
    if not searched:
        return [_found(zone, at) for zone in _usual(at, first)]
    index = _index(at.year)
    if offset := _OFFSET.fullmatch(searched):
        wanted = _read_offset(offset)
        ranked = [(0, zone) for zone in index.values() if _offset(zone.name, at) == wanted]
    else:
        ranked = [
            (rank, zone) for zone in index.values() if (rank := _rank(zone, searched)) is not None
        ]
        if any(rank < INSIDE for rank, _ in ranked):
            ranked = [pair for pair in ranked if pair[0] < INSIDE]
    ranked.sort(key=lambda pair: (pair[0], *_order(pair[1])))
    return [_found(zone, at, searched) for _, zone in ranked[:MOST]]


def _order(zone: _Zone) -> tuple[int, int, str]:
    """Of those that fit equally well: the ones with the most large cities first."""
    return -len(zone.cities), zone.use, place(zone.name)


def _rank(zone: _Zone, searched: str) -> int | None:
    """How well it fits, the lowest is best; None where a word is nowhere in it."""
    if searched in zone.short:
        return -1
    if searched in zone.names or searched in zone.keys:
        return 0
    if any(name.startswith(searched) for name in zone.names):
        return 1
    if any(region.startswith(searched) for region in zone.regions):
        return 2
    parts = _plain(searched).split()
    if all(f" {part}" in zone.rest for part in parts):
        return 3
    return INSIDE if all(part in zone.rest for part in parts) else None


def _usual(at: datetime, first: Iterable[str]) -> list[_Zone]:
    index = _index(at.year)
    clocks = sorted(
        (zone.name for zone in index.values() if zone.use == 0),
        key=lambda name: (_offset(name, at), place(name)),
    )
    names = dict.fromkeys([*(name for name in first if name in zones()), UNIVERSAL, *clocks])
    return [index.get(name) or _zone(name, at.year) for name in names]


def _found(zone: _Zone, at: datetime, searched: str = "") -> FoundZone:
    cities = (shown for key, shown in zone.cities.items() if key.startswith(searched))
    city = zone.short.get(searched) or next(cities, "") if searched else ""
    about = [city, zone.country, *_abbreviations(zone.name, [at])]
    about = [text for text in about if text and text not in {zone.name, place(zone.name)}]
    return FoundZone(
        zone.name,
        zone.name.replace("_", " "),
        " · ".join(about),
        _offset_words(_offset(zone.name, at)),
    )


@cache
def _index(year: int) -> dict[str, _Zone]:
    """All zones but other names of the same one, and names of old such as PST8PDT. year: whose
    abbreviations are known."""
    others = {alias for aliases in _aliases().values() for alias in aliases}
    names = dict.fromkeys([*_places(), UNIVERSAL, *zones()])
    return {
        name: _zone(name, year)
        for name in names
        if name in zones() and name not in others and ("/" in name or name == UNIVERSAL)
    }


def _zone(name: str, year: int) -> _Zone:
    codes, regions = _places().get(name, ((), ()))
    countries = [_countries().get(code, code) for code in codes]
    aliases, cities = _aliases().get(name, []), CITIES.get(name, ())
    seasons = [datetime(year, month, 1, tzinfo=UTC) for month in (1, 7)]
    keys = [name.replace("_", " "), *(alias.replace("_", " ") for alias in aliases)]
    called = [place(name), *cities, *countries, *codes, *_abbreviations(name, seasons)]
    return _Zone(
        name,
        countries[0] if countries else "",
        frozenset(map(folded, keys)),
        frozenset(map(folded, called)),
        frozenset(map(folded, regions)),
        _plain(folded(" ".join([*keys, *called, *regions]))),
        {folded(city): city for city in cities},
        {folded(short): city for short, city in SHORT.get(name, {}).items()},
        0
        if name in {UNIVERSAL, *_table_names(_NOW)}
        else 1
        if name in _table_names(_SINCE_1970)
        else 2,
    )


def _plain(text: str) -> str:
    """Words with a space before each of them."""
    return " " + " ".join(re.split(r"[^\w+]+", text))


@cache
def _places() -> dict[str, tuple[tuple[str, ...], tuple[str, ...]]]:
    """Of each zone the codes of its country, and the regions that the tables name."""
    regions: defaultdict[str, list[str]] = defaultdict(list)
    for table in (_ALL, _NOW):
        for line in _lines(table):
            regions[line[2]] += line[3:]
    return {line[2]: ((line[0],), tuple(regions[line[2]])) for line in _lines(_ALL)}


@cache
def _countries() -> dict[str, str]:
    return {line[0]: line[1] for line in _lines("iso3166.tab")}


@cache
def _aliases() -> dict[str, list[str]]:
    """Other names of a zone, such as US/Pacific, by the name that the tables use."""
    found: defaultdict[str, list[str]] = defaultdict(list)
    for line in _lines("tzdata.zi", " "):
        if line[0] == "L" and line[2] not in _places() and line[2] != UNIVERSAL:
            target = UNIVERSAL if line[1] in _SAME_AS_UNIVERSAL else line[1]
            found[target].append(line[2])
    found[UNIVERSAL] += _SAME_AS_UNIVERSAL
    return dict(found)


@cache
def _table_names(table: str) -> frozenset[str]:
    return frozenset(line[2] for line in _lines(table))


def _lines(table: str, separator: str = "\t") -> Iterator[list[str]]:
    text = resources.files(PACKAGE).joinpath("zoneinfo", table).read_text(encoding="utf-8")
    return (line.split(separator) for line in text.splitlines() if not line.startswith("#"))


def _abbreviations(name: str, instants: Iterable[datetime]) -> list[str]:
    """Those with letters, such as CET: many zones have only their offset."""
    named = (instant.astimezone(ZoneInfo(name)).tzname() or "" for instant in instants)
    return list(dict.fromkeys(text for text in named if text.isalpha()))


def _offset(name: str, at: datetime) -> timedelta:
    return at.astimezone(ZoneInfo(name)).utcoffset() or timedelta()


def _read_offset(match: re.Match[str]) -> timedelta:
    amount = timedelta(hours=int(match[2]), minutes=int(match[3] or 0))
    return amount if match[1] == "+" else -amount


def _offset_words(offset: timedelta) -> str:
    hours, minutes = divmod(abs(offset) // _MINUTE, 60)
    sign = "-" if offset < timedelta() else "+"
    return f"UTC{sign}{hours:02}:{minutes:02}"
