"""Bad scheduled exports: refused with a pointer and a sentence, never repeated, and nothing is
written."""

from typing import Any

import pytest

from tests.api.client import ABSENT, CAMPAIGNS, MARKER, SCHEDULES, pointers, problem, schedule_body
from tests.api.conftest import Clients
from tests.world import uuid_of

NUMBERED = [f"user{i}@example.com" for i in range(51)]
BAD: dict[str, tuple[dict[str, Any], list[str]]] = {
    "name of another type": ({"name": 7}, ["/name"]),
    "name null": ({"name": None}, ["/name"]),
    "name empty": ({"name": ""}, ["/name"]),
    "name blank": ({"name": " \u2003 "}, ["/name"]),
    "name too long": ({"name": "x" * 201}, ["/name"]),
    "name with a line break": ({"name": f"a\n{MARKER}"}, ["/name"]),
    "name with a NUL": ({"name": f"a\0{MARKER}"}, ["/name"]),
    "name with a control of Latin-1": ({"name": f"a\x85{MARKER}"}, ["/name"]),
    "description too long": ({"description": MARKER + "x" * 2000}, ["/description"]),
    "description with controls": ({"description": f"\x1b[31m{MARKER}"}, ["/description"]),
    "description of another type": ({"description": [MARKER]}, ["/description"]),
    "unknown export type": ({"exportType": MARKER}, ["/exportType"]),
    "unknown format": ({"format": MARKER}, ["/format"]),
    "format in another case": ({"format": "CSV"}, ["/format"]),
    "unknown emptyMeans": ({"emptyMeans": MARKER}, ["/emptyMeans"]),
    "unknown whenEmpty": ({"whenEmpty": MARKER}, ["/whenEmpty"]),
    "unknown delivery": ({"delivery": MARKER}, ["/delivery"]),
    "delivery null": ({"delivery": None}, ["/delivery"]),
    "linkDays of none": ({"linkDays": 0}, ["/linkDays"]),
    "linkDays of more than a year": ({"linkDays": 366}, ["/linkDays"]),
    "linkDays as text": ({"linkDays": "7"}, ["/linkDays"]),
    "unknown overlap": ({"overlap": MARKER}, ["/overlap"]),
    "unknown catchUp": ({"catchUp": MARKER}, ["/catchUp"]),
    "unknown onUnknown": ({"onUnknown": MARKER}, ["/onUnknown"]),
    "catchUpHours of none": ({"catchUpHours": 0}, ["/catchUpHours"]),
    "jitterSeconds over an hour": ({"jitterSeconds": 3601}, ["/jitterSeconds"]),
    "pauseAfter below none": ({"pauseAfter": -1}, ["/pauseAfter"]),
    "no retryAttempts": ({"retryAttempts": 0}, ["/retryAttempts"]),
    "retryBaseSeconds over four hours": ({"retryBaseSeconds": 14_401}, ["/retryBaseSeconds"]),
    "overlap of nothing": ({"overlap": None}, ["/overlap"]),
    "timeLimit too short": ({"timeLimit": 9}, ["/timeLimit"]),
    "timeLimit over a day": ({"timeLimit": 86_401}, ["/timeLimit"]),
    "timeLimit as part of a second": ({"timeLimit": 10.5}, ["/timeLimit"]),
    "isActive as text": ({"isActive": "true"}, ["/isActive"]),
    "isActive as a number": ({"isActive": 1}, ["/isActive"]),
    "isActive null": ({"isActive": None}, ["/isActive"]),
    "invalid cron": ({"schedule": f"{MARKER} 9 * * 1"}, ["/schedule"]),
    "cron of six fields": ({"schedule": "0 0 9 * * 1"}, ["/schedule"]),
    "cron that never fires": ({"schedule": "0 0 31 2 *"}, ["/schedule"]),
    "cron too long": ({"schedule": "1," * 200 + "1 * * * *"}, ["/schedule"]),
    "cron with absurd numbers": ({"schedule": "9" * 190 + " * * * *"}, ["/schedule"]),
    "cron with other digits": ({"schedule": "٣ * * * *"}, ["/schedule"]),
    "invalid zone": ({"timezone": MARKER}, ["/timezone"]),
    "zone of another case": ({"timezone": "europe/berlin"}, ["/timezone"]),
    "zone that is a path": ({"timezone": "../../etc/passwd"}, ["/timezone"]),
    "zone and cron": ({"timezone": "x", "schedule": "x"}, ["/timezone", "/schedule"]),
    "no recipients": ({"recipients": []}, ["/recipients"]),
    "recipients as text": ({"recipients": MARKER}, ["/recipients"]),
    "a recipient of another type": ({"recipients": ["ann@example.com", 5]}, ["/recipients/1"]),
    "an invalid recipient": ({"recipients": ["ann@example.com", MARKER]}, ["/recipients/1"]),
    "a recipient with a header": (
        {"recipients": [f"ann@example.com\r\nBcc: {MARKER}@example.com"]},
        ["/recipients/0"],
    ),
    "a recipient with a name": ({"recipients": [f"{MARKER} <ann@example.com>"]}, ["/recipients/0"]),
    "two recipients in one": (
        {"recipients": ["ann@example.com,bob@example.com"]},
        ["/recipients/0"],
    ),
    "an empty recipient": ({"recipients": [""]}, ["/recipients/0"]),
    "too many recipients": ({"recipients": NUMBERED}, ["/recipients"]),
    "absurdly many recipients": ({"recipients": [MARKER] * 40_000}, ["/recipients"]),
    "replies to no address": ({"replyTo": MARKER}, ["/replyTo"]),
    "replies to two addresses": ({"replyTo": "ann@example.com, bob@example.com"}, ["/replyTo"]),
    "replies to a header": ({"replyTo": f"a@example.com\r\nBcc: {MARKER}@x.example"}, ["/replyTo"]),
    "replies to a long address": ({"replyTo": f"{'a' * 400}@example.com"}, ["/replyTo"]),
    "filters of another type": ({"filters": [MARKER]}, ["/filters"]),
    "filters null": ({"filters": None}, ["/filters"]),
    "an unknown filter": ({"filters": {"channel": MARKER}}, ["/filters/channel"]),
    "a filter in snake_case": ({"filters": {"start_date": "2026-01-01"}}, ["/filters/start_date"]),
    "endDate before startDate": (
        {"filters": {"startDate": "2026-02-01", "endDate": "2026-01-31"}},
        ["/filters/endDate"],
    ),
    "a period with dates": (
        {"filters": {"period": "yesterday", "startDate": "2026-02-01"}},
        ["/filters/period"],
    ),
    "an unknown period": ({"filters": {"period": MARKER}}, ["/filters/period"]),
    "an invalid date": ({"filters": {"startDate": "2026-02-30"}}, ["/filters/startDate"]),
    "a date with a time": ({"filters": {"endDate": "2026-02-01T10:00:00Z"}}, ["/filters/endDate"]),
    "a date as a number": ({"filters": {"endDate": 20260201}}, ["/filters/endDate"]),
    "a date of another notation": ({"filters": {"endDate": f"{MARKER}"}}, ["/filters/endDate"]),
    "groupBy on another type": ({"filters": {"groupBy": "day"}}, ["/filters/groupBy"]),
    "an unknown groupBy": (
        {"exportType": "aggregate", "filters": {"groupBy": MARKER}},
        ["/filters/groupBy"],
    ),
    "no campaign for type campaign": ({"exportType": "campaign"}, ["/filters/campaignIds"]),
    "a campaign id that is no UUID": (
        {"filters": {"campaignIds": [ABSENT, MARKER]}},
        ["/filters/campaignIds/1"],
    ),
    "an absent campaign": ({"filters": {"campaignIds": [ABSENT]}}, ["/filters/campaignIds/0"]),
    "another tenant's campaign": (
        {"filters": {"campaignIds": [uuid_of(0xC1), uuid_of(0xC5)]}},
        ["/filters/campaignIds/1"],
    ),
    "too many campaigns": (
        {"filters": {"campaignIds": [uuid_of(i) for i in range(1001)]}},
        ["/filters/campaignIds"],
    ),
    "an unknown field": ({"retries": MARKER}, ["/retries"]),
    "a field that needs escaping": ({"a/b~c": MARKER}, ["/a~1b~0c"]),
    "several at once": (
        {"name": "", "format": MARKER, "recipients": []},
        ["/name", "/format", "/recipients"],
    ),
}
ON_CREATE = {
    "a read-only field": ({"nextRunAt": "2026-01-01T00:00:00Z"}, ["/nextRunAt"]),
    "a tenant id that is no UUID": ({"tenantId": MARKER}, ["/tenantId"]),
    "a version": ({"version": 1}, ["/version"]),
}
ON_UPDATE = {
    "a version as text": ({"version": "1"}, ["/version"]),
    "a version with decimals": ({"version": 1.5}, ["/version"]),
    "another tenant": ({"tenantId": uuid_of(0xB)}, ["/tenantId"]),
}
NO_OBJECT = [
    b"",
    b"null",
    b"[]",
    b"7",
    b'"text"',
    b"{",
    b"{not json}",
    b'{"name": "a",}',
    b"\xff\xfe{}",
    b'{"name": "\\ud800"}',
    b"[" * 5000,
]


def refused(answer: Any, wrong: list[str], logs: list[Any]) -> None:
    assert sorted(pointers(answer)) == sorted(wrong)
    assert MARKER not in answer.text
    assert MARKER not in repr(logs)


@pytest.mark.usefixtures("campaigns")
class TestABadScheduledExport:
    @pytest.mark.parametrize("what", [*BAD, *ON_CREATE])
    def test_is_not_made(self, api: Clients, logs: list[Any], what: str) -> None:
        changes, wrong = (BAD | ON_CREATE)[what]
        refused(api.admin.post(SCHEDULES, schedule_body(**changes)), wrong, logs)
        assert api.super_admin.get(SCHEDULES).json()["total"] == 0

    @pytest.mark.parametrize("what", [*BAD, *ON_UPDATE])
    def test_does_not_change_one(
        self, api: Clients, schedule: dict[str, Any], logs: list[Any], what: str
    ) -> None:
        changes, wrong = (BAD | ON_UPDATE)[what]
        one = f"{SCHEDULES}/{schedule['id']}"
        refused(api.admin.put(one, {"description": "new"} | changes), wrong, logs)
        assert api.admin.get(one).json() == schedule

    def test_needs_its_required_fields(self, api: Clients) -> None:
        assert sorted(pointers(api.admin.post(SCHEDULES, {}))) == [
            "/exportType",
            "/format",
            "/name",
            "/schedule",
        ]
        body = {name: value for name, value in schedule_body().items() if name != "recipients"}
        assert pointers(api.admin.post(SCHEDULES, body)) == ["/recipients"]

    @pytest.mark.parametrize("content", NO_OBJECT)
    def test_a_body_that_is_no_json_object_is_refused(
        self, api: Clients, schedule: dict[str, Any], campaign: dict[str, Any], content: bytes
    ) -> None:
        for method, path in [
            ("POST", SCHEDULES),
            ("PUT", f"{SCHEDULES}/{schedule['id']}"),
            ("POST", f"{SCHEDULES}/validate-cron"),
            ("POST", CAMPAIGNS),
            ("PUT", f"{CAMPAIGNS}/{campaign['id']}"),
            ("POST", f"{CAMPAIGNS}/{campaign['id']}/metrics"),
        ]:
            assert pointers(api.admin.request(method, path, content=content)) == [""]

    def test_another_tenants_campaign_reads_like_an_absent_one(self, api: Clients) -> None:
        answers = [
            api.admin.post(SCHEDULES, schedule_body(filters={"campaignIds": [one]}))
            for one in (ABSENT, uuid_of(0xC5))
        ]
        assert problem(answers[0], 422) == problem(answers[1], 422)
