"""What a scheduled export may look like: every rule of its fields, and how to mend what breaks
one."""

import re
import unicodedata
import uuid
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import date, datetime
from itertools import islice
from typing import Any
from urllib.parse import unquote, urlsplit

from email_validator import EmailNotValidError

from exports_app.domain import bounds
from exports_app.domain.errors import ExportsError, FieldError, Invalid
from exports_app.domain.runs.delivery_mode import DeliveryMode
from exports_app.domain.runs.policies import CatchUp, OnUnknown, Overlap
from exports_app.domain.timing import cron, period
from exports_app.domain.timing.period import Window
from exports_app.services.core.email_addresses import (
    MAX_ADDRESS,
    Domains,
    TooManyDomains,
    valid_address,
)
from exports_app.services.core.extension_points import EXPORT_TYPES, FORMATS
from exports_app.services.core.records import Tenant
from exports_app.services.tenants import recipient_domains

MAX_RECIPIENTS = bounds.RECIPIENTS
MAX_SENT = bounds.SENT_RECIPIENTS
"""Recipients looked at before the same ones are merged."""
MAX_CAMPAIGNS = bounds.CAMPAIGNS
MAX_ERRORS = 100
"""Wrong entries of a list that are named one by one."""
WHEN_EMPTY = ("send", "skip", "fail")
MAX_LINK_DAYS = 365
LONGEST_KEPT = 36_500
"""Days that files are kept at most."""
TIME_LIMITS = (10, 86_400)
"""Seconds."""
NUMBERS: dict[str, tuple[int, int, str]] = {
    "link_days": (1, MAX_LINK_DAYS, "days"),
    "time_limit": (*TIME_LIMITS, "seconds"),
    "catch_up_hours": (1, 8760, "hours"),
    "jitter_seconds": (0, 3600, "seconds"),
    "pause_after": (0, 1000, "failed runs; 0: never"),
    "retry_attempts": (1, 50, "attempts, or null: as the server is set"),
    "retry_base_seconds": (1, 14_400, "seconds, or null: as the server is set"),
}
"""The smallest and the largest value, and its unit."""
CHOICES: dict[str, Sequence[str]] = {
    "delivery": list(DeliveryMode),
    "overlap": list(Overlap),
    "catch_up": list(CatchUp),
    "on_unknown": list(OnUnknown),
}

LINE_ENDS = frozenset("\N{LINE SEPARATOR}\N{PARAGRAPH SEPARATOR}")
TURNS = "remove the characters that turn the direction of text (U+202A to U+202E, U+2066 to U+2069)"
"""What to do about a name of `bounds.turns_text`."""
_BLANK = frozenset("\u115f\u1160\u2800\u3164\uffa0")
"""Letters and symbols of Unicode that are drawn as a space."""
_LINK = re.compile(
    r"""//|\bwww\.|[a-z]:/
    |\b(?:https?|ftps?|mailto|tel|sms|data|javascript|file):\S
    |@[^\s@]+\.[^\W\d_]{2}
    |[^\W_]\.[^\W\d_]{2}[\w-]*\.?(?:[/?\#]\S|:\d)""",
    re.IGNORECASE | re.VERBOSE,
)
"""A web or email address: by its scheme, as www., or a domain before a path, a query or a port. A
domain alone is none: companies are called like that (Booking.com), and initials look like it
(Dr.No)."""
_LOOKALIKES = str.maketrans(
    {"\u2044": "/", "\u2215": "/", "\u29f8": "/", "\u3002": ".", "\ua789": ":", "\u2236": ":"}
)
"""Signs that look like those of an address, and that NFKC leaves alone."""
_PART = re.compile(
    r"""(?P<quoted>"[^"@\n\r]*"(?=\s*<))|<\s*(?P<bracketed>[^\s<>,;]+)\s*>|(?P<word>[^\s<>,;]+)|(?P<between>[,;\n\r])"""
)
"""Of a pasted list: what is in quotes before a <, in <>, a word, the end of a recipient."""
_AROUND = "\"'()[]."
"""Marks that stand around an address in running text."""


@dataclass(frozen=True)
class Filters:
    """Dates are inclusive. campaign_ids empty: all campaigns."""

    start_date: date | None = None
    end_date: date | None = None
    period: str | None = None
    campaign_ids: tuple[str, ...] = ()
    group_by: str | None = None

    def to_json(self) -> dict[str, Any]:
        """camelCase, only what is set: as stored and as answered."""
        values: dict[str, Any] = {
            "startDate": self.start_date.isoformat() if self.start_date else None,
            "endDate": self.end_date.isoformat() if self.end_date else None,
            "period": self.period,
            "campaignIds": list(self.campaign_ids) or None,
            "groupBy": self.group_by,
        }
        return {k: v for k, v in values.items() if v is not None}

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> "Filters":
        def day(key: str) -> date | None:
            return date.fromisoformat(stored[key]) if key in stored else None

        ids = tuple(stored.get("campaignIds", ()))
        return cls(
            day("startDate"), day("endDate"), stored.get("period"), ids, stored.get("groupBy")
        )

    def window(self, tick: datetime, timezone: str) -> Window:
        """The days covered when the run is due at `tick`."""
        chosen = period.Period(self.period) if self.period else None
        return period.resolve(chosen, self.start_date, self.end_date, tick, cron.zone(timezone))


@dataclass(frozen=True)
class Draft:
    """A scheduled export as somebody wants it."""

    name: str
    export_type: str
    format: str
    schedule: str
    timezone: str
    recipients: tuple[str, ...]
    description: str | None = None
    filters: Filters = field(default_factory=Filters)
    when_empty: str = "send"
    delivery: str = "auto"
    link_days: int = 7
    time_limit: int = 3600
    overlap: str = Overlap.SKIP.value
    catch_up: str = CatchUp.LATEST.value
    catch_up_hours: int = 168
    jitter_seconds: int = 0
    pause_after: int = 5
    on_unknown: str = OnUnknown.RESEND.value
    retry_attempts: int | None = None
    retry_base_seconds: int | None = None
    is_active: bool = True


FIELDS = frozenset(f.name for f in fields(Draft))


def field_of(pointer: str) -> str:
    """The field's name here, of a pointer such as ``/whenEmpty``."""
    return re.sub(
        "[A-Z]", lambda capital: f"_{capital.group().lower()}", pointer.strip("/").split("/", 1)[0]
    )


def _pointer(name: str) -> str:
    first, *rest = name.split("_")
    return f"/{first}{''.join(word.capitalize() for word in rest)}"


def check_tenant(tenant: Tenant) -> None:
    """Raises Invalid."""
    if errors := wrong_in_tenant(tenant):
        raise Invalid(errors)


def wrong_name(name: str) -> str | None:
    """What is wrong with the name of a tenant or of a person, which is one line; None where it is
    good."""
    if (
        len(name) > bounds.NAME
        or not name.strip()
        or has_controls(name)
        or not LINE_ENDS.isdisjoint(name)
    ):
        return f"give a name of 1 to {bounds.NAME} characters without control characters"
    if not any(is_visible(character) for character in name):
        return "give a name that can be seen: these characters are blank"
    if _LINK.search(_as_read(name)):
        return "write no web address into a name: it would be a link in emails to others"
    return TURNS if bounds.turns_text(name) else None


def _as_read(name: str) -> str:
    """The name with plain letters and signs (NFKC) for those that look like them, without
    characters that nobody sees."""
    plain = unicodedata.normalize("NFKC", name).translate(_LOOKALIKES)
    return "".join(character for character in plain if unicodedata.category(character) != "Cf")


def is_visible(character: str) -> bool:
    """Whether it leaves a mark on the screen: a letter, a number, a sign or a symbol, but for those
    that are drawn as a space."""
    return unicodedata.category(character)[0] in "LNPS" and character not in _BLANK


def check_name(name: str, pointer: str = "/name") -> None:
    """Of a person. Raises Invalid."""
    if why := wrong_name(name):
        raise Invalid([FieldError(pointer, why)])


def wrong_in_tenant(tenant: Tenant) -> list[FieldError]:
    errors = []
    if len(tenant.slug) > 60 or not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", tenant.slug):
        errors.append(
            FieldError("/slug", "use up to 60 lower-case letters, digits and single hyphens")
        )
    if why := wrong_name(tenant.name):
        errors.append(FieldError("/name", why))
    if len(tenant.brand_color) > bounds.COLOR or not re.fullmatch(
        r"#[0-9A-Fa-f]{6}", tenant.brand_color
    ):
        errors.append(FieldError("/brandColor", "write the colour as #RRGGBB"))
    logo = tenant.logo_url
    if logo and (len(logo) > bounds.URL or not _is_picture(logo)):
        errors.append(FieldError("/logoUrl", "give an https address"))
    if tenant.timezone:
        try:
            cron.zone(tenant.timezone)
        except ExportsError as e:
            errors.append(FieldError("/timezone", e.message))
    if tenant.keep_days is not None and not 1 <= tenant.keep_days <= LONGEST_KEPT:
        errors.append(
            FieldError(
                "/keepDays", f"must be from 1 to {LONGEST_KEPT:,} days, or none: the default"
            )
        )
    return errors + recipient_domains.read(tenant.recipient_domains)[1]


def _is_picture(url: str) -> bool:
    """An https address that could be on the network, of characters that can be seen, and without a
    password in it."""
    if not url.isprintable() or not re.fullmatch(
        r"https://[^\s\"'<>\\]{1,1990}", url, re.IGNORECASE
    ):
        return False
    try:
        parts = urlsplit(url)
        return "." in (parts.hostname or "").strip(".") and parts.username is None
    except ValueError:
        return False


def one_of(values: Sequence[str]) -> str:
    return "must be one of " + ", ".join(values)


def has_controls(text: str) -> bool:
    return any(unicodedata.category(c) in {"Cc", "Cs"} for c in text)


def xml_can_hold(text: str) -> bool:
    """Whether every character is one that XML 1.0 allows (production 2, Char)."""
    return all(
        c in "\t\n\r"
        or " " <= c <= "\ud7ff"
        or "\ue000" <= c <= "\ufffd"
        or "\U00010000" <= c <= "\U0010ffff"
        for c in text
    )


def is_uuid(text: str) -> bool:
    if len(text) != bounds.ID:
        return False
    try:
        return str(uuid.UUID(text)) == text.lower()
    except ValueError:
        return False


def check_search(texts: Mapping[str, Any]) -> None:
    """What a list is searched for, by the parameter's name. Raises Invalid where it is too long, or
    no stored text could hold it."""
    errors = [
        FieldError(f"/{name}", bounds.at_most(bounds.SEARCH))
        if len(text) > bounds.SEARCH
        else FieldError(f"/{name}", "remove the control characters")
        for name, text in texts.items()
        if isinstance(text, str) and (len(text) > bounds.SEARCH or not xml_can_hold(text))
    ]
    if errors:
        raise Invalid(errors)


def merge_recipients(given: Sequence[str]) -> tuple[tuple[str, ...], list[FieldError]]:
    """The valid addresses in order, the same one in another case only once; and what is wrong with
    the rest."""
    too_many = FieldError("/recipients", f"name at most {MAX_RECIPIENTS} recipients")
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
        except EmailNotValidError:
            errors.append(
                FieldError(
                    f"/recipients/{i}", "is not a valid email address: write it as name@example.com"
                )
            )
            continue
        kept.setdefault(valid.lower(), valid)
    if not given:
        errors.append(FieldError("/recipients", "name at least one recipient"))
    if len(kept) > MAX_RECIPIENTS:
        errors.append(too_many)
    return tuple(kept.values()), errors


@dataclass(frozen=True)
class Recipient:
    """One of a pasted list. text: as typed; address: in its normal form; error: why there is none,
    and what to do."""

    text: str
    address: str | None
    error: str | None


def read_recipients(text: str, domains: Domains | None = None) -> list[Recipient]:
    """The recipients of a list as people paste it, in order, the same one only once; at most
    MAX_SENT are looked at.

    Between them stand commas, semicolons or white space. ``Name <a@example.com>``, ``"Last, First"
    <a@example.com>`` and ``mailto:a@example.com`` are understood. Drops nothing that holds an @.
    Raises Invalid for a text that is too long. domains: shared by texts that are read together.
    """
    domains = domains or Domains()
    if len(text) > bounds.PASTED:
        raise Invalid(
            [FieldError("/recipients", f"paste at most {bounds.PASTED:,} characters at a time")]
        )
    found: dict[str, Recipient] = {}
    for typed, bare in islice(_recipients_in(text), MAX_SENT):
        one = _recipient(typed, bare, domains)
        found.setdefault((one.address or one.text).lower(), one)
    return list(found.values())


def _recipients_in(text: str) -> Iterator[tuple[str, str]]:
    """Each one as typed, and its address alone."""
    names = list[re.Match[str]]()
    """What stands since the last recipient: the name of the next one, should an address in <>
    follow."""
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
    return Recipient(typed, None, f"{shown} {_fault(bare, domains)}: mend or remove it")


def _fault(address: str, domains: Domains) -> str:
    """What is wrong with an address that is not valid."""
    local, at, domain = address.rpartition("@")
    faults = (
        (len(address) > MAX_ADDRESS, "is too long"),
        (not at, "has no @"),
        (not local, "has nothing before the @"),
        ("@" in local, "has more than one @"),
        (not domain, "has nothing after the @"),
    )
    fault = next((what for wrong, what in faults if wrong), None) or _fault_of_domain(
        domain, domains
    )
    return fault or "has something before the @ that no address may have"


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


def check(
    draft: Draft, now: datetime, minimum_seconds: int, changed: Collection[str] = FIELDS
) -> Draft:
    """The draft with its recipients merged. Raises Invalid with everything that is wrong,
    campaigns' existence aside.

    changed: the fields to judge. What was stored under an older rule hinders no other change: a
    schedule that has become too frequent can still be paused.
    """
    errors = [e for e in _check_words(draft) if field_of(e.pointer) in changed]
    recipients, wrong = merge_recipients(draft.recipients)
    errors += wrong if "recipients" in changed else []
    if {"schedule", "timezone"} & set(changed) or ("is_active" in changed and draft.is_active):
        errors += _check_time(draft, now, minimum_seconds)
    if {"filters", "export_type"} & set(changed) and draft.export_type in EXPORT_TYPES:
        errors += check_filters(draft.filters, draft.export_type)
    if errors:
        raise Invalid(errors)
    return Draft(**{**draft.__dict__, "recipients": recipients})


def _check_words(draft: Draft) -> list[FieldError]:
    found = {
        "/name": _wrong_in_name(draft.name),
        "/description": _wrong_in_description(draft.description),
    }
    errors = [FieldError(pointer, why) for pointer, why in found.items() if why]
    for name, allowed in CHOICES.items():
        if getattr(draft, name) not in allowed:
            errors.append(FieldError(_pointer(name), one_of(allowed)))
    for name, (least, most, unit) in NUMBERS.items():
        value = getattr(draft, name)
        if value is not None and not least <= value <= most:
            errors.append(FieldError(_pointer(name), f"must be {least} to {most:,} {unit}"))
    return errors + check_keys(draft.export_type, draft.format, draft.when_empty)


def _wrong_in_name(name: str) -> str | None:
    if len(name) > bounds.NAME or not any(
        is_visible(character) for character in name[: bounds.NAME]
    ):
        return f"give a name of 1 to {bounds.NAME} characters"
    if has_controls(name):
        return "remove the control characters, such as line breaks and tabs"
    return TURNS if bounds.turns_text(name) else None


def _wrong_in_description(description: str | None) -> str | None:
    if description is None:
        return None
    if len(description) > bounds.DESCRIPTION:
        return bounds.at_most(bounds.DESCRIPTION)
    return None if xml_can_hold(description) else "remove the control characters"


def check_keys(
    export_type: str, file_format: str, when_empty: str = WHEN_EMPTY[0]
) -> list[FieldError]:
    return [
        FieldError(pointer, one_of(allowed))
        for pointer, value, allowed in (
            ("/exportType", export_type, EXPORT_TYPES.keys()),
            ("/format", file_format, FORMATS.keys()),
            ("/whenEmpty", when_empty, WHEN_EMPTY),
        )
        if value not in allowed
    ]


def _check_time(draft: Draft, now: datetime, minimum_seconds: int) -> list[FieldError]:
    errors = []
    try:
        zone = cron.zone(draft.timezone)
    except ExportsError as e:
        errors.append(FieldError("/timezone", e.message))
        zone = cron.zone("UTC")
    try:
        cron.check_interval(cron.parse(draft.schedule), zone, now, minimum_seconds)
    except ExportsError as e:
        errors.append(FieldError("/schedule", e.message))
    return errors


def check_campaigns(filters: Filters, there: Collection[str]) -> list[FieldError]:
    """there: those of the campaigns that the tenant has."""
    return [
        FieldError(
            f"/filters/campaignIds/{i}",
            "there is no such campaign: choose one of this tenant's campaigns",
        )
        for i, one in enumerate(filters.campaign_ids)
        if one not in there
    ]


def check_filters(filters: Filters, export_type: str) -> list[FieldError]:
    kind = EXPORT_TYPES[export_type]
    errors = []
    if filters.period is not None and filters.period not in list(period.Period):
        errors.append(FieldError("/filters/period", one_of(list(period.Period))))
    if filters.period is not None and (filters.start_date or filters.end_date):
        errors.append(FieldError("/filters/period", "give either a period or dates, not both"))
    if filters.start_date and filters.end_date and filters.end_date < filters.start_date:
        errors.append(FieldError("/filters/endDate", "must not be before the start date"))
    if filters.group_by is not None and not kind.groups:
        errors.append(
            FieldError(
                "/filters/groupBy", f"the export type {export_type} takes no groupBy: leave it out"
            )
        )
    elif filters.group_by is not None and filters.group_by not in kind.groups:
        errors.append(FieldError("/filters/groupBy", one_of(kind.groups)))
    if kind.needs_campaigns and not filters.campaign_ids:
        errors.append(
            FieldError(
                "/filters/campaignIds", f"the export type {export_type} needs at least one campaign"
            )
        )
    if len(filters.campaign_ids) > MAX_CAMPAIGNS:
        errors.append(
            FieldError(
                "/filters/campaignIds", f"choose at most {MAX_CAMPAIGNS} campaigns, or none for all"
            )
        )
        return errors
    errors += [
        FieldError(f"/filters/campaignIds/{i}", "is not a campaign's id (a UUID)")
        for i, one in enumerate(filters.campaign_ids)
        if not is_uuid(one)
    ]
    return errors
