"""What the arguments of a command mean: a tenant, a scheduled export, a user to act for."""

import argparse
from dataclasses import replace
from typing import TYPE_CHECKING

from exports_app.cli.output import add_json
from exports_app.domain.access import Principal
from exports_app.domain.errors import ExportsError
from exports_app.services.core.field_rules import is_uuid

if TYPE_CHECKING:
    from exports_app.services.core.records import Schedule, Tenant
    from exports_app.wiring import Services

READER = Principal("", is_super_admin=True)
"""The command line's user owns the machine, and may read everything."""
SHOWN = 50
"""Rows of a list, where no other number is given."""
NAMED = 10
"""Tenants, or scheduled exports of one name, that an error lists."""


def add_list_options(parser: argparse.ArgumentParser) -> None:
    add_tenant(parser)
    parser.add_argument(
        "--limit", type=_limit, default=SHOWN, metavar="N", help=f"most rows (default: {SHOWN})"
    )
    add_json(parser)


def add_tenant(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--tenant", metavar="SLUG", help="the tenant; may be left out if there is only one"
    )


def add_actor(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--as",
        dest="actor",
        required=True,
        metavar="EMAIL",
        help="the user who does it, with their permissions; the audit log names them",
    )


def tenant(services: "Services", slug: str | None) -> "Tenant":
    """Raises ExportsError."""
    with services.store.read() as tx:
        if slug is None:
            every = tx.tenants.within(None)
            if len(every) != 1:
                slugs = ", ".join(one.slug for one in every[:NAMED]) or "there is none yet"
                raise ExportsError(f"choose a tenant with --tenant SLUG: {slugs}")
            return every[0]
        found = tx.tenants.by_slug(slug)
    if found is None:
        raise ExportsError(f"tenant {slug!r} does not exist")
    return found


def schedule(services: "Services", tenant_slug: str | None, text: str) -> "Schedule":
    """text: its ID, its slug, or its name in the tenant, which must be the only one. Raises
    ExportsError."""
    if is_uuid(text):
        found = services.schedules.get(READER, text)
        if tenant_slug is None or tenant(services, tenant_slug).id == found.tenant_id:
            return found
        raise ExportsError(f"this scheduled export does not belong to tenant {tenant_slug!r}")
    from exports_app.services.core.records import Page

    within = tenant(services, tenant_slug)
    page = Page(size=NAMED)
    named, _ = services.schedules.find(READER, within.id, {"slug": text}, "", page)
    if not named:
        named, _ = services.schedules.find(READER, within.id, {"name": text}, "", page)
    if not named:
        raise ExportsError(f"tenant {within.slug!r} has no scheduled export named {text!r}")
    if len(named) > 1:
        ids = ", ".join(one.id for one in named)
        raise ExportsError(f"several scheduled exports have this name: choose one by its ID: {ids}")
    return named[0]


def actor(services: "Services", email: str) -> Principal:
    """The user's rights of now. Raises ExportsError."""
    from exports_app.services.core.current_rights import principal_of
    from exports_app.services.core.email_addresses import account_address

    with services.store.read() as tx:
        user = tx.users.by_email(account_address(email))
        who = principal_of(tx, user.id) if user else None
    if who is None:
        raise ExportsError("no active user has this email address")
    return replace(who, version=None)


def _limit(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) <= 3 and 1 <= int(text) <= 500):
        raise argparse.ArgumentTypeError("must be a whole number from 1 to 500")
    return int(text)
