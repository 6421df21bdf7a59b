"""The rules of a tenant's fields."""

import re
from urllib.parse import urlsplit

from exports_app.domain import bounds
from exports_app.domain.errors import ExportsError, FieldError, Invalid
from exports_app.domain.timing import cron
from exports_app.services.core.field_rules import wrong_name
from exports_app.services.core.records import Tenant
from exports_app.services.tenants import recipient_domains


def check_tenant(tenant: Tenant) -> None:
    """Raises Invalid."""
    if errors := wrong_in_tenant(tenant):
        raise Invalid(errors)


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
        errors.append(FieldError("/brandColor", "use the format #RRGGBB"))
    logo = tenant.logo_url
    if logo and (len(logo) > bounds.URL or not _is_picture(logo)):
        errors.append(FieldError("/logoUrl", "enter an https address"))
    if tenant.timezone:
        try:
            cron.zone(tenant.timezone)
        except ExportsError as e:
            errors.append(FieldError("/timezone", e.message))
    if tenant.keep_days is not None and not 1 <= tenant.keep_days <= bounds.KEEP_DAYS:
        errors.append(
            FieldError(
                "/keepDays",
                f"must be from 1 to {bounds.KEEP_DAYS:,} days, or empty for the default",
            )
        )
    least, most = bounds.LEAST_KEEP_RUNS_DAYS, bounds.KEEP_DAYS
    if tenant.keep_runs_days is not None and not least <= tenant.keep_runs_days <= most:
        errors.append(
            FieldError(
                "/keepRunsDays", f"must be from {least} to {most:,} days, or empty for the default"
            )
        )
    return errors + recipient_domains.read(tenant.recipient_domains)[1]


def _is_picture(url: str) -> bool:
    """Whether it is a plausible https address of visible characters, without a user or password."""
    if not url.isprintable() or not re.fullmatch(
        r"https://[^\s\"'<>\\]{1,1990}", url, re.IGNORECASE
    ):
        return False
    try:
        parts = urlsplit(url)
        return "." in (parts.hostname or "").strip(".") and parts.username is None
    except ValueError:
        return False
