"""The demo database: two tenants with people, campaigns and scheduled exports to try the product
with."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from itertools import count, islice

from exports_app.domain.access import Role
from exports_app.domain.errors import ExportsError
from exports_app.domain.timing import cron
from exports_app.services.accounts.provisioning import DEMO_EMAIL
from exports_app.services.campaigns.demo_data import (
    ACME,
    GLOBEX,
    CampaignPlan,
    first_day,
    fixed_id,
    metrics,
)
from exports_app.services.core import request_context
from exports_app.services.core.interfaces import Clock, Store, Transaction
from exports_app.services.core.records import Campaign, Membership, Schedule, Tenant, User
from exports_app.services.identity import passwords
from exports_app.services.identity.passwords import DEMO_PASSWORD
from exports_app.services.schedules.filters import Filters

TENANTS = (
    Tenant(fixed_id("acme"), "Acme Marketing", "acme", "#4F46E5", None, "Europe/Berlin"),
    Tenant(fixed_id("globex"), "Globex", "globex", "#B45309", None, "America/New_York"),
)
PLANS = {"acme": ACME, "globex": GLOBEX}
LOAD_DAYS = 1_000
"""Days of a campaign that is there for size only."""
LOAD_BATCH = 20
"""Campaigns in one transaction: a running server waits for none longer than a second."""

Progress = Callable[[int], None]
"""Called with the rows of metrics that are there by now."""


def people() -> list[tuple[User, list[Membership]]]:
    """The users of the demo, without password, and what they belong to. All have the demo's public
    password."""
    made = [
        (
            User(fixed_id(DEMO_EMAIL), DEMO_EMAIL, "Super Admin", "", is_super_admin=True),
            list[Membership](),
        )
    ]
    for tenant in TENANTS:
        for role in (Role.ADMIN, Role.VIEWER):
            email = f"{role}@{tenant.slug}.test"
            user = User(fixed_id(email), email, f"{tenant.name} {role}", "")
            made.append((user, [Membership(user.id, tenant.id, role)]))
    return made


class Demo:
    """For the server's start and the command line: no principal is asked for. allowed: this
    installation takes demo data."""

    def __init__(self, store: Store, clock: Clock, *, allowed: bool) -> None:
        self._store = store
        self._clock = clock
        self._allowed = allowed

    def check_allowed(self) -> None:
        """Raises ExportsError where demo data must not go: no demo installation, or a database of
        somebody's own."""
        if not self._allowed:
            raise ExportsError(
                "demo data and its public password are not taken here: set DEMO=1, and no "
                "PUBLIC_URL, if this is to be a demo"
            )
        with self._store.read() as tx:
            known = {user.id for user, _ in people()} | {tenant.id for tenant in TENANTS}
            there = tx.users.ids() | {tenant.id for tenant in tx.tenants.within(None)}
        if there - known:
            raise ExportsError(
                "this database holds users or tenants of your own: demo data needs an empty "
                "DATA_DIR"
            )

    def seed_if_empty(self) -> bool:
        """All of the demo or nothing, where there is no user and no tenant yet. Returns whether it
        was made."""
        with self._store.read() as tx:
            if not _is_empty(tx):
                return False
        hashed, now = passwords.hash_password(DEMO_PASSWORD), self._clock()
        with self._store.write() as tx:
            if not _is_empty(tx):  # another process was first
                return False
            _add_people(tx, hashed)
            for tenant in TENANTS:
                _add_campaigns(tx, tenant, now.date() - timedelta(days=1))
                for schedule in schedules(tenant, now):
                    tx.schedules.add(schedule)
        return True

    def offers_login(self) -> bool:
        """Whether the caller can sign in with DEMO_EMAIL and DEMO_PASSWORD."""
        if not self._allowed or not request_context.current().local:
            return False
        with self._store.read() as tx:
            return DEMO_EMAIL in tx.users.demo_password_emails()

    def fill(self, rows: int, progress: Progress = lambda _: None) -> int:
        """Add campaigns "Load 00001", ... to the seeded demo until it has `rows` rows of metrics.
        Returns how many were added.

        Memory stays flat. A transaction for each part: what was written stays when it is stopped,
        the next call goes on.
        """
        home = TENANTS[0]
        with self._store.read() as tx:
            there = tx.campaigns.count_metrics()
        begun, last = there, self._clock().date() - timedelta(days=1)
        loads = _loads(home, last)
        while there < rows:
            with self._store.write() as tx:
                batch = list(islice(loads, LOAD_BATCH))
                held = tx.campaigns.existing(home.id, [one.id for one in batch])
                for one in batch:
                    if one.id in held or there >= rows:
                        continue
                    days = min(LOAD_DAYS, rows - there)
                    first = last - timedelta(days=days - 1)
                    tx.campaigns.add([replace(one, start_date=first)])
                    tx.campaigns.add_metrics(list(metrics(one.id, first, days)))
                    there += days
            progress(there)
        return there - begun


def _is_empty(tx: Transaction) -> bool:
    return tx.users.is_empty() and not tx.tenants.within(None)


def _add_people(tx: Transaction, hashed: str) -> None:
    for tenant in TENANTS:
        tx.tenants.add(tenant)
    for user, memberships in people():
        tx.users.add(replace(user, password_hash=hashed, has_demo_password=True))
        for membership in memberships:
            tx.users.join(membership)


def _add_campaigns(tx: Transaction, tenant: Tenant, yesterday: date) -> None:
    first = first_day(yesterday)
    days = (yesterday - first).days + 1
    pairs = [(plan, _campaign(tenant, plan, first, yesterday)) for plan in PLANS[tenant.slug]]
    tx.campaigns.add([campaign for _, campaign in pairs])
    for plan, campaign in pairs:
        tx.campaigns.add_metrics(list(metrics(campaign.id, first, days, costs=plan.costs)))


def _campaign(tenant: Tenant, plan: CampaignPlan, first: date, yesterday: date) -> Campaign:
    return Campaign(
        id=fixed_id(tenant.slug, plan.name),
        tenant_id=tenant.id,
        name=plan.name,
        channel=plan.channel,
        status=plan.status,
        currency=plan.currency,
        budget=plan.budget,
        start_date=first,
        end_date=yesterday if plan.status == "ended" else None,
    )


def _loads(tenant: Tenant, last: date) -> Iterator[Campaign]:
    for number in count(1):
        name = f"Load {number:05}"
        yield Campaign(
            fixed_id(tenant.slug, name),
            tenant.id,
            name,
            "search",
            "active",
            "EUR",
            None,
            None,
            last,
        )


def schedules(tenant: Tenant, now: datetime) -> list[Schedule]:
    """The tenant's example exports: a weekly one that runs, and two to switch on."""
    zone = tenant.timezone or "UTC"
    owner = fixed_id(f"admin@{tenant.slug}.test")
    few = tuple(fixed_id(tenant.slug, plan.name) for plan in PLANS[tenant.slug][:3])

    def example(
        name: str,
        why: str,
        kind: str,
        form: str,
        expression: str,
        filters: Filters,
        *,
        is_active: bool = False,
    ) -> Schedule:
        following = (
            cron.next_after(cron.parse(expression), cron.zone(zone), now) if is_active else None
        )
        return Schedule(
            id=fixed_id(tenant.slug, "export", name),
            tenant_id=tenant.id,
            name=name,
            description=why,
            export_type=kind,
            format=form,
            schedule=expression,
            timezone=zone,
            recipients=[f"marketing@{tenant.slug}.test", f"finance@{tenant.slug}.test"],
            filters=filters.to_json(),
            when_empty="send",
            is_active=is_active,
            created_by=owner,
            owner_id=owner,
            created_at=now,
            updated_at=now,
            next_run_at=following,
        )

    weekly = Filters(period="previous_week")
    monthly = Filters(period="previous_month", group_by="week")
    daily = few
    return [
        example(
            "Weekly report",
            "All campaigns of the week before",
            "campaigns",
            "excel",
            "0 9 * * 1",
            weekly,
            is_active=True,
        ),
        example(
            "Monthly totals",
            "Week by week, for the books",
            "aggregate",
            "csv",
            "30 6 1 * *",
            monthly,
        ),
        example(
            "Daily top campaigns",
            "",
            "campaign",
            "json",
            "0 7 * * *",
            Filters(period="yesterday", campaign_ids=daily),
        ),
    ]
