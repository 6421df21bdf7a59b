"""The world that tests play in: two tenants, a fixed cast, schedules, and ways to wait. The
stand-ins for clock and email are in doubles.py."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from exports_app.domain.access import Principal, Role
from exports_app.engine.local import worker
from exports_app.services.core import request_context
from exports_app.services.core.extension_points import FORMATS
from exports_app.services.core.records import (
    Campaign,
    Delivery,
    Membership,
    Metric,
    Run,
    Schedule,
    Tenant,
    User,
)
from exports_app.services.core.registry import Registry
from exports_app.services.core.request_context import RequestContext
from exports_app.services.identity.sessions import LOGIN
from exports_app.wiring import Services, load_plugins

PASSWORD = "correct horse battery"
BROWSER = "the-cookie-of-one-browser"
DEADLINE = 15.0
"""Seconds any wait may last before the test fails."""


load_plugins()


FORMAT_KEYS = FORMATS.keys()
"""Of every format that is installed."""


@dataclass(frozen=True)
class Person:
    user: User
    who: Principal


@dataclass(frozen=True)
class Cast:
    """admin and viewer belong to Acme, the outsider is Globex's admin, the super admin belongs to
    nobody."""

    acme: Tenant
    globex: Tenant
    admin: Person
    viewer: Person
    outsider: Person
    super_admin: Person


def uuid_of(number: int) -> str:
    """A readable id: the number in hex at its end."""
    return f"00000000-0000-4000-8000-{number:012x}"


def make_cast(services: Services, password_hash: str) -> Cast:
    acme = Tenant(uuid_of(0xA), "Acme", "acme", "#1D4ED8", None, "Europe/Berlin")
    globex = Tenant(uuid_of(0xB), "Globex", "globex", "#BE123C")

    def person(number: int, name: str, roles: dict[str, Role], *, is_super: bool = False) -> Person:
        user = User(
            uuid_of(number),
            f"{name.lower()}@example.com",
            name,
            password_hash,
            is_super_admin=is_super,
        )
        return Person(user, Principal(user.id, is_super, roles, signed_in_at=services.clock()))

    cast = Cast(
        acme,
        globex,
        admin=person(0x11, "Admin", {acme.id: Role.ADMIN}),
        viewer=person(0x12, "Viewer", {acme.id: Role.VIEWER}),
        outsider=person(0x13, "Outsider", {globex.id: Role.ADMIN}),
        super_admin=person(0x14, "Super", {}, is_super=True),
    )
    with services.store.write() as tx:
        tx.tenants.add(acme)
        tx.tenants.add(globex)
        for one in (cast.admin, cast.viewer, cast.outsider, cast.super_admin):
            tx.users.add(one.user)
            for tenant_id, role in one.who.roles.items():
                tx.users.join(Membership(one.user.id, tenant_id, role))
    return cast


def make_campaigns(services: Services, cast: Cast) -> dict[str, Campaign]:
    """By name. Three of Acme with a week of metrics up to the clock's yesterday, one without any,
    and one of Globex."""
    made = [
        Campaign(
            uuid_of(0xC1),
            cast.acme.id,
            "Spring",
            "search",
            "active",
            "EUR",
            100_000,
            date(2026, 1, 1),
            date(2026, 6, 30),
        ),
        Campaign(
            uuid_of(0xC2),
            cast.acme.id,
            "autumn",
            "social",
            "paused",
            "EUR",
            None,
            date(2025, 9, 1),
            None,
        ),
        Campaign(
            uuid_of(0xC3), cast.acme.id, "Überall", "display", "active", "USD", 250_050, None, None
        ),
        Campaign(uuid_of(0xC4), cast.acme.id, "Quiet", "email", "draft", "EUR"),
        Campaign(uuid_of(0xC5), cast.globex.id, "Rival", "search", "active", "USD"),
    ]
    yesterday = services.clock().date() - timedelta(days=1)
    metrics = [
        Metric(
            one.id,
            yesterday - timedelta(days=back),
            1000 * i + back,
            10 * i + back,
            i,
            1234 * i,
            5678 * i + back,
        )
        for i, one in enumerate(made, start=1)
        if one.name != "Quiet"
        for back in range(7)
    ]
    with services.store.write() as tx:
        tx.campaigns.add(made)
        tx.campaigns.upsert_metrics(metrics)
    return {one.name: one for one in made}


def draft(**changes: Any) -> dict[str, Any]:
    """What someone fills in: every Monday at nine in Berlin, all campaigns, CSV."""
    values: dict[str, Any] = {
        "name": "Weekly numbers",
        "export_type": "campaigns",
        "format": "csv",
        "schedule": "0 9 * * 1",
        "timezone": "Europe/Berlin",
        "recipients": ("ann@example.com",),
    }
    return values | changes


def make_schedule(
    services: Services, who: Principal, tenant_id: str | None = None, **changes: Any
) -> Schedule:
    return services.schedules.create(who, tenant_id, draft(**changes))


def stored(services: Services, schedule: Schedule) -> Schedule:
    """The schedule as the database has it now."""
    with services.store.read() as tx:
        found = tx.schedules.get(schedule.id)
    assert found is not None
    return found


def pause(services: Services, schedule: Schedule, reason: str, failures: int = 5) -> None:
    """As after failed runs in a row."""
    now = services.clock()
    values = {"is_active": False, "next_run_at": None, "paused_at": now, "paused_reason": reason}
    with services.store.write() as tx:
        held = tx.schedules.get(schedule.id)
        assert held is not None
        counted = {"failures": failures, "failing_since": now, "version": held.version + 1}
        tx.schedules.change(schedule.id, values | counted)


def runs_of(services: Services, schedule: Schedule) -> list[Run]:
    """Newest first; also of a deleted schedule."""
    with services.store.read() as tx:
        return tx.runs.of_schedule(schedule.id, 500)[0]


def the_run(services: Services, run: Run) -> Run:
    with services.store.read() as tx:
        found = tx.runs.get(run.id)
    assert found is not None
    return found


def deliveries_of(services: Services, run: Run) -> list[Delivery]:
    """By address."""
    with services.store.read() as tx:
        return tx.deliveries.of_runs([run.id]).get(run.id, [])


def claim(services: Services) -> Run:
    run = services.run_queue.claim()
    assert run is not None, "no run waits"
    return run


def execute(services: Services, run: Run, check: Callable[[], None] = lambda: None) -> Run:
    """Carry a claimed run to its end in this thread; returns it as stored."""
    worker(services).execute(run, check)
    return the_run(services, run)


def trigger_and_execute(services: Services, who: Principal, schedule: Schedule) -> Run:
    services.schedules.trigger(who, schedule.id)
    return execute(services, claim(services))


def sign_in_code(
    services: Services, user: User, browser: str = BROWSER, goto: str = "/scheduled-exports"
) -> str:
    """A fresh sign-in code without the slow way through the password."""
    with services.store.write() as tx:
        content = {"goto": goto, "token_version": user.token_version}
        return services.sessions._new_code(tx, LOGIN, browser, user.id, content)


def sign_in(services: Services, user: User, browser: str = BROWSER) -> str:
    """The secret id of a new session."""
    with request_context.use(RequestContext(local=True)):  # the demo's people sign in nowhere else
        return services.sessions.redeem(sign_in_code(services, user, browser), browser)[0]


def set_role(services: Services, user_id: str, tenant_id: str, role: Role) -> None:
    with services.store.write() as tx:
        tx.users.join(Membership(user_id, tenant_id, role))


def sql(services: Services, statement: str, *values: Any) -> list[Any]:
    """Beside the services, in a transaction of its own; ? stands for a value in either database."""
    with services.database.write() as connection:
        result = connection.exec_driver_sql(
            statement if services.database.embedded else statement.replace("?", "%s"), values
        )
        return list(result) if result.returns_rows else []


def unwritable(services: Services) -> None:
    """From now on nobody, not even root, can write unfinished files."""
    drafts = services.settings.data_dir / "drafts"
    if drafts.exists():
        drafts.rmdir()
    drafts.symlink_to("/proc/self/fdinfo")


@contextmanager
def registered(registry: Registry[Any], item: Any) -> Iterator[Any]:
    """The item stands in the registry for the length of the block, in place of what has its key."""
    before = dict(registry._items)
    registry._items[item.key] = item
    try:
        yield item
    finally:
        registry._items.clear()
        registry._items.update(before)


def side_by_side(count: int, work: Callable[[int], Any]) -> list[Any]:
    """Do the work in so many threads that begin together. Their results in order; the first error
    is raised."""
    results: list[Any] = [None] * count
    errors: list[BaseException] = []
    start = threading.Barrier(count)

    def one(i: int) -> None:
        start.wait(DEADLINE)
        try:
            results[i] = work(i)
        except BaseException as e:  # noqa: BLE001  raised again below, in the test's own thread
            errors.append(e)

    threads = [threading.Thread(target=one, args=(i,), name=f"racer-{i}") for i in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(DEADLINE * 4)
        assert not thread.is_alive(), "a racing thread hangs"
    if errors:
        raise errors[0]
    return results
