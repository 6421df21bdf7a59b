"""Characters that turn the direction of text: refused in names that people trust, kept in
campaigns' data."""

from typing import Any

import pytest

from exports_app.services.core.field_rules import wrong_name
from tests.api.client import CAMPAIGNS, SCHEDULES, pointers, problem, schedule_body
from tests.api.conftest import Clients
from tests.world import Cast

TURNS = [*map(chr, range(0x202A, 0x202F)), *map(chr, range(0x2066, 0x206A))]
MARKS = [
    "\N{LEFT-TO-RIGHT MARK}",
    "\N{RIGHT-TO-LEFT MARK}",
    "\N{ARABIC LETTER MARK}",
    "\N{ZERO WIDTH NON-JOINER}",
]


@pytest.mark.parametrize("turn", TURNS, ids=lambda c: f"U+{ord(c):04X}")
class TestATurn:
    def test_is_refused_in_the_name_of_a_scheduled_export(
        self, api: Clients, schedule: dict[str, Any], turn: str
    ) -> None:
        name = f"Weekly {turn}fdp.exe"
        refused = api.admin.post(SCHEDULES, schedule_body(name=name))
        assert problem(refused, 422)["errors"][0]["detail"].startswith(
            "remove the characters that turn the direction"
        )
        assert pointers(api.admin.put(f"{SCHEDULES}/{schedule['id']}", {"name": name})) == ["/name"]

    def test_is_refused_in_the_name_of_a_tenant(self, api: Clients, cast: Cast, turn: str) -> None:
        assert pointers(api.admin.put(f"/api/tenants/{cast.acme.id}", {"name": f"Ac{turn}me"})) == [
            "/name"
        ]

    def test_is_kept_in_a_campaign_and_in_a_description(self, api: Clients, turn: str) -> None:
        made = api.admin.post(
            CAMPAIGNS, {"name": f"a{turn}b", "channel": f"c{turn}", "currency": "EUR"}
        )
        assert made.json()["name"] == f"a{turn}b"
        described = api.admin.post(SCHEDULES, schedule_body(description=f"a{turn}b"))
        assert described.json()["description"] == f"a{turn}b"


@pytest.mark.parametrize("mark", MARKS, ids=lambda c: f"U+{ord(c):04X}")
def test_marks_that_real_names_need_are_taken(api: Clients, cast: Cast, mark: str) -> None:
    name = f"شرکت{mark} نمونه"
    assert api.admin.post(SCHEDULES, schedule_body(name=name)).json()["name"] == name
    assert api.admin.put(f"/api/tenants/{cast.acme.id}", {"name": name}).json()["name"] == name


@pytest.mark.parametrize(
    "blank", ["\u3164", "\u2800", "\u00ad\u200b", "\u200e", "\ufeff"], ids=ascii
)
def test_a_name_that_nobody_sees_is_refused(api: Clients, cast: Cast, blank: str) -> None:
    assert pointers(api.admin.put(f"/api/tenants/{cast.acme.id}", {"name": blank})) == ["/name"]
    assert pointers(api.admin.post(SCHEDULES, schedule_body(name=blank))) == ["/name"]


@pytest.mark.parametrize(
    "name",
    [
        "Your account is locked https://evil.example",
        "See www.evil.example",
        "evil.com/login",
        "bit.ly/abc",
        "Your account is locked, open evil.com/login",
        "evil.com:8080",
        "evil.com?a=b",
        "evil.co.uk./x",
        "mailto:x@evil.com",
        "Write to help@evil.com",
        "tel:123",
        "\uff57\uff57\uff57.evil.com",
        "HTTPS\uff1a//evil.com",
        "https:\u2044\u2044evil.com",
        "https:/\u200c/evil.com",
        "ht\u00adtps:evil.com",
        "evil\u3002com\u2215login",
    ],
    ids=ascii,
)
def test_names_in_emails_to_others_hold_no_address(api: Clients, cast: Cast, name: str) -> None:
    assert pointers(api.admin.put(f"/api/tenants/{cast.acme.id}", {"name": name})) == ["/name"]
    assert wrong_name(name)  # of people too


@pytest.mark.parametrize(
    "name",
    [
        "Booking.com 😀",
        "Monday.com B.V.",
        "St. John",
        "St.John",
        "Dr.No",
        "A.B. Smith",
        "Acme Inc.",
        "node.js",
        "Acme Inc./Ltd.",
        "A/B Testing",
        "Sales: North",
        "Team @ Acme",
        "Data: Europe",
        "株式会社。東京",
        "Zażółć S.A.",
    ],
    ids=ascii,
)
def test_real_names_are_taken(api: Clients, cast: Cast, name: str) -> None:
    assert api.admin.put(f"/api/tenants/{cast.acme.id}", {"name": name}).json()["name"] == name
