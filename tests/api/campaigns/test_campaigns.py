"""Campaigns over HTTP."""

from typing import Any

import pytest

from exports_app.services.core.records import Campaign
from exports_app.wiring import Services
from tests.api.client import ABSENT, BAD_LISTS, CAMPAIGN_KEYS, CAMPAIGNS, MARKER, pointers, problem
from tests.api.conftest import Clients
from tests.world import Cast

NEW = {"name": "New", "currency": "EUR"}
ODD_NAMES = [
    " leading and trailing ",
    "tab\tline\nreturn\r\nend",
    "\N{RIGHT-TO-LEFT OVERRIDE}שלום\u200f",
    "👩‍👩‍👧‍👦 é e\u0301",
    "=cmd|'/c calc'!A1",
    "<b>&amp;\"'",
    "\ufeff\u2028\u2029\x85",
    "'; DROP TABLE campaigns; --",
    "x" * 200,
    "👍" * 200,
    " ",
]


class TestCreate:
    def test_answers_the_whole_of_it_and_where_it_is(self, api: Clients, cast: Cast) -> None:
        sent = {
            "name": "Spring",
            "channel": "search",
            "status": "paused",
            "currency": "JPY",
            "budget": 1234.56,
            "startDate": "2026-01-01",
            "endDate": "2026-01-01",
        }
        answer = api.admin.post(CAMPAIGNS, sent)
        assert answer.status_code == 201
        made = answer.json()
        assert set(made) == CAMPAIGN_KEYS
        assert made == sent | {"id": made["id"], "tenantId": cast.acme.id}
        assert answer.headers["location"] == f"{CAMPAIGNS}/{made['id']}"
        assert api.viewer.get(answer.headers["location"]).json() == made

    def test_needs_little(self, api: Clients, cast: Cast) -> None:
        made = api.outsider.post(CAMPAIGNS, NEW).json()
        assert made == NEW | {
            "id": made["id"],
            "tenantId": cast.globex.id,
            "channel": "other",
            "status": "active",
            "budget": None,
            "startDate": None,
            "endDate": None,
        }

    @pytest.mark.parametrize("name", ODD_NAMES, ids=ascii)
    def test_keeps_a_name_exactly(self, api: Clients, name: str) -> None:
        made = api.admin.post(CAMPAIGNS, NEW | {"name": name}).json()
        assert made["name"] == name
        assert api.viewer.get(f"{CAMPAIGNS}/{made['id']}").json()["name"] == name
        assert api.viewer.get(CAMPAIGNS, params={"q": name}).json()["total"] == 1

    @pytest.mark.parametrize(
        ("budget", "kept"),
        [
            (0, 0),
            (0.1, 0.1),
            (0.29, 0.29),
            (1.1, 1.1),
            ("19.99", 19.99),
            (1e3, 1000),
            (100_000_000_000, 1e11),
            (4.35, 4.35),
        ],
    )
    def test_keeps_money_to_the_cent(
        self, api: Clients, services: Services, budget: Any, kept: float
    ) -> None:
        made = api.admin.post(CAMPAIGNS, NEW | {"budget": budget}).json()
        assert made["budget"] == kept
        with services.store.read() as tx:
            stored = tx.campaigns.get(made["id"])
        assert stored is not None
        assert stored.budget == round(kept * 100)


BAD: dict[str, tuple[dict[str, Any], list[str]]] = {
    "an empty name": ({"name": ""}, ["/name"]),
    "a name too long": ({"name": "x" * 201}, ["/name"]),
    "a name with a NUL": ({"name": f"{MARKER}\0"}, ["/name"]),
    "a name with a control": ({"name": f"{MARKER}\x1b"}, ["/name"]),
    "a name that is no character": ({"name": f"{MARKER}\uffff"}, ["/name"]),
    "a name of another type": ({"name": [MARKER]}, ["/name"]),
    "a name null": ({"name": None}, ["/name"]),
    "a blank channel": ({"channel": " "}, ["/channel"]),
    "a channel too long": ({"channel": "x" * 101}, ["/channel"]),
    "a channel with a control": ({"channel": f"{MARKER}\x07"}, ["/channel"]),
    "a status too long": ({"status": "x" * 51}, ["/status"]),
    "a currency in small letters": ({"currency": "eur"}, ["/currency"]),
    "a currency that there is none of": ({"currency": "EUX"}, ["/currency"]),
    "a currency too long": ({"currency": MARKER}, ["/currency"]),
    "a currency empty": ({"currency": ""}, ["/currency"]),
    "a currency null": ({"currency": None}, ["/currency"]),
    "a budget with three decimals": ({"budget": 1.234}, ["/budget"]),
    "a negative budget": ({"budget": -0.01}, ["/budget"]),
    "a budget too large": ({"budget": 100_000_000_000.01}, ["/budget"]),
    "a budget far too large": ({"budget": 10**40}, ["/budget"]),
    "a budget that is no number": ({"budget": MARKER}, ["/budget"]),
    "a budget NaN": ({"budget": "NaN"}, ["/budget"]),
    "a budget without end": ({"budget": "Infinity"}, ["/budget"]),
    "a budget of another type": ({"budget": True}, ["/budget"]),
    "an end before its start": ({"startDate": "2026-02-01", "endDate": "2026-01-31"}, ["/endDate"]),
    "an invalid date": ({"startDate": MARKER}, ["/startDate"]),
    "an unknown field": ({"owner": MARKER}, ["/owner"]),
    "a read-only field": ({"id": ABSENT}, ["/id"]),
    "several at once": ({"name": "", "currency": MARKER}, ["/name", "/currency"]),
}


class TestABadCampaign:
    @pytest.mark.parametrize("what", [*BAD, "tenant"])
    def test_is_not_made(self, api: Clients, logs: list[Any], what: str) -> None:
        changes, wrong = BAD.get(what, ({"tenantId": MARKER}, ["/tenantId"]))
        answer = api.admin.post(CAMPAIGNS, NEW | changes)
        assert pointers(answer) == wrong
        assert MARKER not in answer.text + repr(logs)
        assert api.super_admin.get(CAMPAIGNS).json()["total"] == 0

    @pytest.mark.parametrize("what", [*BAD, "tenant"])
    def test_does_not_change_one(
        self, api: Clients, campaign: dict[str, Any], logs: list[Any], what: str
    ) -> None:
        changes, wrong = BAD.get(what, ({"tenantId": MARKER}, ["/tenantId"]))
        answer = api.admin.put(f"{CAMPAIGNS}/{campaign['id']}", {"status": "ended"} | changes)
        assert pointers(answer) == wrong
        assert MARKER not in answer.text + repr(logs)
        assert api.admin.get(f"{CAMPAIGNS}/{campaign['id']}").json() == campaign

    def test_needs_a_name_and_a_currency(self, api: Clients) -> None:
        assert pointers(api.admin.post(CAMPAIGNS, {})) == ["/name", "/currency"]

    @pytest.mark.parametrize("escape", [rb"\ud800", rb"\udc00\ud800", rb"a\udfff"])
    def test_half_a_character_is_refused(self, api: Clients, escape: bytes) -> None:
        answer = api.admin.request(
            "POST", CAMPAIGNS, content=b'{"name": "' + escape + b'", "currency": "EUR"}'
        )
        assert problem(answer, 422)["errors"]

    def test_a_super_admin_says_for_which_tenant(self, api: Clients, cast: Cast) -> None:
        assert pointers(api.super_admin.post(CAMPAIGNS, NEW)) == ["/tenantId"]
        problem(api.super_admin.post(CAMPAIGNS, NEW | {"tenantId": ABSENT}), 404)
        assert (
            api.super_admin.post(CAMPAIGNS, NEW | {"tenantId": cast.globex.id}).json()["tenantId"]
            == cast.globex.id
        )


@pytest.mark.usefixtures("campaigns")
class TestList:
    def names(self, api: Clients, **params: Any) -> list[str]:
        answer = api.viewer.get(CAMPAIGNS, params=params).json()
        assert set(answer) == {"items", "total", "page", "size", "nextCursor"}
        return [item["name"] for item in answer["items"]]

    def test_sorts_both_ways_with_what_is_absent_last(self, api: Clients) -> None:
        assert self.names(api) == ["Quiet", "Spring", "autumn", "Überall"]  # by code point
        assert self.names(api, sort="-name") == ["Überall", "autumn", "Spring", "Quiet"]
        assert self.names(api, sort="budget")[:2] == ["Spring", "Überall"]
        assert self.names(api, sort="-budget")[:2] == ["Überall", "Spring"]
        assert self.names(api, sort="-startDate")[:2] == ["Spring", "autumn"]
        assert self.names(api, sort="endDate")[0] == "Spring"
        for key in ("channel", "status", "currency"):
            assert len(self.names(api, sort=key)) == 4

    def test_pages_and_filters(self, api: Clients) -> None:
        assert self.names(api, page=2, size=3) == ["Überall"]
        assert self.names(api, currency="USD") == ["Überall"]
        assert self.names(api, channel="social", status="paused") == ["autumn"]
        assert self.names(api, q="ÜBER") == ["Überall"]
        assert self.names(api, q="%") == []
        assert self.names(api, channel="none") == []

    @pytest.mark.parametrize(
        ("params", "wrong"),
        [*BAD_LISTS, ({"channel": "\0"}, "/channel"), ({"currency": "EURO"}, "/currency")],
    )
    def test_refuses_what_it_cannot_filter_by(
        self, api: Clients, params: dict[str, str], wrong: str
    ) -> None:
        answer = api.viewer.get(CAMPAIGNS, params=params)
        assert pointers(answer) == [wrong]
        assert "marker" not in answer.text


class TestUpdateAndDelete:
    def test_what_is_left_out_keeps_its_value_and_null_clears(
        self, api: Clients, campaigns: dict[str, Campaign]
    ) -> None:
        one = f"{CAMPAIGNS}/{campaigns['Spring'].id}"
        before = api.admin.get(one).json()
        changed = api.admin.put(one, {"budget": None, "endDate": None, "status": "ended"}).json()
        assert changed == before | {"budget": None, "endDate": None, "status": "ended"}
        assert api.admin.put(one, {}).json() == changed == api.admin.get(one).json()
        assert pointers(api.admin.put(one, {"endDate": "2025-01-01"})) == ["/endDate"]

    def test_a_deleted_one_is_gone_with_its_metrics(
        self, api: Clients, services: Services, campaigns: dict[str, Campaign]
    ) -> None:
        one = f"{CAMPAIGNS}/{campaigns['Spring'].id}"
        answer = api.admin.delete(one)
        assert (answer.status_code, answer.content) == (204, b"")
        for method in ("GET", "PUT", "DELETE"):
            problem(api.admin.request(method, one, json={}), 404)
        with services.database.read() as connection:
            rows = connection.exec_driver_sql(
                "SELECT COUNT(*) FROM campaign_metrics WHERE campaign_id = ?",
                (campaigns["Spring"].id,),
            )
            assert rows.scalar_one() == 0
