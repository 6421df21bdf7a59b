"""Email addresses in their normal form: the one parser for recipients, accounts and senders.

Syntax alone decides what an address is (RFC 5321, 4.1.2; RFC 6531 for international ones): mail
servers run in private networks too, under names that the DNS of others does not know. Nothing here
asks the DNS.
"""

import ipaddress
import re
import unicodedata
from contextlib import suppress
from dataclasses import dataclass

import email_validator
from email_validator import EmailNotValidError, ValidatedEmail, validate_email

from exports_app.domain import bounds

MAX_ADDRESS = 254
"""Characters, and bytes of the normal forms; RFC 5321, 4.5.3.1.3, without the <>."""
MAX_DOMAIN = 253
"""Characters, also with its labels in Punycode; RFC 1035, 2.3.4."""
MAX_INTERNATIONAL = 2 * bounds.RECIPIENTS
"""International domains in one list: each takes milliseconds to normalise."""
_DOTS = re.compile("[.\N{IDEOGRAPHIC FULL STOP}]")
_ODD_DOTS = re.compile(r"\A\.|\.\.|\.\Z")
"""A dot at the beginning or the end, or two in a row."""
_QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"')
_ENCODED = "=? before the @-sign would be read as an encoded word."
_ALONE = "An email address stands alone: without a name, < and >."
_QUOTES = "Quotes stand around all that is before the @-sign, with a \\ before each one inside."

# Names that mail on the internet cannot use (.local, localhost, home.arpa, .test) are used within
# networks. The library's manual: remove from its list what shall be taken
email_validator.SPECIAL_USE_DOMAIN_NAMES.clear()


class TooManyDomains(EmailNotValidError):
    """The list names more international domains than are looked at."""


@dataclass(frozen=True)
class DomainName:
    """normal: in Unicode. ascii: with its labels in Punycode (RFC 5891). An IP address is
    ``[192.0.2.1]`` or ``[IPv6:2001:db8::1]`` in both."""

    normal: str
    ascii: str


@dataclass(frozen=True)
class EmailAddress:
    """local: what stands before the @, in quotes only if it holds more than letters, digits, signs
    and dots."""

    local: str
    domain: DomainName

    def __str__(self) -> str:
        return f"{self.local}@{self.domain.normal}"

    @property
    def sent_local(self) -> str:
        """The local part in a form that servers must take: with dots that RFC 5321 does not allow
        in a bare one, it is quoted. docomo and au gave out such addresses until 2009, and their
        servers take both forms."""
        return f'"{self.local}"' if _has_odd_dots(self.local) else self.local


class Domains:
    """The domains of one list, each normalised once whatever the case it is written in."""

    def __init__(self) -> None:
        self._known: dict[str, DomainName | str] = {}
        """Or what is wrong."""
        self._international = 0

    def normal(self, text: str) -> DomainName:
        """Raises EmailNotValidError; TooManyDomains after MAX_INTERNATIONAL international ones."""
        # By character: "Σ".lower() would depend on what is around it
        key = "".join(map(str.lower, text))
        known = self._known.get(key)
        if known is None:
            self._count(text)
            known = self._known[key] = _read(text)
        if isinstance(known, str):
            raise EmailNotValidError(known)
        return known

    def _count(self, text: str) -> None:
        if text.isascii() and "xn--" not in text.lower():
            return
        if self._international == MAX_INTERNATIONAL:
            raise TooManyDomains(
                f"The list names more than {MAX_INTERNATIONAL} international domains."
            )
        self._international += 1


def _read(text: str) -> DomainName | str:
    """The domain, or what is wrong."""
    try:
        return domain_name(text)
    except EmailNotValidError as e:
        return str(e)


def domain_name(text: str) -> DomainName:
    """What may stand after the @: a domain of one label or more, or an IP address in brackets.
    Raises EmailNotValidError."""
    check_domain_length(text)
    if _is_bare_ip(text):
        raise EmailNotValidError(
            "An IP address after the @-sign stands in brackets: [192.0.2.1] or [IPv6:2001:db8::1]."
        )
    valid = _validated(f"a@{text}")
    return DomainName(valid.domain, valid.ascii_domain)


def _is_bare_ip(text: str) -> bool:
    """RFC 1123, 2.1: no host name looks like an IP address."""
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def parse(text: str, domains: Domains | None = None) -> EmailAddress:
    """An address, checked by its syntax alone. Raises EmailNotValidError.

    domains: of the list that the address is in.
    """
    if len(text) > MAX_ADDRESS:
        raise EmailNotValidError(f"The email address is too long: {bounds.at_most(MAX_ADDRESS)}.")
    local, at, domain = text.rpartition("@")
    if not at:
        raise EmailNotValidError("An email address must have an @-sign.")
    if ">" in domain:
        raise EmailNotValidError(_ALONE)
    name = (domains or Domains()).normal(domain)
    address = EmailAddress(_local(local), name)
    for form in (text, str(address), f"{address.sent_local}@{address.domain.ascii}"):
        if len(form.encode()) > MAX_ADDRESS:
            raise EmailNotValidError(f"The email address is too long: at most {MAX_ADDRESS} bytes.")
    return address


def valid_address(text: str, domains: Domains | None = None) -> str:
    """The address in its normal form. Raises as `parse` does."""
    return str(parse(text, domains))


def what_is_wrong(error: EmailNotValidError) -> str:
    """The detail of a field's error."""
    return f"is not a valid email address: use the format name@example.com. {error}"


def _local(text: str) -> str:
    """The part before the @ in its normal form, without quotes that it does not need. Raises
    EmailNotValidError."""
    if "=?" in text:
        raise EmailNotValidError(_ENCODED)
    if not text.startswith('"'):
        _check_bare(text)
        return _bare(text)
    if not _QUOTED.fullmatch(text):
        raise EmailNotValidError(_QUOTES)
    quoted = _valid_local(text)
    if quoted.startswith('"') and _has_odd_dots(bare := quoted[1:-1]):
        try:
            return _bare(bare)
        except EmailNotValidError:
            pass  # it needs its quotes for more than its dots
    return quoted


def _check_bare(text: str) -> None:
    """Raises EmailNotValidError where the library would not say what is wrong."""
    if "<" in text or ">" in text:
        raise EmailNotValidError(_ALONE)
    if '"' in text:
        raise EmailNotValidError(_QUOTES)
    if "@" in text:
        raise EmailNotValidError("An email address has only one @-sign.")


def _bare(text: str) -> str:
    """Without quotes. Dots may be anywhere."""
    if not _has_odd_dots(text):
        return _valid_local(text)
    _valid_local(re.sub(r"\.+", ".", text).strip("."))
    return unicodedata.normalize("NFC", text)


def _valid_local(text: str) -> str:
    """Raises EmailNotValidError also for spaces but the ASCII one, which the library takes in
    quotes: nobody sees which one it is, and few servers take them."""
    local = str(_validated(f"{text}@example.com").local_part)
    if odd := sorted({sign for sign in local if not sign.isprintable()}):
        names = ", ".join(unicodedata.name(sign, f"U+{ord(sign):04X}") for sign in odd)
        raise EmailNotValidError(f"The email address has unsafe characters: {names}.")
    return local


def _has_odd_dots(local: str) -> bool:
    return _ODD_DOTS.search(local) is not None and not local.startswith('"')


def account_address(text: str) -> str:
    """A typed address in the form that accounts have, whether it is valid or not.

    NFC, which keeps apart what mail servers keep apart: see
    docs/decisions/0021-spellings-of-an-address.md.
    """
    local, at, domain = text.strip().rpartition("@")
    if len(text) <= bounds.TYPED_ADDRESS:
        # Another spelling of the same quoted local part, or of the same IP address
        with suppress(EmailNotValidError):
            local = _local(local) if local.startswith('"') else local
            domain = domain_name(domain).normal if domain.startswith("[") else domain
    return unicodedata.normalize("NFC", f"{local}{at}{domain}").lower()


def check_domain_length(text: str) -> None:
    """Raises EmailNotValidError for a domain that is too long. Much cheaper than IDNA."""
    composed = unicodedata.normalize("NFKC", text) if len(text) <= MAX_DOMAIN else text
    if len(composed) > MAX_DOMAIN or _punycode_length(composed) > MAX_DOMAIN:
        raise EmailNotValidError(
            f"The domain is too long: {bounds.at_most(MAX_DOMAIN)}, also as Punycode."
        )


def _punycode_length(domain: str) -> int:
    labels = _DOTS.split(domain.lower())
    return sum(1 + (len(x) if x.isascii() else 4 + len(x.encode("punycode"))) for x in labels) - 1


def _validated(address: str) -> ValidatedEmail:
    return validate_email(
        address,
        check_deliverability=False,
        globally_deliverable=False,
        allow_quoted_local=True,
        allow_domain_literal=True,
    )
