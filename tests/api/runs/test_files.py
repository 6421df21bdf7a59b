"""Downloads by the link of a message, over HTTP, and what the API says of how a file was sent."""

from typing import Any
from urllib.parse import urlsplit

import pytest
import structlog

from exports_app.domain.errors import StoreAway
from exports_app.services.core.records import Campaign, Run
from exports_app.wiring import Services
from tests.api.access.wait import Wait
from tests.api.client import SCHEDULES, problem, schedule_body
from tests.api.conftest import Clients
from tests.doubles import FakeClock
from tests.mailserver import MailServer
from tests.world import Cast, claim, deliveries_of, execute

PAGE = {"accept": "text/html,application/xhtml+xml"}


@pytest.fixture
def sent(api: Clients, services: Services, campaigns: dict[str, Campaign], mail: MailServer) -> Run:
    made = api.admin.post(SCHEDULES, schedule_body(delivery="link", linkDays=2, filters={})).json()
    api.admin.post(f"{SCHEDULES}/{made['id']}/trigger")
    run = execute(services, claim(services))
    assert mail.wait_for(1)
    assert campaigns
    return run


@pytest.fixture
def link(services: Services, sent: Run) -> str:
    (delivery, *_) = deliveries_of(services, sent)
    assert sent.link_expires_at
    url = urlsplit(services.download_links.url(sent, delivery, sent.link_expires_at))
    return f"{url.path}?{url.query}"


def test_anybody_with_the_link_gets_the_file_and_nobody_keeps_it(
    api: Clients, services: Services, sent: Run, link: str, campaigns: dict[str, Campaign]
) -> None:
    with structlog.testing.capture_logs() as logs:
        answer = api.anonymous.get(link)
    assert answer.status_code == 200
    file = services.files.find(sent.file_key or "")
    assert file is not None
    assert answer.content == file.read_bytes()
    assert answer.headers["content-disposition"] == f'attachment; filename="{sent.file_name}"'
    assert (answer.headers["cache-control"], answer.headers["x-content-type-options"]) == (
        "no-store",
        "nosniff",
    )
    (noted,) = [entry for entry in logs if entry["event"] == "file downloaded by link"]
    assert (noted["run"], noted["bytes"]) == (sent.id, sent.file_size)
    assert "signature" not in str(logs)
    assert campaigns


def test_a_link_that_is_revoked_meanwhile_gives_no_file(
    api: Clients, services: Services, cast: Cast, sent: Run, link: str, wait: Wait
) -> None:
    def revoke() -> None:
        services.download_links.revoke(cast.admin.who, sent.scheduled_export_id, sent.id)

    wait.use(revoke)
    problem(api.anonymous.get(link), 404, "not_found")
    assert downloads(api, sent) == 0


def test_a_member_who_is_removed_meanwhile_gets_no_file(
    api: Clients, services: Services, cast: Cast, sent: Run, wait: Wait
) -> None:
    def remove() -> None:
        with services.store.write() as tx:
            tx.users.leave(cast.viewer.user.id, cast.acme.id)

    wait.use(remove)
    path = f"{SCHEDULES}/{sent.scheduled_export_id}/history/{sent.id}/file"
    problem(api.viewer.get(path), 404, "not_found")
    assert downloads(api, sent) == 0


def downloads(api: Clients, run: Run) -> int:
    path = f"{SCHEDULES}/{run.scheduled_export_id}/history/{run.id}/downloads"
    total: int = api.admin.get(path).json()["total"]
    return total


def test_a_file_by_the_run_alone_is_the_same(api: Clients, services: Services, sent: Run) -> None:
    path = f"/api/runs/{sent.id}/file"
    known = api.viewer.request("HEAD", path)
    assert (known.status_code, known.headers["etag"]) == (200, f'"{sent.sha256}"')
    same = api.viewer.get(path, headers={"If-None-Match": known.headers["etag"]})
    assert (same.status_code, downloads(api, sent)) == (304, 0)
    part = api.viewer.get(path, headers={"Range": "bytes=3-9"})
    whole = api.viewer.get(f"{SCHEDULES}/{sent.scheduled_export_id}/history/{sent.id}/file")
    assert (part.status_code, part.content) == (206, whole.content[3:10])
    assert part.headers["content-disposition"] == whole.headers["content-disposition"]
    assert downloads(api, sent) == 1  # both within a minute
    problem(api.outsider.get(path), 404, "not_found")
    assert sent.file_key is not None
    services.files.remove(sent.file_key)
    problem(api.viewer.get(path), 410, "file_removed")


def test_what_was_never_given_out_is_not_there(api: Clients, link: str) -> None:
    for wrong in (link[:-1], link.replace("expires=", "expires=1"), link.partition("?")[0]):
        problem(api.anonymous.get(wrong), 404, "not_found")
    problem(api.anonymous.get(link.replace("expires=", "expires=x")), 422, "invalid")


def test_an_expired_link_is_gone_and_says_so_to_people_too(
    api: Clients, clock: FakeClock, link: str
) -> None:
    clock.advance(days=2)
    problem(api.anonymous.get(link), 410, "link_expired")
    answer = api.anonymous.get(link, headers=PAGE)
    assert (answer.status_code, answer.headers["content-type"]) == (410, "text/html; charset=utf-8")
    assert "This link has expired" in answer.text
    assert answer.headers["cache-control"] == "no-store"
    wrong = api.anonymous.get(link[:-1], headers=PAGE)
    assert wrong.status_code == 404
    assert "File not found" in wrong.text
    assert "This link no longer works. Ask the person who sent it for a new one." in wrong.text


def test_a_good_link_is_said_to_be_good_while_the_files_are_away(
    api: Clients, services: Services, link: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(_: str) -> None:
        raise StoreAway("the file store cannot be reached")

    monkeypatch.setattr(services.files, "find", away)
    problem(api.anonymous.get(link), 503, "store_unavailable")
    answer = api.anonymous.get(link, headers=PAGE)
    assert answer.status_code == 503
    assert "This file is temporarily unavailable" in answer.text
    assert "Your link is still valid" in answer.text


def test_the_history_says_how_the_file_was_sent(api: Clients, sent: Run) -> None:
    found: dict[str, Any] = api.viewer.get(
        f"{SCHEDULES}/{sent.scheduled_export_id}/history/{sent.id}"
    ).json()
    assert (found["sentAs"], found["sentSize"], found["removedCharacters"]) == ("link", None, 0)
    assert found["linkExpiresAt"] == "2026-03-06T10:30:00Z"
    assert found["fileRemovedAt"] is None


def test_a_removed_file_is_gone_and_the_history_says_when(
    api: Clients, services: Services, clock: FakeClock, sent: Run, link: str
) -> None:
    clock.advance(minutes=1)
    with services.database.write() as connection:
        connection.exec_driver_sql("UPDATE tenants SET keep_days = 0")
        connection.exec_driver_sql(
            "UPDATE export_history SET link_expires_at = NULL"
        )  # no promise of a link keeps it
    assert services.retention.sweep().outdated == 1
    path = f"{SCHEDULES}/{sent.scheduled_export_id}/history/{sent.id}"
    assert api.viewer.get(path).json()["fileRemovedAt"] == "2026-03-04T10:31:00Z"
    problem(api.viewer.get(f"{path}/file"), 410, "file_removed")
    problem(api.anonymous.get(link), 410, "file_removed")
