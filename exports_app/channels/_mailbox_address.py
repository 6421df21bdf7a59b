"""An email address, taken apart for SMTP."""

import re
from dataclasses import dataclass

from exports_app.services.core import email_addresses

NAMED = re.compile(
    r"""
    (?P<name> "(?:[^"\\]|\\.)*" | [^<>]* ) \s*
    < (?P<address> (?: "(?:[^"\\]|\\.)*" | [^<>"] )* ) >
    """,
    re.VERBOSE,
)
QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"')
PLAIN_NAME = re.compile(r"[\w !#$%&'*+/=?^`{|}~-]+")
"""A name that needs no quotes (RFC 5322, 3.2.3)."""


@dataclass(frozen=True)
class Mailbox:
    """local: in quotes where RFC 5321 asks for them. domain: in ASCII, international names in
    Punycode (RFC 5891), IP addresses as ``[192.0.2.1]``."""

    local: str
    domain: str
    name: str = ""

    @property
    def address(self) -> str:
        return f"{self.local}@{self.domain}"

    def __str__(self) -> str:
        """With its name, as a setting."""
        if not self.name:
            return self.address
        name = self.name if PLAIN_NAME.fullmatch(self.name) else _quoted(self.name)
        return f"{name} <{self.address}>"


def _quoted(name: str) -> str:
    return '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'


def parse(address: str) -> Mailbox:
    """A bare address, checked by its syntax alone. Raises ValueError with a sentence that says what
    is wrong."""
    parsed = email_addresses.parse(address)
    return Mailbox(parsed.sent_local, parsed.domain.ascii)


def parse_named(text: str) -> Mailbox:
    """``someone@example.com`` or ``Name <someone@example.com>``. Raises ValueError like `parse`."""
    named = NAMED.fullmatch(text.strip())
    if named is None:
        return parse(text.strip())
    name = named["name"].strip()
    if QUOTED.fullmatch(name):
        name = re.sub(r"\\(.)", r"\1", name[1:-1])
    name = name.removeprefix('"').removesuffix('"')
    if not name.isprintable():
        raise ValueError("The name before the address contains control characters.")
    box = parse(named["address"].strip())
    return Mailbox(box.local, box.domain, name)
