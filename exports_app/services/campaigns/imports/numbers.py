"""Numbers as spreadsheet programs write them in any country: which sign is the decimal sign is
judged from all values of a column, and where these do not show it, from the file's others."""

import re
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from exports_app.domain import bounds
from exports_app.services.campaigns.imports.cells import (
    EMPTY_SIGNS,
    Cell,
    Wrong,
    decimal_digits,
    trimmed,
)

WHOLE = "must be a whole number, 0 or more"
AMOUNT = "must be an amount of 0 or more with at most two decimals, such as 12.50"

_PLAIN = re.compile(r"\d{1,15}", re.ASCII)
_WITH_POINT = re.compile(r"\d{1,15}\.\d{1,2}", re.ASCII)
_SPACES = "[ \u00a0\u2009\u202f]"
_GROUPS = r"[1-9]\d{{0,2}}(?:{0}\d{{3}})+|[1-9]\d?(?:{0}\d{{2}})*{0}\d{{3}}"
"""Groups of three digits, or of two before the last three, as in India."""


def _form(decimal: str, group: str) -> re.Pattern[str]:
    groups = "|".join(_GROUPS.format(sign) for sign in (group, _SPACES, "['\u2019]"))
    return re.compile(rf"(?:\d+|{groups})(?:{decimal}\d+)?", re.ASCII)


_FORMS = {".": _form(r"\.", ","), ",": _form(",", r"\.")}
"""By the decimal sign: what a number looks like."""
_SCIENTIFIC = re.compile(r"[+-]?\d+(?:[.,]\d+)?[eE][+-]?\d+", re.ASCII)
_NEGATIVE = re.compile(r"\(.*\)|[-\u2212\u2013].+|.+[-\u2212]", re.DOTALL)
_CURRENCY = re.compile(
    r"(?:(?P<before>[^\d\s.,()+-]{1,4}\.?)\s*)?(?P<body>\d.*?)(?:\s*(?P<after>[^\d\s.,()+-][^\d]{0,4}))?"
)
_DOLLARS_AND_PESOS = (
    "USD CAD AUD NZD SGD HKD TWD MXN ARS CLP COP UYU DOP CUP BSD BBD BZD BMD BND FJD GYD JMD KYD"
    " LRD NAD SBD SRD TTD XCD"
)
_OWN_SIGNS = {
    "$": set(_DOLLARS_AND_PESOS.split()),
    "US$": {"USD"},
    "€": {"EUR"},
    "£": {"GBP", "EGP", "FKP", "GIP", "LBP", "SHP", "SSP", "SYP"},
    "¥": {"JPY", "CNY"},
    "￥": {"JPY", "CNY"},
    "₹": {"INR"},
    "₽": {"RUB"},
    "₩": {"KRW"},
    "₺": {"TRY"},
    "₴": {"UAH"},
    "₪": {"ILS"},
    "₫": {"VND"},
    "zł": {"PLN"},
    "Kč": {"CZK"},
    "Fr": {"CHF"},
    "R$": {"BRL"},
    "kr": {"SEK", "NOK", "DKK", "ISK"},
}


@dataclass
class NumberColumn:
    """What the values of a column tell about its decimal sign. Lines are those of the first value
    that shows it, 0 for none."""

    point_line: int = 0
    comma_line: int = 0
    grouped: set[str] = field(default_factory=set)
    """The decimal signs with which a value has thousands separators."""

    def see(self, cell: Cell, line: int) -> None:
        if not isinstance(cell, str) or _PLAIN.fullmatch(cell):
            return
        if _WITH_POINT.fullmatch(cell):
            self.point_line = self.point_line or line
            return
        body = _body(cell)
        forms = [sign for sign, form in _FORMS.items() if form.fullmatch(body)]
        self.grouped.update(s for s in forms if not body.partition(s)[0].isdecimal())
        if forms == ["."]:
            self.point_line = self.point_line or line
        elif forms == [","]:
            self.comma_line = self.comma_line or line

    @property
    def decimal(self) -> str:
        """The decimal sign; empty where no value shows it, or they contradict each other."""
        if self.point_line and self.comma_line:
            return ""
        return "." if self.point_line else "," if self.comma_line else ""


def whole(cell: Cell, decimal: str) -> int | None:
    """A count; None for an empty cell. decimal: the column's decimal sign, empty where it is not
    known. Raises ValueError with what is wrong."""
    if isinstance(cell, str) and _PLAIN.fullmatch(cell):
        return int(cell)
    number = _number(cell, decimal, "", WHOLE)
    # Neither are 1.0 and 1,00 counts: the sign may be meant as a separator
    if number is not None and number.as_tuple().exponent != 0:
        raise ValueError(WHOLE)
    return None if number is None else int(number)


def hundredths(cell: Cell, decimal: str, currency: str) -> int | None:
    """An amount in hundredths; None for an empty cell. Raises ValueError with what is wrong."""
    number = _number(cell, decimal, currency, AMOUNT)
    if number is None:
        return None
    if number * 100 != int(number * 100):
        raise ValueError(AMOUNT)
    return int(number * 100)


def _number(cell: Cell, decimal: str, currency: str, rule: str) -> Decimal | None:
    """The number with the decimals that stand in the cell."""
    if isinstance(cell, Wrong):
        cell.refuse()
    if isinstance(cell, float):
        if not 0 <= cell < 1e18:
            raise ValueError(rule)
        return Decimal(decimal_digits(cell))
    if cell is None:
        return None
    if cell is True or cell is False or isinstance(cell, date):
        Wrong(rule).refuse()
    if _WITH_POINT.fullmatch(cell) or _PLAIN.fullmatch(cell):
        return Decimal(cell)
    if len(cell) > bounds.WRITTEN:
        raise ValueError(rule)
    text = trimmed(cell)
    if not text or text in EMPTY_SIGNS:
        return None
    return _parsed(_without_currency(text, currency, rule), decimal, rule)


def _parsed(text: str, decimal: str, rule: str) -> Decimal:
    values = {sign: _value(text, sign) for sign, form in _FORMS.items() if form.fullmatch(text)}
    if not values:
        raise ValueError(rule + _hint(text))
    if len(set(values.values())) == 1:
        return next(iter(values.values()))
    if not decimal:
        low, high = sorted(values.values())
        raise ValueError(
            f"{text} can mean {high:f} or {low:f}, and nothing in the file shows which: write it"
            " without a thousands separator"
        )
    return values[decimal]


def _value(text: str, decimal: str) -> Decimal:
    whole_part, _, fraction = text.partition(decimal)
    return Decimal(re.sub(r"\D", "", whole_part) + (f".{fraction}" if fraction else ""))


def _body(cell: str) -> str:
    """A number's text without what stands around it, for the judgement of its form only."""
    if len(cell) > bounds.WRITTEN:
        return ""
    match = _CURRENCY.fullmatch(trimmed(cell).strip("()-+\N{MINUS SIGN}"))
    return match["body"].strip() if match else ""


def _without_currency(text: str, currency: str, rule: str) -> str:
    if not currency or _NEGATIVE.fullmatch(text):
        return text
    match = _CURRENCY.fullmatch(text)
    if match is None or not (match["before"] or match["after"]):
        return text
    for around in (match["before"], match["after"]):
        sign = (around or "").strip().removesuffix(".")
        if not sign or sign == currency:
            continue
        if sign not in _OWN_SIGNS:
            raise ValueError(rule + _hint(text))
        if currency not in _OWN_SIGNS[sign]:
            raise ValueError(f"has the sign {sign}, but the currency is {currency}")
    return match["body"].strip()


def _hint(text: str) -> str:
    """What is probably the matter; empty where nothing is known."""
    if text.startswith("#"):
        return f": {text[:20]} is a spreadsheet error"
    if _SCIENTIFIC.fullmatch(text):
        return (
            ": it is in scientific notation, which may have lost digits: format the column as a"
            " number"
        )
    if text.endswith("%"):
        return ": it is a percentage"
    return ""
