"""The recipients of a scheduled export: reading a pasted list, and checking a stored one."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from urllib.parse import unquote

from email_validator import EmailNotValidError

from exports_app.domain import bounds
from exports_app.domain.address_typos import correction
from exports_app.domain.errors import FieldError, Invalid
from exports_app.services.core.email_addresses import (
    MAX_ADDRESS,
    Domains,
    TooManyDomains,
    valid_address,
    what_is_wrong,
)

MAX_RECIPIENTS = bounds.RECIPIENTS
MAX_SENT = bounds.SENT_RECIPIENTS
"""Recipients that are read before duplicates are merged."""
MAX_ERRORS = 100
"""Wrong entries that are listed one by one."""
_LOCAL = r'(?: "(?: [^"\\\n\r] | \\[^\n\r] ){1,64}" @ )'
"""A quoted local part, which may hold separators (RFC 5321, 4.1.2)."""
_PART = re.compile(
    rf"""
    (?P<quoted> "[^"@\n\r]*" (?=\s*<) )
    | < \s* (?P<bracketed> {_LOCAL}? [^\s<>,;]+ ) \s* >
    | (?P<word> {_LOCAL}? [^\s<>,;]+ )
    | (?P<end> [;\n\r] )
    """,
    re.VERBOSE,
)
"""Parts of a pasted list: text in quotes before a <, text in <>, a word, the end of a recipient. A
comma ends a recipient or is part of a name: ``Last, First <a@b>``."""
_UNSEEN = re.compile(
    r"[\u00ad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff]"
    r"|[\u200c\u200d](?![^\x00-\x7f])|(?<![^\x00-\x7f])[\u200c\u200d]"
)
"""Invisible characters that get into copied text. A joiner between letters that are not ASCII is
kept: Persian domains need it."""
_SIGNS = str.maketrans("\uff1b\u061b\uff0c\u3001\u060c\uff1c\uff1e\uff20\uff0e\u3000", ";;,,,<>@. ")
"""Signs of Chinese, Japanese, Arabic and Persian input methods."""
_COMMENT = re.compile(rf"({_LOCAL}) | \([^()@\n\r]*\)", re.VERBOSE)
"""A comment (RFC 5322, section 3.2.2): most often a name after its address. Within quotes it is
none."""
_BULLET = re.compile(r"^[ \t]*(?:[-*\u2022\u00b7\u2013\u2014]|\d{1,4}[.)])[ \t]+", re.MULTILINE)
_AROUND = "\"'()[]."
"""Marks around an address in running text."""


def merge_recipients(given: Sequence[str]) -> tuple[tuple[str, ...], list[FieldError]]:
    """The valid addresses in order, without duplicates in another case; and the errors of the
    others."""
    too_many = FieldError("/recipients", f"use at most {MAX_RECIPIENTS} recipients")
    if len(given) > MAX_SENT:
        return (), [too_many]
    kept: dict[str, str] = {}
    seen = set[str]()
    errors = list[FieldError]()
    domains = Domains()
    for i, address in enumerate(given):
        if address in seen:
            continue
        if len(kept) > MAX_RECIPIENTS or len(errors) == MAX_ERRORS:
            break
        try:
            valid = valid_address(address, domains)
            seen.add(address)
        except TooManyDomains:
            return (), [too_many]
        except EmailNotValidError as e:
            errors.append(FieldError(f"/recipients/{i}", what_is_wrong(e)))
            continue
        kept.setdefault(valid.lower(), valid)
    if not given:
        errors.append(FieldError("/recipients", "add at least one recipient or destination"))
    if len(kept) > MAX_RECIPIENTS:
        errors.append(too_many)
    return tuple(kept.values()), errors


@dataclass(frozen=True)
class RecipientWarning:
    """About an address that is taken all the same. pointer: a JSON pointer, as of an error."""

    pointer: str
    detail: str


def warnings(recipients: Sequence[str], reply_to: str | None = None) -> list[RecipientWarning]:
    """What looks wrong with a schedule's valid addresses."""
    addresses = {f"/recipients/{i}": address for i, address in enumerate(recipients)}
    addresses["/replyTo"] = reply_to or ""
    return [
        RecipientWarning(pointer, detail)
        for pointer, address in addresses.items()
        if (detail := warning(address))
    ]


def warning(address: str) -> str:
    """What looks wrong with a valid address; empty where nothing does."""
    meant = correction(address)
    return f"Did you mean {meant}?" if meant else ""


@dataclass(frozen=True)
class Recipient:
    """An entry of a pasted list.

    text: as typed, without what `_plain` removes. address: in its normal form. error: why there is
    no address, and how to fix it.
    """

    text: str
    address: str | None
    error: str | None


def read_recipients(text: str, domains: Domains | None = None) -> list[Recipient]:
    """The recipients of a pasted list, in order and without duplicates; at most MAX_SENT are read.

    Commas, semicolons or white space separate them, also those of other scripts. ``Name
    <a@example.com>``, ``Last, First <a@example.com>``, ``a@example.com (Name)``,
    ``mailto:a@example.com`` and rows of a table are understood; invisible characters are ignored.
    Every part with an @ counts as a recipient. Raises Invalid for a text that is too long. domains:
    shared by texts that are read together.
    """
    domains = domains or Domains()
    if len(text) > bounds.PASTED:
        raise Invalid(
            [FieldError("/recipients", f"paste at most {bounds.PASTED:,} characters at a time")]
        )
    recipients: dict[str, Recipient] = {}
    for typed, bare in islice(_recipients_in(_plain(text)), MAX_SENT):
        recipient = _recipient(typed, bare, domains)
        recipients.setdefault((recipient.address or recipient.text).lower(), recipient)
    return list(recipients.values())


def _plain(text: str) -> str:
    """Without what copying adds: invisible characters, bullets, comments, and table cells without
    an address."""
    text = _BULLET.sub("", _UNSEEN.sub("", text).translate(_SIGNS))
    text = _COMMENT.sub(lambda found: found[1] or " ", text)
    lines = text.splitlines()
    if not any("\t" in line and "@" in line for line in lines):
        return text
    return "\n".join(_cells(line) if "\t" in line else line for line in lines)


def _cells(row: str) -> str:
    """The cells with an address; empty for a header row."""
    return ";".join(cell for cell in row.split("\t") if "@" in cell)


def _recipients_in(text: str) -> Iterator[tuple[str, str]]:
    """Each recipient as typed, and its address."""
    names = list[re.Match[str]]()
    """Words since the last recipient: the next one's name, if an address in <> follows."""
    for part in _PART.finditer(text):
        kind = part.lastgroup
        if kind == "bracketed":
            begin = names[0].start() if names else part.start()
            yield text[begin : part.end()], part["bracketed"]
            names.clear()
        elif kind == "quoted" or (kind == "word" and "@" not in part["word"]):
            names.append(part)
        else:
            yield from ((name.group(), name.group()) for name in names)
            names.clear()
            if kind == "word":
                yield part.group(), part.group()
    yield from ((name.group(), name.group()) for name in names)


def _recipient(typed: str, bare: str, domains: Domains) -> Recipient:
    if bare[:7].lower() == "mailto:":
        bare = unquote(bare[7:].partition("?")[0])
    if valid := _valid(bare, domains) or _valid(bare.strip(_AROUND), domains):
        return Recipient(typed, valid, None)
    shown = bare if len(bare) <= 80 else bare[:79] + "\N{HORIZONTAL ELLIPSIS}"
    return Recipient(typed, None, f"{shown} {_fault(bare, domains)}: fix or remove it")


def _fault(address: str, domains: Domains) -> str:
    """What is wrong with an address that is not valid."""
    local, at, domain = address.rpartition("@")
    faults = (
        (len(address) > MAX_ADDRESS, "is too long"),
        (not at, "isn't an email address"),
        (not local, "has nothing before the @"),
        ("@" in local, "has more than one @"),
        (not domain, "has nothing after the @"),
    )
    fault = next((what for wrong, what in faults if wrong), None) or _fault_of_domain(
        domain, domains
    )
    return fault or "has characters before the @ that are not allowed"


def _fault_of_domain(domain: str, domains: Domains) -> str | None:
    try:
        domains.normal(domain)
    except TooManyDomains:
        return "is one of too many international domains"
    except EmailNotValidError:
        return "has no valid domain"
    return None


def _valid(address: str, domains: Domains) -> str | None:
    try:
        return valid_address(address, domains)
    except EmailNotValidError:
        return None
