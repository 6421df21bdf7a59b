"""The demo database: two tenants with users, campaigns and scheduled exports."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from itertools import count, islice

from exports_app.domain.access import Role
from exports_app.domain.errors import ExportsError
from exports_app.domain.schedules import slugs
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
"""Days of metrics of a "Load" campaign."""
LOAD_BATCH = 20
"""Campaigns in one transaction, which blocks a running server for less than a second."""

Progress = Callable[[int], None]
"""Called with the number of rows of metrics so far."""


def people() -> list[tuple[User, list[Membership]]]:
    """The users of the demo, without passwords, and their memberships."""
    users = [
        (
            User(fixed_id(DEMO_EMAIL), DEMO_EMAIL, "Super Admin", "", is_super_admin=True),
            list[Membership](),
        )
    ]
    for tenant in TENANTS:
        for role in (Role.ADMIN, Role.VIEWER):
            email = f"{role}@{tenant.slug}.test"
            user = User(fixed_id(email), email, f"{tenant.name} {role}", "")
            users.append((user, [Membership(user.id, tenant.id, role)]))
    return users


class Demo:
    """For the server's start and the command line: no principal is needed. allowed: whether this
    installation takes demo data."""

    def __init__(self, store: Store, clock: Clock, *, allowed: bool) -> None:
        self._store = store
        self._clock = clock
        self._allowed = allowed

    def check_allowed(self) -> None:
        """Raises ExportsError where this is no demo installation, or the database has other users
        or tenants."""
        if not self._allowed:
            raise ExportsError(
                "demo data is not allowed here, because its password is public: set "
                "DEMO=1 and no PUBLIC_URL if this is a demo"
            )
        with self._store.read() as tx:
            known = {user.id for user, _ in people()} | {tenant.id for tenant in TENANTS}
            existing = tx.users.ids() | {tenant.id for tenant in tx.tenants.within(None)}
        if existing - known:
            raise ExportsError(
                "this database has users or tenants of its own: demo data needs an empty DATA_DIR"
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

        Memory stays flat. Each batch is a transaction of its own: after a stop the next call goes
        on where this one ended.
        """
        home = TENANTS[0]
        with self._store.read() as tx:
            before = tx.campaigns.count_metrics()
        total = before
        last = self._clock().date() - timedelta(days=1)
        loads = _loads(home, last)
        while total < rows:
            with self._store.write() as tx:
                batch = list(islice(loads, LOAD_BATCH))
                existing = tx.campaigns.existing(home.id, [campaign.id for campaign in batch])
                for campaign in batch:
                    if campaign.id in existing or total >= rows:
                        continue
                    days = min(LOAD_DAYS, rows - total)
                    first = last - timedelta(days=days - 1)
                    tx.campaigns.add([replace(campaign, start_date=first)])
                    tx.campaigns.add_metrics(list(metrics(campaign.id, first, days)))
                    total += days
            progress(total)
        return total - before


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
            id=fixed_id(tenant.slug, name),
            tenant_id=tenant.id,
            name=name,
            channel="search",
            status="active",
            currency="EUR",
            end_date=last,
        )


@dataclass(frozen=True)
class _Example:
    """A scheduled export of the demo. top: the number of the tenant's first campaigns that it
    covers; None: all campaigns."""

    name: str
    description: str | None
    export_type: str
    format: str
    schedule: str
    period: str
    group_by: str | None = None
    top: int | None = None
    is_active: bool = False


EXAMPLES = (
    _Example(
        name="Weekly report",
        description="All campaigns of the week before",
        export_type="campaigns",
        format="excel",
        schedule="0 9 * * 1",
        period="previous_week",
        is_active=True,
    ),
    _Example(
        name="Monthly totals",
        description="Week by week, for the books",
        export_type="aggregate",
        format="csv",
        schedule="30 6 1 * *",
        period="previous_month",
        group_by="week",
    ),
    _Example(
        name="Daily top campaigns",
        description=None,
        export_type="campaign",
        format="json",
        schedule="0 7 * * *",
        period="yesterday",
        top=3,
    ),
)


def schedules(tenant: Tenant, now: datetime) -> list[Schedule]:
    """The tenant's example exports: a weekly one that is active, and two that are not."""
    return [_schedule(tenant, example, now) for example in EXAMPLES]


def _schedule(tenant: Tenant, example: _Example, now: datetime) -> Schedule:
    zone = tenant.timezone or "UTC"
    owner = fixed_id(f"admin@{tenant.slug}.test")
    covered = PLANS[tenant.slug][: example.top] if example.top else ()
    filters = Filters(
        period=example.period,
        group_by=example.group_by,
        campaign_ids=tuple(fixed_id(tenant.slug, plan.name) for plan in covered),
    )
    next_run_at = None
    if example.is_active:
        next_run_at = cron.next_after(cron.parse(example.schedule), cron.zone(zone), now)
    return Schedule(
        id=fixed_id(tenant.slug, "export", example.name),
        tenant_id=tenant.id,
        name=example.name,
        slug=slugs.of_name(example.name),
        description=example.description,
        export_type=example.export_type,
        format=example.format,
        schedule=example.schedule,
        timezone=zone,
        recipients=[f"marketing@{tenant.slug}.test", f"finance@{tenant.slug}.test"],
        filters=filters.to_json(),
        when_empty="send",
        is_active=example.is_active,
        created_by=owner,
        owner_id=owner,
        created_at=now,
        updated_at=now,
        next_run_at=next_run_at,
    )
