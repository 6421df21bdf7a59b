"""The served product of the browser's tests, and the tenants, people and schedules that they make
in it."""

import itertools
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from exports_app import wiring
from exports_app.domain.access import Principal, Role
from exports_app.services.campaigns.demo import TENANTS
from exports_app.services.core.records import Campaign, Membership, Metric, Tenant, User, new_id
from exports_app.services.identity.cookies import BROWSER_COOKIE, SESSION_COOKIE
from exports_app.settings import Settings
from tests.e2e.client import wait_until
from tests.e2e.server import Server, start_server
from tests.e2e.ui.app_code import KEY
from tests.mailserver import MailServer
from tests.world import Person, set_role, sign_in

BROWSER = "the-browser-of-these-tests"
GONE = "gone@example.com"
"""An address that the mail server refuses."""
DEMO_TENANTS = frozenset(tenant.id for tenant in TENANTS)
FINISHED = {"completed", "partial", "failed", "skipped", "cancelled"}
SECRETS = {"sessions", "one_time_codes"}
"""Tables that change by looking at pages alone."""


@dataclass(frozen=True)
class Company:
    """A tenant with an admin and a viewer, in nobody else's way."""

    tenant: Tenant
    admin: Person
    viewer: Person

    @property
    def id(self) -> str:
        return self.tenant.id


@contextmanager
def open_house(
    folder: Path, mails: MailServer, password_hash: str, port: int | None = None, **more: str
) -> Iterator["House"]:
    """The whole product on a port of its own, with pages and the demo's data. Again in the same
    folder: the same database.

    more: settings."""
    env = {
        "DEMO": "1",
        "SECRET_KEY": KEY,
        "SMTP_HOST": mails.host,
        "SMTP_PORT": str(mails.port),
        "SMTP_TLS": mails.tls,
        "SMTP_FROM": "Exports <exports@example.com>",
        "RATE_LIMIT_LOGIN": "1000/minute",
        "RATE_LIMIT_API": "100000/minute",
        "ALLOWED_NETWORKS": "127.0.0.0/8",
        "EXPORT_FOLDERS": str(folder),
    } | ({"PORT": str(port)} if port else {})
    env |= more
    with start_server(folder, env, backend_only=False) as server:
        assert "building" not in server.output, "the pages were built a second time"
        services = wiring.build(Settings(data_dir=folder / "data", secret_key=KEY, demo=True))
        house = House(server, mails, services, folder / "data" / "exports.db", password_hash)
        try:
            yield house
        finally:
            house.close()


@dataclass
class House:
    """services: a second pair of hands on the same database, in this process: quick, but no open
    page hears of what they change. What pages shall hear of goes through `call`."""

    server: Server
    mails: MailServer
    services: wiring.Services
    file: Path
    password_hash: str
    """Of tests.world.PASSWORD."""
    _count: Iterator[int] = field(default_factory=lambda: itertools.count(1))
    _caller: httpx.Client = field(default_factory=lambda: httpx.Client(timeout=30))
    """One for all: making one takes longer than a call."""

    @property
    def url(self) -> str:
        return self.server.url

    def close(self) -> None:
        self._caller.close()
        self.services.database.dispose()

    # Who there is

    def company(
        self, name: str = "Acme", timezone: str = "Europe/Berlin", brand_color: str = "#1D4ED8"
    ) -> Company:
        number = next(self._count)
        tenant = Tenant(
            new_id(), f"{name} {number}", f"company-{number}", brand_color, None, timezone
        )
        with self.services.store.write() as tx:
            tx.tenants.add(tenant)
        return Company(
            tenant,
            self.person("Ada Admin", {tenant.id: Role.ADMIN}),
            self.person("Vic Viewer", {tenant.id: Role.VIEWER}),
        )

    def person(self, name: str, roles: dict[str, Role], *, is_super: bool = False) -> Person:
        """roles: by tenant id. The password is tests.world.PASSWORD."""
        email = f"{name.lower().replace(' ', '.')}.{next(self._count)}@example.com"
        user = User(new_id(), email, name, self.password_hash, is_super_admin=is_super)
        with self.services.store.write() as tx:
            tx.users.add(user)
            for tenant_id, role in roles.items():
                tx.users.join(Membership(user.id, tenant_id, role))
        return Person(user, Principal(user.id, is_super, roles))

    def set_role(self, person: Person, company: Company, role: Role) -> None:
        set_role(self.services, person.user.id, company.id, role)

    def demo_person(self, email: str) -> Person:
        """One of the demo's own, e.g. ``super@admin.com``, ``admin@acme.test``,
        ``viewer@acme.test``."""
        with self.services.store.read() as tx:
            user = tx.users.by_email(email)
            assert user is not None
            return Person(user, Principal(user.id, user.is_super_admin, tx.users.roles(user.id)))

    def session(self, person: Person) -> str:
        """A new session's secret, without the slow way through the password."""
        with self.services.store.read() as tx:
            now_is = tx.users.get(
                person.user.id
            )  # who signed out everywhere is not the one of the beginning
        assert now_is is not None
        return sign_in(self.services, now_is, BROWSER)

    def cookie(self, person: Person) -> str:
        """A Cookie header with a new session of theirs."""
        return f"{SESSION_COOKIE}={self.session(person)}; {BROWSER_COOKIE}={BROWSER}"

    # What there is

    def campaign(
        self, company: Company, name: str, days: int = 7, currency: str = "EUR"
    ) -> Campaign:
        """With so many days of numbers, up to yesterday (UTC)."""
        from datetime import timedelta

        made = Campaign(new_id(), company.id, name, "search", "active", currency)
        today = self.services.clock().date()
        metrics = [
            Metric(made.id, today - timedelta(days=back), 1000, 100, 10, 12_345, 67_890)
            for back in range(1, days + 1)
        ]
        with self.services.store.write() as tx:
            tx.campaigns.add([made])
            tx.campaigns.upsert_metrics(metrics)
        return made

    def call(self, person: Person, method: str, path: str, status: int = 200, **more: Any) -> Any:
        """One call of the served API as this person; open pages hear of what it changes."""
        token = self.services.auth.token_for(person.user).access_token
        headers = {"Authorization": f"Bearer {token}"}
        answer = self._caller.request(method, f"{self.url}{path}", headers=headers, **more)
        assert answer.status_code == status, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer.json() if answer.content else None

    def schedule(self, company: Company, name: str, **values: Any) -> dict[str, Any]:
        """As the API answers it. values: as the API takes them, e.g. ``recipients=[GONE]``,
        ``isActive=False``."""
        body = {
            "tenantId": company.id,
            "name": name,
            "exportType": "campaigns",
            "format": "csv",
            "schedule": "0 9 1 1 *",
            "recipients": ["ann@example.com"],
        }
        made: dict[str, Any] = self.call(
            company.admin, "POST", "/api/scheduled-exports", 201, json=body | values
        )
        return made

    def webhook(
        self, company: Company, name: str, url: str = "https://hooks.example.com/"
    ) -> dict[str, Any]:
        """As the API answers it."""
        body = {"tenantId": company.id, "name": name, "url": url, "events": ["export.run.failed"]}
        made: dict[str, Any] = self.call(company.admin, "POST", "/api/webhooks", 201, json=body)
        return made

    def destination(self, company: Company, title: str, **config: Any) -> dict[str, Any]:
        """A folder, as the API answers it."""
        body = {"tenantId": company.id, "channel": "folder", "name": title, "config": config}
        path = "/api/destinations"
        made: dict[str, Any] = self.call(company.admin, "POST", path, 201, json=body)
        return made

    def run(self, company: Company, schedule_id: str) -> dict[str, Any]:
        """Run it now and wait for the end; the row of its history."""
        started = self.call(
            company.admin, "POST", f"/api/scheduled-exports/{schedule_id}/trigger", 202
        )
        return self.finished(company, schedule_id, started["historyId"])

    def finished(self, company: Company, schedule_id: str, run_id: str) -> dict[str, Any]:
        path = f"/api/scheduled-exports/{schedule_id}/history/{run_id}"

        def row() -> Any:
            found = self.call(company.admin, "GET", path)
            return found if found["status"] in FINISHED else None

        found: dict[str, Any] = wait_until("the run finished", row, 30)
        return found

    # What it writes down

    def log(self) -> Callable[[], str]:
        """Reads what the server has logged from now on."""
        start = len(self.server.output)
        return lambda: self.server.output[start:]

    # What the database holds

    def rows(self, query: str, *values: Any) -> list[dict[str, Any]]:
        """Read only, from the file itself."""
        with closing(sqlite3.connect(f"file:{self.file}?mode=ro", uri=True)) as db:
            db.row_factory = sqlite3.Row
            return [dict(row) for row in db.execute(query, values)]

    def snapshot(self, *without: str) -> dict[str, list[str]]:
        """Every row by table; not `SECRETS`, the audit, and nothing of the demo's tenants nor of
        those named: they run on by themselves."""
        skipped = DEMO_TENANTS | set(without)
        tables = [
            r["name"] for r in self.rows("SELECT name FROM sqlite_master WHERE type = 'table'")
        ]
        # Refusals are noted, and housekeeping seals what is noted, counts runs of all tenants,
        # moves their snapshots, numbers their ends and looks at the zones of their schedules;
        # figures of past days are kept once they are read
        kept_by_the_way = ("status_counts", "run_specs", "run_end", "zone_data", "closed_days")
        others = ("audit_", "search_audit_", *kept_by_the_way, "sqlite_")
        kept = [table for table in tables if table not in SECRETS and not table.startswith(others)]
        held = {table: self.rows(f'SELECT * FROM "{table}"') for table in kept}
        ours = {run["id"] for run in held["export_history"] if run["tenant_id"] not in skipped}
        ids = {one["id"] for one in held["campaigns"] if one["tenant_id"] not in skipped}
        return {
            table: sorted(
                repr(row)
                for row in rows
                if row.get("tenant_id") not in skipped
                and row.get("history_id") in ours | {None}
                and row.get("campaign_id") in ids | {None}
            )
            for table, rows in held.items()
        }
