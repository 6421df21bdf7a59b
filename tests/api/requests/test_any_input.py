"""Whatever is sent to the API: answered or refused, never an error of the server."""

from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.api.client import CAMPAIGNS, SCHEDULES, Api, problem, schedule_body
from tests.api.conftest import Clients

TEXT = st.text(max_size=30)
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=8,
)
DAY = st.dates().map(str) | JSON
FILTERS = st.fixed_dictionaries(
    {},
    optional={
        "startDate": DAY,
        "endDate": DAY,
        "period": st.sampled_from(["yesterday", "all"]) | JSON,
        "campaignIds": JSON,
        "groupBy": JSON,
    },
)
SCHEDULE = st.fixed_dictionaries(
    {name: st.just(value) | JSON for name, value in schedule_body().items()},
    optional={
        "description": JSON,
        "filters": FILTERS | JSON,
        "whenEmpty": JSON,
        "emptyMeans": JSON,
        "delivery": JSON,
        "linkDays": JSON,
        "timeLimit": JSON,
        "overlap": JSON,
        "catchUp": JSON,
        "catchUpHours": JSON,
        "jitterSeconds": JSON,
        "pauseAfter": JSON,
        "onUnknown": JSON,
        "retryAttempts": JSON,
        "retryBaseSeconds": JSON,
        "isActive": JSON,
        "tenantId": JSON,
        "version": JSON,
    },
)
CRON = st.fixed_dictionaries(
    {
        "expression": st.text("0123456789*/,-LW#?@ aMONJ", max_size=20)
        | st.sampled_from(["* * * * *", "0 0 29 2 *", "30 2 * * *"])
        | JSON
    },
    optional={
        "timezone": st.sampled_from(["UTC", "Europe/Berlin", "Pacific/Apia"]) | JSON,
        "after": st.datetimes(timezones=st.timezones()).map(lambda d: d.isoformat()) | JSON,
        "count": st.integers(-1, 60) | JSON,
    },
)
NUMBER = (
    st.integers()
    | st.decimals(allow_nan=False, allow_infinity=False).map(str)
    | st.floats(allow_nan=False, allow_infinity=False)
    | JSON
)
CAMPAIGN = st.fixed_dictionaries(
    {"name": TEXT | JSON, "currency": st.sampled_from(["EUR", "JPY"]) | TEXT | JSON},
    optional={
        "channel": TEXT | JSON,
        "status": TEXT | JSON,
        "budget": NUMBER,
        "startDate": DAY,
        "endDate": DAY,
        "tenantId": JSON,
    },
)
METRIC = st.fixed_dictionaries(
    {"date": DAY},
    optional=dict.fromkeys(("impressions", "clicks", "conversions", "spend", "revenue"), NUMBER),
)
METRICS = st.fixed_dictionaries({"items": st.lists(METRIC | JSON, max_size=4) | JSON})
LOGIN = st.fixed_dictionaries({"email": TEXT | JSON, "password": JSON})
KNOWN = {200, 201, 401, 404, 409, 413, 422}


class TestWhateverIsSent:
    """No body makes the server fail."""

    @given(st.data())
    @settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
    def test_it_is_answered_or_refused_by_field(
        self, api: Clients, schedule: Any, campaign: Any, fast_bcrypt: None, data: Any
    ) -> None:
        one, other = f"{SCHEDULES}/{schedule['id']}", f"{CAMPAIGNS}/{campaign['id']}"
        for method, path, shape in [
            ("POST", SCHEDULES, SCHEDULE),
            ("PUT", one, SCHEDULE),
            ("POST", f"{SCHEDULES}/validate-cron", CRON),
            ("POST", CAMPAIGNS, CAMPAIGN),
            ("PUT", other, CAMPAIGN),
            ("POST", f"{other}/metrics", METRICS),
            ("POST", "/api/auth/login", LOGIN),
        ]:
            body = data.draw(
                shape | JSON if data.draw(st.integers(0, 9)) == 0 else shape,
                label=f"{method} {path}",
            )
            answer = api.admin.request(method, path, json=body)
            assert answer.status_code in KNOWN, answer.text
            if answer.status_code >= 400:
                problem(answer, answer.status_code)

    @given(st.binary(max_size=60))
    @settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
    def test_bytes_that_are_no_json_are_refused(self, admin_api: Api, content: bytes) -> None:
        problem(admin_api.request("POST", SCHEDULES, content=b"\x01" + content), 422)
