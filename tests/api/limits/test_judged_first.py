"""Nothing that was sent is judged while a write transaction is open: meanwhile nobody else could
write."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from exports_app.db.store import SqlStore
from exports_app.domain.access import Role
from exports_app.domain.timing import cron, cron_grammar
from exports_app.services.accounts import administration
from exports_app.services.analytics import campaigns as campaign_analytics
from exports_app.services.audit import audit_log
from exports_app.services.campaigns import service as campaigns_module
from exports_app.services.campaigns.imports import spool
from exports_app.services.core import email_addresses, field_rules
from exports_app.services.core.records import Campaign
from exports_app.services.identity import passwords
from exports_app.services.runs import preview
from exports_app.services.schedules import service as schedules_module
from exports_app.services.schedules import validation as rules
from exports_app.services.tenants import recipient_domains
from exports_app.services.tenants import validation as tenant_rules
from exports_app.wiring import Services
from tests.api.conftest import Clients
from tests.api.routes import CASES, SUPER_ADMINS, Case, call

JUDGES = [
    (email_addresses, "validate_email"),
    (rules, "check"),
    (rules, "merge_recipients"),
    (rules, "check_filters"),
    (preview, "check_filters"),
    (campaign_analytics, "check_filters"),
    (campaign_analytics, "check_search"),
    (field_rules, "wrong_name"),
    (tenant_rules, "wrong_name"),
    (tenant_rules, "wrong_in_tenant"),
    (preview, "wrong_in_tenant"),
    (schedules_module, "check_search"),
    (administration, "check_search"),
    (campaigns_module, "check_search"),
    (audit_log, "check_search"),
    (recipient_domains, "domain_name"),
    (recipient_domains, "read"),
    (cron, "parse"),
    (cron, "check_interval"),
    (cron, "next_after"),
    (cron, "occurrences"),
    (cron_grammar, "CronSim"),
    (campaigns_module, "check_campaign"),
    (campaigns_module, "check_metric"),
    (spool, "check_campaign"),
    (spool, "check_metric"),
    (passwords, "check"),
    (passwords, "hash_password"),
    (passwords, "matches"),
]
"""What reads texts that someone has sent."""


class Watched:
    """late: judges that were called within a write transaction. called: all that were."""

    def __init__(self) -> None:
        self._here = threading.local()
        self.late: list[str] = []
        self.called: set[str] = set()

    @contextmanager
    def writing(self) -> Iterator[None]:
        self._here.writes = True
        try:
            yield
        finally:
            self._here.writes = False

    def judge(self, name: str, real: Callable[..., Any]) -> Callable[..., Any]:
        def watched(*args: Any, **kwargs: Any) -> Any:
            self.called.add(name)
            if getattr(self._here, "writes", False):
                self.late.append(name)
            return real(*args, **kwargs)

        return watched


@pytest.fixture
def judged(services: Services, ids: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Watched:
    watched, write = Watched(), SqlStore.write

    @contextmanager
    def writing(self: SqlStore) -> Iterator[Any]:
        with write(self) as tx, watched.writing():
            yield tx

    monkeypatch.setattr(SqlStore, "write", writing)
    for module, name in JUDGES:
        monkeypatch.setattr(
            module, name, watched.judge(f"{module.__name__}.{name}", getattr(module, name))
        )
    return watched


CHANGES = {
    "/api/scheduled-exports/{schedule_id}": {
        "name": "Renamed",
        "schedule": "0 8 * * *",
        "timezone": "UTC",
        "recipients": ["jörg@bücher.example"],
        "filters": {"period": "yesterday"},
    },
    "/api/tenants/{tenant_id}": {
        "name": "Acme & Co.",
        "brandColor": "#112233",
        "recipientDomains": ["bücher.example"],
    },
}
"""Bodies that give more to judge than the good calls of the walk."""


@pytest.mark.parametrize(
    "case",
    [case for case in [*CASES, *SUPER_ADMINS] if case.method != "GET"],
    ids=lambda case: f"{case.method} {case.path.removeprefix('/api')}",
)
def test_a_request_is_judged_before_anything_is_written(
    api: Clients, ids: dict[str, str], judged: Watched, case: Case
) -> None:
    body = CHANGES.get(case.path) if case.method == "PUT" else None
    answer = call(api.super_admin, case, ids, **({"json": body} if body else {}))
    assert answer.status_code in {case.super_admin or case.good, 404, 409}
    assert judged.late == []


def test_the_watch_sees_what_is_judged(api: Clients, ids: dict[str, str], judged: Watched) -> None:
    case = next(
        case for case in CASES if case.method == "POST" and case.path == "/api/scheduled-exports"
    )
    assert call(api.super_admin, case, ids).status_code == 201
    assert {
        f"{rules.__name__}.check",
        f"{email_addresses.__name__}.validate_email",
        f"{cron.__name__}.parse",
    } <= judged.called


def test_the_command_line_judges_first(
    services: Services, ids: dict[str, str], judged: Watched, tmp_path: Path
) -> None:
    services.provisioning.create_tenant("initech", "Initech", "Europe/Berlin")
    services.provisioning.create_user(
        "bill@example.com", "Bill", "a long enough one", tenant="initech", role=Role.ADMIN
    )
    file = tmp_path / "campaigns.csv"
    file.write_text("campaign_name,currency,date,spend\nSpring,EUR,2026-01-01,1.50\n")
    services.importer.load(file, "initech", lambda _: None)
    assert judged.late == []
    assert f"{spool.__name__}.check_campaign" in judged.called


@pytest.mark.usefixtures("campaigns")
def test_two_who_change_different_fields_at_once_are_judged_together(
    services: Services, cast: Any, ids: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What another one saved after the first judgement is kept, and judged together with this."""
    schedules = services.schedules
    real = rules.check
    meanwhile = iter([{"export_type": "aggregate"}])

    def check(*args: Any) -> Any:
        judged = real(*args)
        for values in meanwhile:  # once, and after the first judgement
            schedules.update(cast.admin.who, ids["schedule_id"], values)
        return judged

    monkeypatch.setattr(rules, "check", check)
    changed = schedules.update(cast.admin.who, ids["schedule_id"], {"name": "Mine"})
    assert (changed.name, changed.export_type, changed.version) == ("Mine", "aggregate", 3)


def test_a_campaign_that_changes_meanwhile_is_judged_again(
    services: Services, cast: Any, campaigns: dict[str, Campaign], monkeypatch: pytest.MonkeyPatch
) -> None:
    from datetime import date

    from exports_app.domain.errors import Invalid

    spring = campaigns["Spring"]
    real, meanwhile = campaigns_module.check_campaign, iter([{"end_date": date(2026, 2, 1)}])

    def check(campaign: Campaign) -> Any:
        errors = real(campaign)
        for values in meanwhile:
            services.campaigns.update(cast.admin.who, spring.id, values)
        return errors

    monkeypatch.setattr(campaigns_module, "check_campaign", check)
    with pytest.raises(Invalid):
        services.campaigns.update(cast.admin.who, spring.id, {"start_date": date(2026, 3, 1)})
    assert services.campaigns.get(cast.admin.who, spring.id).start_date == spring.start_date
