"""The list as many open pages ask for it at once."""

import pytest

from exports_app.domain.access import Principal
from exports_app.domain.errors import NotFound
from exports_app.services.core.change_events import Changes
from exports_app.services.core.records import Page, Tenant
from exports_app.services.schedules.listing import ScheduleListing
from exports_app.wiring import Services
from tests.world import make_schedule, side_by_side

FIRST = Page(1, 25, "-createdAt")


@pytest.fixture
def reads(services: Services, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """One entry for each time that the database is asked."""
    asked: list[str] = []
    find = services.schedules.find

    def counted(who: Principal, tenant_id: str, *more: object) -> object:
        asked.append(tenant_id)
        return find(who, tenant_id, *more)  # type: ignore[arg-type]

    monkeypatch.setattr(services.schedules, "find", counted)
    return asked


def test_pages_with_the_same_view_are_served_by_one_reading(
    services: Services, admin: Principal, super_admin: Principal, acme: Tenant, reads: list[str]
) -> None:
    make_schedule(services, admin, name="Weekly")
    people = [admin, super_admin] * 10
    found = side_by_side(
        20, lambda i: services.schedule_listing.page(people[i], acme.id, {}, "", FIRST)
    )
    assert {tuple(s.name for s in one.schedules) for one in found} == {("Weekly",)}
    assert len(reads) < 5


def test_a_change_is_seen_at_once(services: Services, admin: Principal, acme: Tenant) -> None:
    names = []
    for number in range(5):
        make_schedule(services, admin, name=f"Number {number}")
        listed = services.schedule_listing.page(admin, acme.id, {}, "", FIRST)
        names.append(len(listed.schedules))
        assert (listed.total, listed.summary.total) == (number + 1, number + 1)
    assert names == [1, 2, 3, 4, 5]


def test_views_and_tenants_are_kept_apart(
    services: Services, admin: Principal, outsider: Principal, acme: Tenant, globex: Tenant
) -> None:
    make_schedule(services, admin, name="Ours", format="csv")
    make_schedule(services, outsider, name="Theirs", format="csv")

    def shown(who: Principal, tenant: Tenant, **where: str) -> list[str]:
        return [
            s.name
            for s in services.schedule_listing.page(who, tenant.id, where, "", FIRST).schedules
        ]

    assert shown(admin, acme) == ["Ours"]
    assert shown(outsider, globex) == ["Theirs"]
    assert shown(admin, acme, format="json") == []
    with pytest.raises(NotFound):
        shown(outsider, acme)


def _listing(services: Services, changes: Changes) -> ScheduleListing:
    names = services.destination_names
    return ScheduleListing(services.schedules, services.schedule_summaries, names, changes)


def test_an_error_is_not_kept(
    services: Services, admin: Principal, acme: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    board = _listing(services, services.changes)
    with monkeypatch.context() as broken:
        broken.setattr(services.schedule_summaries, "summary", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            board.page(admin, acme.id, {}, "", FIRST)
    assert board.page(admin, acme.id, {}, "", FIRST).total == 0


def test_a_fresh_reading_sees_what_another_process_changed(
    services: Services, admin: Principal, acme: Tenant
) -> None:
    made = make_schedule(services, admin)
    board = _listing(services, Changes())  # which hears nothing
    assert board.page(admin, acme.id, {}, "", FIRST).total == 1
    services.schedules.delete(admin, made.id)
    assert board.page(admin, acme.id, {}, "", FIRST, fresh=True).total == 0
    assert board.page(admin, acme.id, {}, "", FIRST).total == 0


@pytest.mark.parametrize("slug", ["\x00", "weekly\x00", "x" * 100_000])
def test_what_can_be_no_slug_finds_nothing_on_every_database(
    services: Services, admin: Principal, slug: str
) -> None:
    made = make_schedule(services, admin, slug="weekly")
    found, total = services.schedules.find(admin, None, {"slug": "weekly"}, "", Page())
    assert ([one.id for one in found], total) == ([made.id], 1)
    assert services.schedules.find(admin, None, {"slug": slug}, "", Page()) == ([], 0)
