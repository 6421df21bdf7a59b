"""Removing a member, and with them their address among the recipients of scheduled exports."""

import pytest

from exports_app.domain.access import Principal
from exports_app.domain.errors import Conflict, Forbidden, NotFound
from exports_app.services.core.interfaces import AuditFilter
from exports_app.services.core.records import Action, AuditEntry, Page, Schedule
from exports_app.services.tenants.recipient_removal import Addressed
from exports_app.wiring import Services
from tests.world import Cast, make_schedule, stored

BOB = "bob@example.com"


def entries(services: Services, cast: Cast, action: Action) -> list[AuditEntry]:
    found, _ = services.audit.find(
        cast.super_admin.who, cast.acme.id, AuditFilter(), Page(size=200)
    )
    return [entry for entry in found if entry.action is action]


def is_member(services: Services, cast: Cast) -> bool:
    members = services.members.find(cast.admin.who, cast.acme.id)
    return cast.viewer.user.id in {member.user.id for member in members}


def remove(services: Services, cast: Cast, who: Principal | None = None) -> Addressed:
    whom = (who or cast.admin.who, cast.acme.id, cast.viewer.user.id)
    return services.members.remove(*whom, drop_recipient=True)


@pytest.fixture
def theirs(services: Services, cast: Cast) -> str:
    """The address of the member who is removed."""
    return cast.viewer.user.email


class TestDropping:
    def test_takes_the_address_out_in_any_case_and_is_audited(
        self, services: Services, cast: Cast, theirs: str
    ) -> None:
        first = make_schedule(services, cast.admin.who, recipients=(theirs, BOB))
        second = make_schedule(services, cast.admin.who, recipients=(BOB, theirs.upper()))
        similar = make_schedule(services, cast.admin.who, recipients=(f"x{theirs}", BOB))
        assert services.members.removing(
            cast.admin.who, cast.acme.id, cast.viewer.user.id
        ).receives == Addressed(2)
        assert remove(services, cast) == Addressed(2)
        for schedule in (first, second):
            now = stored(services, schedule)
            assert (now.recipients, now.version) == ([BOB], schedule.version + 1)
        assert stored(services, similar) == similar
        changes = {
            entry.subject_id: entry.detail["changed"]
            for entry in entries(services, cast, Action.SCHEDULE_UPDATED)
        }
        assert changes == {
            first.id: {"recipients": [first.recipients, [BOB]]},
            second.id: {"recipients": [second.recipients, [BOB]]},
        }
        (removed,) = entries(services, cast, Action.MEMBER_REMOVED)
        assert removed.detail["dropped_from"] == 2
        assert not is_member(services, cast)

    def test_is_only_done_where_it_was_asked_for(
        self, services: Services, cast: Cast, theirs: str
    ) -> None:
        schedule = make_schedule(services, cast.admin.who, recipients=(theirs, BOB))
        services.members.remove(cast.admin.who, cast.acme.id, cast.viewer.user.id)
        assert stored(services, schedule) == schedule

    def test_leaves_other_tenants_alone(self, services: Services, cast: Cast, theirs: str) -> None:
        other = make_schedule(services, cast.outsider.who, recipients=(theirs, BOB))
        assert remove(services, cast) == Addressed()
        assert stored(services, other) == other

    def test_takes_it_out_of_deleted_ones_too_and_says_so(
        self, services: Services, cast: Cast, theirs: str
    ) -> None:
        alone = make_schedule(services, cast.admin.who, recipients=(theirs,))
        services.schedules.delete(cast.admin.who, alone.id)
        asked = services.members.removing(cast.admin.who, cast.acme.id, cast.viewer.user.id)
        assert asked.receives == Addressed(0, 1)
        assert remove(services, cast) == Addressed(0, 1)
        (change,) = entries(services, cast, Action.SCHEDULE_UPDATED)
        assert change.subject_id == alone.id
        assert change.detail["changed"] == {"recipients": [[theirs], []]}
        (removed,) = entries(services, cast, Action.MEMBER_REMOVED)
        assert removed.detail == {"dropped_from": 0, "dropped_from_deleted": 1}

    def test_the_next_run_goes_without_them(
        self, services: Services, cast: Cast, theirs: str
    ) -> None:
        schedule = make_schedule(services, cast.admin.who, recipients=(theirs, BOB))
        remove(services, cast)
        run = services.schedules.trigger(cast.admin.who, schedule.id)
        assert run.recipients == [BOB]


class TestWhereItGoesToNobodyElse:
    def test_nothing_changes_and_the_first_three_are_named(
        self, services: Services, cast: Cast, theirs: str
    ) -> None:
        names = ("Delta", "alpha", "Charlie", "Bravo")
        alone = [
            make_schedule(services, cast.admin.who, name=name, recipients=(theirs,))
            for name in names
        ]
        shared = make_schedule(services, cast.admin.who, name="Shared", recipients=(theirs, BOB))
        refusal = f"4 scheduled exports have no recipient but {theirs}: add another one first "
        with pytest.raises(Conflict) as refused:
            remove(services, cast)
        assert str(refused.value) == refusal + '("alpha", "Bravo", "Charlie" and 1 more)'
        assert [stored(services, one) for one in (*alone, shared)] == [*alone, shared]
        assert is_member(services, cast)
        self.give_another(services, cast, *alone)
        remove(services, cast)
        assert not is_member(services, cast)

    def test_a_single_one_is_named_by_itself(
        self, services: Services, cast: Cast, theirs: str
    ) -> None:
        make_schedule(services, cast.admin.who, name="Weekly", recipients=(theirs,))
        refusal = f"1 scheduled export has no recipient but {theirs}: add another one first"
        with pytest.raises(Conflict) as refused:
            remove(services, cast)
        assert str(refused.value) == f'{refusal} ("Weekly")'

    def give_another(self, services: Services, cast: Cast, *schedules: Schedule) -> None:
        for schedule in schedules:
            services.schedules.update(
                cast.admin.who, schedule.id, {"recipients": (*schedule.recipients, BOB)}
            )


def test_viewers_and_strangers_drop_nobody(services: Services, cast: Cast, theirs: str) -> None:
    schedule = make_schedule(services, cast.admin.who, recipients=(theirs, BOB))
    for who, error in ((cast.viewer.who, Forbidden), (cast.outsider.who, NotFound)):
        with pytest.raises(error):
            remove(services, cast, who)
        with pytest.raises(error):
            services.members.removing(who, cast.acme.id, cast.viewer.user.id)
    assert stored(services, schedule) == schedule


def test_who_owns_and_receives_is_removed_in_one_go(services: Services, cast: Cast) -> None:
    services.members.change_role(cast.super_admin.who, cast.acme.id, cast.viewer.user.id, "admin")
    leaving, heir = cast.admin.user, cast.viewer.user
    schedule = make_schedule(services, cast.admin.who, recipients=(leaving.email, BOB))
    services.members.remove(
        cast.super_admin.who, cast.acme.id, leaving.id, heir.id, drop_recipient=True
    )
    now = stored(services, schedule)
    assert (now.owner_id, now.recipients, now.version) == (heir.id, [BOB], schedule.version + 2)
