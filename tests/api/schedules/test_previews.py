"""What a scheduled export would send, before it is saved."""

from typing import Any

import pytest

from exports_app.api.middleware.lanes import lane_of
from exports_app.services.core.extension_points import CHANNELS
from exports_app.services.core.lanes import Lanes
from exports_app.services.core.records import Campaign
from exports_app.wiring import Services
from tests.api.client import ABSENT, SCHEDULES, pointers, problem
from tests.api.conftest import Clients
from tests.doubles import WatchedEmail
from tests.mailserver import mail_server
from tests.world import registered, unwritable

ROWS, MESSAGE = f"{SCHEDULES}/preview", f"{SCHEDULES}/preview-message"
BODY: dict[str, Any] = {"exportType": "campaigns", "format": "csv"}


def test_rows(api: Clients, campaigns: dict[str, Campaign]) -> None:
    answer = api.admin.post(ROWS, BODY | {"filters": {"campaignIds": [campaigns["Spring"].id]}})
    assert answer.status_code == 200, answer.text
    shown = answer.json()
    assert set(shown) == {"columns", "rows", "total", "size", "window", "complete"}
    assert (shown["total"], len(shown["rows"]), shown["complete"]) == (1, 1, True)
    row = dict(zip((each["key"] for each in shown["columns"]), shown["rows"][0], strict=True))
    assert row["campaign_name"] == "Spring"
    assert shown["size"] > 50


def test_the_message(api: Clients, campaigns: dict[str, Campaign]) -> None:
    body = BODY | {"name": "<Numbers>", "delivery": "link", "schedule": "0 9 * * 1"}
    answer = api.admin.post(MESSAGE, body)
    assert answer.status_code == 200, answer.text
    shown = answer.json()
    assert set(shown) == {"subject", "html", "text"}
    assert "<Numbers>" in shown["subject"]
    assert "&lt;Numbers&gt;" in shown["html"]


@pytest.mark.parametrize("path", [ROWS, MESSAGE])
@pytest.mark.parametrize("file_format", ["csv", "excel"])
def test_a_disk_that_cannot_be_written_is_told(
    api: Clients, services: Services, logs: list[Any], path: str, file_format: str
) -> None:
    unwritable(services)
    problem(api.admin.post(path, BODY | {"format": file_format}), 503, "store_unavailable")
    assert [e["event"] for e in logs if e["log_level"] == "warning"] == ["a file cannot be written"]


@pytest.mark.parametrize("path", [ROWS, MESSAGE])
@pytest.mark.parametrize(
    ("change", "wrong"),
    [
        ({"exportType": "nothing"}, "/exportType"),
        ({"timezone": "Mars/Base"}, "/timezone"),
        ({"filters": {"campaignIds": [ABSENT]}}, "/filters/campaignIds/0"),
        ({"recipients": []}, "/recipients"),
    ],
)
def test_what_is_wrong_is_refused_as_when_it_is_saved(
    api: Clients, path: str, change: dict[str, Any], wrong: str
) -> None:
    assert pointers(api.admin.post(path, BODY | change)) == [wrong]


def test_previews_have_a_lane_of_their_own() -> None:
    lanes = Lanes()
    assert {lane_of(path, lanes) for path in (ROWS, MESSAGE)} == {lanes.previews}
    assert lane_of(SCHEDULES, lanes) is lanes.api


class TestMail:
    """`/api/mail`, for super admins."""

    def test_settings(self, api: Clients, services: Services) -> None:
        items = api.super_admin.get("/api/mail").json()["items"]
        assert {"SMTP_HOST", "SMTP_FROM"} <= {item["name"] for item in items}

    def test_a_test_arrives(self, api: Clients) -> None:
        with mail_server() as mails, registered(CHANNELS, WatchedEmail(mails)):
            answer = api.super_admin.post("/api/mail/test", {"address": "ann@example.com"})
            assert answer.json()["outcome"] == "accepted"
            (mail,) = mails.messages
            assert mail.rcpt_tos == ["ann@example.com"]
        problem(api.admin.post("/api/mail/test", {"address": "ann@example.com"}), 404)

    def test_what_is_wrong(self, api: Clients) -> None:
        refused = api.super_admin.post("/api/mail/test", {"address": "ann"})
        assert pointers(refused) == ["/address"]
        answer = api.super_admin.post("/api/mail/test", {"address": "ann@example.com"})
        assert (answer.status_code, answer.json()["outcome"]) == (200, "refused")
        assert "SMTP_HOST" in answer.json()["answer"]
