"""An email address, taken apart for SMTP: the domain in ASCII, the part before the @ as it is."""

import re
from dataclasses import dataclass
from email.headerregistry import Address

from email_validator import EmailNotValidError, validate_email

NAMED = re.compile(r"(?P<name>[^<>]*)<(?P<address>[^<>]*)>")


@dataclass(frozen=True)
class Mailbox:
    local: str
    domain: str
    """ASCII: international names in punycode (RFC 5891), IP addresses as ``[192.0.2.1]``."""
    name: str = ""

    @property
    def address(self) -> str:
        return f"{self.local}@{self.domain}"

    @property
    def header(self) -> Address:
        return Address(self.name, self.local, self.domain)


def parse(address: str) -> Mailbox:
    """A bare address, checked for its syntax only. Raises ValueError with a sentence that says what
    is wrong."""
    # The library refuses names of private networks (localhost, .local, .test), and mail servers run
    # there too. Under .com it checks only the syntax.
    private = "" if address.endswith("]") else ".com"
    try:
        checked = validate_email(
            address + private,
            check_deliverability=False,
            allow_domain_literal=True,
            allow_quoted_local=True,
        )
    except EmailNotValidError as e:
        raise ValueError(str(e)) from None
    domain = (checked.ascii_domain or checked.domain).removesuffix(private)
    return Mailbox(checked.local_part, domain)


def parse_named(text: str) -> Mailbox:
    """``someone@example.com`` or ``Name <someone@example.com>``. Raises ValueError like `parse`."""
    named = NAMED.fullmatch(text.strip())
    if named is None:
        return parse(text.strip())
    name = named["name"].strip().removeprefix('"').removesuffix('"')
    if not name.isprintable():
        raise ValueError("The name before the address contains control characters.")
    box = parse(named["address"].strip())
    return Mailbox(box.local, box.domain, name)
