"""The next runs as a calendar, read with the icalendar package."""

from datetime import UTC, datetime, timedelta
from typing import Any

import icalendar
import pytest

from exports_app.domain import bounds
from exports_app.domain.access import Role
from exports_app.wiring import Services
from tests.api.client import SCHEDULES, Api, problem, schedule_body
from tests.api.conftest import Clients
from tests.api.feeds.making import made, path_of
from tests.doubles import FakeClock
from tests.world import Cast, set_role

TEXT = "a\nb\x85SUMMARY:c\u2028d"
"""Some programs end a line at each of these breaks."""
NAME = "Käufe, Klicks; \\ und 📈 " + "ü" * 60


def read(api: Clients, feed: dict[str, Any]) -> icalendar.Calendar:
    answer = api.anonymous.get(path_of(feed["calendarUrl"]))
    assert answer.status_code == 200, answer.text
    lines = answer.content.split(b"\r\n")
    assert max(map(len, lines)) <= 75
    assert b"\n" not in b"".join(lines)
    for line in lines:
        assert len(line.decode().splitlines()) < 2  # no character is cut
    return icalendar.Calendar.from_ical(answer.content)


def events(calendar: icalendar.Calendar) -> list[tuple[str, datetime]]:
    return [(str(e["SUMMARY"]), e["DTSTART"].dt) for e in calendar.walk("VEVENT")]


def create(api: Api, **changes: Any) -> dict[str, Any]:
    answer = api.post(SCHEDULES, schedule_body(**changes))
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


def test_it_has_the_runs_of_the_next_90_days_of_active_schedules(api: Clients) -> None:
    monthly = create(
        api.admin, name=NAME, schedule="30 9 1 * *", timezone="Europe/Berlin", description=TEXT
    )
    create(api.admin, name="Yearly", schedule="0 0 1 1 *", timezone="UTC")
    create(api.admin, name="Paused", schedule="0 * * * *", isActive=False)
    calendar = read(api, made(api.admin))
    # The clocks of Berlin change in March
    at = [datetime(2026, month, 1, 7, 30, tzinfo=UTC) for month in (4, 5, 6)]
    assert events(calendar) == [(NAME, each) for each in at]
    first = calendar.walk("VEVENT")[0]
    assert str(first["DESCRIPTION"]) == "a\nb\nSUMMARY:c\nd"
    assert str(first["URL"]).endswith(f"/scheduled-exports/{monthly['id']}")
    assert str(calendar["X-WR-CALNAME"]) == "Acme: scheduled exports"


def test_of_one_schedule_it_has_this_alone(api: Clients, schedule: dict[str, Any]) -> None:
    create(api.admin, name="Other")
    calendar = read(api, made(api.admin, scheduledExportId=schedule["id"]))
    assert {name for name, _ in events(calendar)} == {schedule["name"]}
    assert str(calendar["NAME"]) == schedule["name"]


def test_events_keep_their_uid_and_the_answer_its_etag(
    api: Clients, clock: FakeClock, schedule: dict[str, Any]
) -> None:
    feed = made(api.admin)
    first = read(api, feed)
    ids = [str(event["UID"]) for event in first.walk("VEVENT")]
    assert len(set(ids)) == len(ids) > 1
    path = path_of(feed["calendarUrl"])
    answer = api.anonymous.get(path)
    assert answer.headers["content-type"] == "text/calendar; charset=utf-8"
    assert answer.headers["cache-control"].startswith("private")
    assert "exf_" not in answer.headers["content-disposition"]
    clock.advance(seconds=1)
    again = api.anonymous.get(path, headers={"If-None-Match": answer.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    # A tick later the first event is over, and the others are what they were
    clock.set(first.walk("VEVENT")[0]["DTSTART"].dt)
    later = [str(event["UID"]) for event in read(api, feed).walk("VEVENT")]
    assert later[: len(ids) - 1] == ids[1:]


def test_one_that_runs_often_hides_no_other(api: Clients, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounds, "FEED_EVENTS_OF_EACH", 3)
    often = create(api.admin, name="Often", schedule="* * * * *")
    create(api.admin, name="Daily", schedule="0 9 * * *")
    names = [name for name, _ in events(read(api, made(api.admin)))]
    assert names == ["Often"] * 3 + ["Daily"] * 3
    alone = made(api.admin, scheduledExportId=often["id"])
    assert len(events(read(api, alone))) == bounds.FEED_EVENTS


def test_it_has_500_events_at_most(api: Clients, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounds, "FEED_EVENTS", 5)
    create(api.admin, name="Hourly", schedule="0 * * * *", timezone="UTC")
    create(api.admin, name="Half past", schedule="30 * * * *", timezone="UTC")
    found = events(read(api, made(api.admin)))
    assert len(found) == 5
    assert {name for name, _ in found} == {"Hourly", "Half past"}
    assert max(at for _, at in found) - min(at for _, at in found) == timedelta(hours=2)


def test_it_shows_what_its_owner_may_read_now(
    api: Clients, services: Services, cast: Cast, schedule: dict[str, Any]
) -> None:
    feed = made(api.viewer)
    of_one = made(api.viewer, scheduledExportId=schedule["id"])
    assert events(read(api, feed)) == events(read(api, of_one)) != []
    assert api.admin.delete(f"{SCHEDULES}/{schedule['id']}").status_code == 204
    assert events(read(api, feed)) == []
    for kind in ("calendarUrl", "atomUrl"):
        problem(api.anonymous.get(path_of(of_one[kind])), 404)
    services.members.remove(cast.admin.who, cast.acme.id, cast.viewer.user.id)
    for kind in ("calendarUrl", "atomUrl"):
        problem(api.anonymous.get(path_of(feed[kind])), 404)
    set_role(services, cast.viewer.user.id, cast.acme.id, Role.VIEWER)
    assert events(read(api, feed)) == []
    with services.store.write() as tx:
        tx.users.update(cast.viewer.user.id, {"is_active": False})
    problem(api.anonymous.get(path_of(feed["calendarUrl"])), 404)
