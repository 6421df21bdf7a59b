"""Email addresses in their normal form. Nothing here asks the DNS."""

import re
import unicodedata
from dataclasses import dataclass

from email_validator import EmailNotValidError, ValidatedEmail, validate_email

from exports_app.domain import bounds

MAX_ADDRESS = 254
"""Characters, and bytes of the normal forms; RFC 5321, 4.5.3.1.3, without the <>."""
MAX_DOMAIN = 253
"""Characters, also with its labels in Punycode; RFC 1035, 2.3.4."""
MAX_INTERNATIONAL = 2 * bounds.RECIPIENTS
"""International domains in one list: each takes milliseconds to normalise."""
_DOTS = re.compile("[.\N{IDEOGRAPHIC FULL STOP}]")


class TooManyDomains(EmailNotValidError):
    """The list names more international domains than are looked at."""


@dataclass(frozen=True)
class _Domain:
    normal: str
    ascii: str


class Domains:
    """The domains of one list, each normalised once whatever the case it is written in."""

    def __init__(self) -> None:
        self._known: dict[str, _Domain | str] = {}
        """Or what is wrong."""
        self._international = 0

    def normal(self, text: str) -> _Domain:
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


def _read(text: str) -> _Domain | str:
    """The domain, or what is wrong."""
    try:
        check_domain_length(text)
        valid = _validated(f"a@{text}")
    except EmailNotValidError as e:
        return str(e)
    return _Domain(valid.domain, valid.ascii_domain)


def valid_address(text: str, domains: Domains | None = None) -> str:
    """The address in its normal form, checked only by its form. Raises EmailNotValidError.

    domains: of the list that the address is in.
    """
    if len(text) > MAX_ADDRESS:
        raise EmailNotValidError(f"The email address is too long: {bounds.at_most(MAX_ADDRESS)}.")
    local, at, domain = text.rpartition("@")
    if not at:
        raise EmailNotValidError("An email address must have an @-sign.")
    normal = (domains or Domains()).normal(domain)
    valid = _validated(f"{local}@example.com")
    address = f"{valid.local_part}@{normal.normal}"
    for form in (text, address, f"{valid.local_part}@{normal.ascii}"):
        if len(form.encode()) > MAX_ADDRESS:
            raise EmailNotValidError(f"The email address is too long: at most {MAX_ADDRESS} bytes.")
    return address


def account_address(text: str) -> str:
    """A typed address in the form that accounts have, whether it is valid or not.

    NFC, which keeps apart what mail servers keep apart: see
    docs/decisions/0021-spellings-of-an-address.md.
    """
    return unicodedata.normalize("NFC", text.strip()).lower()


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
    # test_environment: .test, reserved for trying things out, is taken too
    return validate_email(address, check_deliverability=False, test_environment=True)
