"""Who changed what last."""

import pytest

from exports_app.domain.access import Principal
from exports_app.domain.errors import Forbidden, NotFound
from exports_app.services.audit import audit_log
from exports_app.services.core.records import Action, Schedule
from exports_app.services.schedules.change_authors import Author
from exports_app.wiring import Services
from tests.doubles import NOW, FakeClock
from tests.world import Cast


def test_each_field_names_its_latest_author(
    services: Services, cast: Cast, admin: Principal, clock: FakeClock, schedule: Schedule
) -> None:
    ada, sue = admin, cast.super_admin.who
    first = clock()
    services.schedules.update(ada, schedule.id, {"name": "A", "when_empty": "skip"})
    clock.advance(minutes=5)
    services.schedules.update(sue, schedule.id, {"name": "B", "recipients": ("b@example.com",)})
    second = clock()
    clock.advance(minutes=5)
    with services.store.write() as tx:
        audit_log.note_schedule(tx, audit_log.APP, Action.SCHEDULE_PAUSED, schedule, clock())
    authors = services.change_authors.by_field(ada, schedule.id)
    assert first == NOW
    assert authors == {
        "name": Author(cast.super_admin.user.name, second),
        "recipients": Author(cast.super_admin.user.name, second),
        "when_empty": Author(cast.admin.user.name, first),
        "is_active": Author("The app", clock()),
    }


def test_only_those_who_may_change_it_are_told(
    services: Services, cast: Cast, schedule: Schedule
) -> None:
    with pytest.raises(Forbidden):
        services.change_authors.by_field(cast.viewer.who, schedule.id)
    with pytest.raises(NotFound):
        services.change_authors.by_field(cast.outsider.who, schedule.id)
