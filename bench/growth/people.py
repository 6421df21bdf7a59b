"""Statements that fill tenants, people, sessions, invitations and campaigns."""

from collections.abc import Iterator

from bench.growth.dialects import (
    CAMPAIGN,
    INVITATION,
    SESSION,
    USER,
    chance,
    choose,
)
from bench.growth.plans import ZONES, Plan
from bench.growth.shape import SUPER_ADMINS
from exports_app.domain.timing import zone_data

KEEP_DAYS = 75
"""Of files: so that there are 100,000 of them."""
FIRST = ("Anna", "Björn", "Chloé", "Dmitri", "Elif", "François", "Grace", "Håkan", "Inés", "Jürgen")
LAST = ("Berg", "Müller", "Nowak", "Ødegård", "Peña", "Rossi", "Şahin", "Schmidt", "Tanaka")
CHANNELS = ("search", "social", "display", "email")
CAMPAIGNS = ("Spring Sale", "Brand Awareness", "Rückkehrer", "Été 2026", "Retargeting, EU")
INVITED = 3
"""Open invitations of a tenant."""
DAY = 86_400


def fill(plan: Plan, password_hash: str) -> Iterator[str]:
    yield from _tenants(plan)
    yield from _users(plan, password_hash)
    yield from _campaigns(plan)
    yield from _zones(plan)


def person_name(n: str) -> str:
    number = f"({n})"
    return f"({choose(number, FIRST)} || ' ' || {choose(f'{number} / 10', LAST)} || ' ' || {n})"


def person_email(n: str) -> str:
    return f"'person-' || ({n}) || '@example.com'"


def _tenants(plan: Plan) -> Iterator[str]:
    d = plan.dialect
    yield (
        "INSERT INTO tenants (id, name, slug, brand_color, timezone, keep_days, quota_schedules, "
        "quota_pending_runs, second_factor_required) "
        "SELECT id, 'Tenant ' || number, slug, '#4F46E5', "
        f"{choose('number', ZONES)}, {KEEP_DAYS}, 1000000, 1000000, FALSE FROM plan_tenants"
    )
    days = plan.now // DAY
    yield (
        "INSERT INTO messages_of_day (tenant_id, day, messages) "
        f"SELECT t.id, {d.day(f'({days} - c.n) * {DAY}')}, 1 + {chance('t.number + c.n', 400)} "
        "FROM plan_tenants t JOIN plan_numbers c ON c.n < 2 * t.days"
    )
    invited = f"t.number * {INVITED} + s.n"
    yield (
        "INSERT INTO invitations (id, tenant_id, email, role, invited_by, created_at, expires_at, "
        f"mailed, generation) SELECT {d.id(INVITATION, invited)}, t.id, "
        f"'invited-' || ({invited}) || '@example.com', 'viewer', {d.id(USER, 't.first_person')}, "
        f"{d.at(f'{plan.now} - 86400')}, {d.at(f'{plan.now} + 6 * 86400')}, TRUE, 1 "
        f"FROM plan_tenants t CROSS JOIN {d.series(INVITED)}"
    )


def _users(plan: Plan, password_hash: str) -> Iterator[str]:
    """The numbers of the super admins follow on the others'."""
    d, people = plan.dialect, plan.shape.people
    yield (
        "INSERT INTO users (id, email, name, password_hash, is_active, is_super_admin, "
        "token_version, must_change_password, email_proven_at, has_demo_password) "
        f"SELECT {d.id(USER, 's.n')}, CASE WHEN s.n < {people} THEN {person_email('s.n')} "
        f"ELSE 'super-' || (s.n - {people}) || '@example.com' END, {person_name('s.n')}, "
        f"'{password_hash}', CASE WHEN s.n % 50 = 48 THEN FALSE ELSE TRUE END, "
        f"CASE WHEN s.n < {people} THEN FALSE ELSE TRUE END, 0, FALSE, "
        f"{d.at(f'{plan.now} - s.n * 3600')}, FALSE FROM {d.series(people + SUPER_ADMINS)}"
    )
    yield (
        "INSERT INTO memberships (user_id, tenant_id, role) "
        f"SELECT {d.id(USER, 't.first_person + c.n')}, t.id, "
        "CASE WHEN c.n % 3 = 0 THEN 'admin' ELSE 'viewer' END "
        "FROM plan_tenants t JOIN plan_numbers c ON c.n < t.people"
    )
    key = d.id(SESSION, "s.n")
    yield (
        "INSERT INTO sessions (id_hash, user_id, created_at, expires_at, token_version, device, "
        f"last_used_at) SELECT replace(({key}) || ({key}), '-', ''), "
        f"{d.id(USER, f's.n % {people}')}, {d.at(f'{plan.now} - 3600')}, "
        f"{d.at(f'{plan.now} + 13 * 86400')}, 0, 'Firefox on Linux', {d.at(f'{plan.now} - 60')} "
        f"FROM {d.series(2 * people)}"
    )


def _campaigns(plan: Plan) -> Iterator[str]:
    d = plan.dialect
    number = "(t.number * 1000 + c.n)"
    of_tenants = "FROM plan_tenants t JOIN plan_numbers c ON c.n < t.campaigns"
    yield (
        "INSERT INTO campaigns (id, tenant_id, name, channel, status, currency, budget, "
        f"start_date) SELECT {d.id(CAMPAIGN, number)}, t.id, {choose('c.n', CAMPAIGNS)} || ' ' || "
        f"{d.padded('c.n', 4)}, {choose('c.n', CHANNELS)}, "
        "CASE WHEN c.n % 4 = 3 THEN 'paused' ELSE 'active' END, 'EUR', 1000000, "
        f"{d.day(f'{plan.now} - t.days * 86400')} {of_tenants}"
    )
    day = f"({plan.now // DAY} - e.n) * {DAY}"
    clicks = f"(10 + {chance(f'{number} + e.n', 400)})"
    yield (
        "INSERT INTO campaign_metrics (campaign_id, date, impressions, clicks, conversions, spend, "
        f"revenue) SELECT {d.id(CAMPAIGN, number)}, {d.day(day)}, {clicks} * 37, {clicks}, "
        f"{clicks} / 9, {clicks} * 83, {clicks} * 211 {of_tenants} "
        "JOIN plan_numbers e ON e.n < t.days"
    )


def _zones(plan: Plan) -> Iterator[str]:
    """Their data was seen: a start reckons no tick anew."""
    for zone in ZONES:
        yield (
            "INSERT INTO zone_data (zone, fingerprint, seen_at) VALUES "
            f"('{zone}', '{zone_data.fingerprint(zone)}', {plan.dialect.at(str(plan.now))})"
        )
