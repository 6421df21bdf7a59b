"""Characters that turn the direction of text: refused in names that people trust, kept in campaigns' data."""

from typing import Any

import pytest

from tests.api.client import CAMPAIGNS, SCHEDULES, pointers, problem, schedule_body
from tests.api.conftest import Clients
from tests.world import Cast

TURNS = [*map(chr, range(0x202A, 0x202F)), *map(chr, range(0x2066, 0x206A))]
MARKS = ["\N{LEFT-TO-RIGHT MARK}", "\N{RIGHT-TO-LEFT MARK}", "\N{ARABIC LETTER MARK}", "\N{ZERO WIDTH NON-JOINER}"]


@pytest.mark.parametrize("turn", TURNS, ids=lambda c: f"U+{ord(c):04X}")
class TestATurn:
    def test_is_refused_in_the_name_of_a_scheduled_export(self, api: Clients, schedule: dict[str, Any], turn: str) -> None:
        name = f"Weekly {turn}fdp.exe"
        refused = api.admin.post(SCHEDULES, schedule_body(name=name))
        assert problem(refused, 422)["errors"][0]["detail"].startswith("remove the characters that turn the direction")
        assert pointers(api.admin.put(f"{SCHEDULES}/{schedule['id']}", {"name": name})) == ["/name"]

    def test_is_refused_in_the_name_of_a_tenant(self, api: Clients, cast: Cast, turn: str) -> None:
        assert pointers(api.admin.put(f"/api/tenants/{cast.acme.id}", {"name": f"Ac{turn}me"})) == ["/name"]

    def test_is_kept_in_a_campaign_and_in_a_description(self, api: Clients, turn: str) -> None:
        made = api.admin.post(CAMPAIGNS, {"name": f"a{turn}b", "channel": f"c{turn}", "currency": "EUR"})
        assert made.json()["name"] == f"a{turn}b"
        described = api.admin.post(SCHEDULES, schedule_body(description=f"a{turn}b"))
        assert described.json()["description"] == f"a{turn}b"


@pytest.mark.parametrize("mark", MARKS, ids=lambda c: f"U+{ord(c):04X}")
def test_marks_that_real_names_need_are_taken(api: Clients, cast: Cast, mark: str) -> None:
    name = f"شرکت{mark} نمونه"
    assert api.admin.post(SCHEDULES, schedule_body(name=name)).json()["name"] == name
    assert api.admin.put(f"/api/tenants/{cast.acme.id}", {"name": name}).json()["name"] == name


@pytest.mark.parametrize("blank", ["\u3164", "\u2800", "\u00ad\u200b", "\u200e", "\ufeff"], ids=ascii)
def test_a_name_that_nobody_sees_is_refused(api: Clients, cast: Cast, blank: str) -> None:
    assert pointers(api.admin.put(f"/api/tenants/{cast.acme.id}", {"name": blank})) == ["/name"]
    assert pointers(api.admin.post(SCHEDULES, schedule_body(name=blank))) == ["/name"]


def test_a_tenants_name_holds_no_link_for_the_emails_that_name_it(api: Clients, cast: Cast) -> None:
    for name in ("Your account is locked https://evil.example", "See www.evil.example"):
        assert pointers(api.admin.put(f"/api/tenants/{cast.acme.id}", {"name": name})) == ["/name"]
    assert api.admin.put(f"/api/tenants/{cast.acme.id}", {"name": "Booking.com 😀"}).status_code == 200
