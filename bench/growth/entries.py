"""Statements that fill the audit. The application itself links and seals the entries."""

from collections.abc import Iterator

from bench.growth.dialects import ENTRY, SCHEDULE, USER, chance, choose
from bench.growth.people import person_name
from bench.growth.plans import LATEST, Plan
from bench.growth.shape import YEARS_SECONDS

OF_TENANT = (
    "schedule.created",
    "schedule.updated",
    "schedule.updated",
    "run.triggered",
    "run.resent",
    "run.downloaded",
    "campaign.metrics_written",
    "member.invited",
    "tenant.updated",
    "run.cancelled",
)
OF_INSTALLATION = ("account.signed_in", "account.signed_in", "account.signed_out", "user.created")
DETAIL = '{"changed": {"schedule": ["0 9 * * *", "0 8 * * 1-5"]}}'
MOST = 1_000_000
"""More than there are entries of a tenant: they are numbered apart."""


def fill(plan: Plan) -> Iterator[str]:
    d = plan.dialect
    person = "(t.first_person + 3 * (c.n % ((t.people + 2) / 3)))"
    schedule = f"(t.first_schedule + {chance('c.n', 1_000_000)} % t.schedules)"
    yield _insert(
        plan,
        f"t.number * {MOST} + c.n",
        {
            "tenant_id": "t.id",
            "at": _at(plan, "c.n", "t.entries"),
            "actor_id": d.id(USER, person),
            "actor_name": person_name(person),
            "action": choose("c.n / 3 + c.n", OF_TENANT),
            "subject_id": d.id(SCHEDULE, schedule),
            "subject_name": f"'Export ' || {schedule}",
        },
        "FROM plan_tenants t JOIN plan_numbers c ON c.n < t.entries",
    )
    person = f"(s.n % {plan.shape.people})"
    yield _insert(
        plan,
        f"{len(plan.shape.tenants)} * {MOST} + s.n",
        {
            "tenant_id": "NULL",
            "at": _at(plan, "s.n", str(plan.shape.entries)),
            "actor_id": d.id(USER, person),
            "actor_name": person_name(person),
            "action": choose("s.n", OF_INSTALLATION),
            "subject_id": d.id(USER, person),
            "subject_name": person_name(person),
        },
        f"FROM {d.series(plan.shape.entries)}",
    )
    yield from _queue(plan)


def _queue(plan: Plan) -> Iterator[str]:
    """One chain waits behind the other, so that a batch is sealed by one seal. As they came, each
    batch would need as many as there are tenants, and minutes."""
    d, tenants = plan.dialect, len(plan.shape.tenants)
    yield "DELETE FROM audit_unsealed"
    for number, n, source in (
        ("t.number", "c.n", "FROM plan_tenants t JOIN plan_numbers c ON c.n < t.entries"),
        (str(tenants), "s.n", f"FROM {d.series(plan.shape.entries)}"),
    ):
        yield (
            "INSERT INTO audit_unsealed (entry_id, at) "
            f"SELECT {d.id(ENTRY, f'({number} * {MOST} + {n})')}, "
            f"{d.at(f'({number} + 1) * {MOST} - {n}')} {source}"
        )


def _at(plan: Plan, n: str, of: str) -> str:
    return plan.dialect.at(f"{plan.now - LATEST} - ({n} * {YEARS_SECONDS} + 1000) / {of}")


def _insert(plan: Plan, number: str, columns: dict[str, str], source: str) -> str:
    columns = {
        "id": plan.dialect.id(ENTRY, f"({number})"),
        **columns,
        "detail": plan.dialect.json(f"'{DETAIL}'"),
        "address": "'192.0.2.7'",
        "session": f"'session-' || ({number})",
        "request_id": f"'request-' || ({number})",
    }
    names, values = ", ".join(columns), ", ".join(columns.values())
    return f"INSERT INTO audit_entries ({names}) SELECT {values} {source}"
