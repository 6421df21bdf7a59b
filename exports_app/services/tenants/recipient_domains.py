"""The domains that a tenant may send files to: an allow list, checked when a schedule is saved,
when a message is sent and when a link is used."""

from collections.abc import Iterable, Sequence

from email_validator import EmailNotValidError

from exports_app.domain import bounds
from exports_app.domain.errors import FieldError
from exports_app.services.core.email_addresses import MAX_DOMAIN, domain_name
from exports_app.services.core.records import Tenant

WILDCARD = "*."
"""``*.example.com`` stands for all domains below example.com, and not for example.com itself."""
SHOWN = 3
LONGEST_SHOWN = 60
"""Characters of a wrong domain that an error shows."""


def read(domains: Iterable[str]) -> tuple[tuple[str, ...], list[FieldError]]:
    """The domains in their normal form (lower case, IDNA A-labels), sorted, without duplicates; and
    the errors of the others. An empty list allows every domain."""
    wanted = list(domains)
    if len(wanted) > bounds.DOMAINS:
        return (), [FieldError("/recipientDomains", f"use at most {bounds.DOMAINS} domains")]
    normal, errors = set(), []
    for i, text in enumerate(wanted):
        domain = _normal(text)
        if domain is None:
            detail = (
                f"{_quoted(text)} is not a domain: use the format example.com, or *.example.com "
                "for all its subdomains"
            )
            errors.append(FieldError(f"/recipientDomains/{i}", detail))
        else:
            normal.add(domain)
    return tuple(sorted(normal)), errors


def _quoted(text: str) -> str:
    """In one line, and shortened."""
    shown = " ".join(text.split())
    return f"“{shown[:LONGEST_SHOWN]}…”" if len(shown) > LONGEST_SHOWN else f"“{shown}”"


def _normal(text: str) -> str | None:
    text = text.strip() if len(text) <= 2 * MAX_DOMAIN else ""
    wildcard = WILDCARD if text.startswith(WILDCARD) else ""
    name = _domain(text.removeprefix(WILDCARD))
    return wildcard + name if name and not (wildcard and name.startswith("[")) else None


def _domain(text: str) -> str | None:
    """In lower case, with IDNA A-labels; None where it is no domain."""
    try:
        return domain_name(text).ascii.lower()
    except EmailNotValidError:
        return None


def allows(tenant: Tenant, address: str) -> bool:
    if not tenant.recipient_domains:
        return True
    # Stored addresses are valid: only an international domain needs to be converted
    typed = address.rpartition("@")[2]
    domain = typed.lower() if typed.isascii() else _domain(typed)
    return domain is not None and any(
        _covers(allowed, domain) for allowed in tenant.recipient_domains
    )


def _covers(allowed: str, domain: str) -> bool:
    if allowed.startswith(WILDCARD):
        return domain.endswith(allowed.removeprefix("*"))
    return domain == allowed


def check(tenant: Tenant, recipients: Sequence[str]) -> list[FieldError]:
    """The errors of a schedule's recipients."""
    return [
        FieldError(
            f"/recipients/{i}",
            f"{_outside(tenant)}: choose another address, or have an admin allow its domain",
        )
        for i, address in enumerate(recipients)
        if not allows(tenant, address)
    ]


def refusal(tenant: Tenant, address: str) -> str | None:
    """Why the tenant sends nothing to an address; None where it does."""
    if allows(tenant, address):
        return None
    return (
        f"this address {_outside(tenant)}: remove it from the recipients, or allow its domain in "
        "the tenant's settings"
    )


def _outside(tenant: Tenant) -> str:
    domains = tenant.recipient_domains
    more = f" and {len(domains) - SHOWN} more" if len(domains) > SHOWN else ""
    return (
        f"is outside the domains that {tenant.name} sends to ({', '.join(domains[:SHOWN])}{more})"
    )
