"""Searching and filtering the list."""

import re
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.e2e.ui.house import Company, House
from tests.e2e.ui.list.viewing import address_names, in_api
from tests.e2e.ui.listed import LISTED, names, rows
from tests.e2e.ui.visitor import Visits, wait_until_ready


class TestSearching:
    @pytest.mark.parametrize(
        ("text", "found"),
        [
            ("board@", ["Bravo weekly"]),
            pytest.param("ha", ["Charlie monthly", "Alpha daily"], marks=pytest.mark.long),
        ],
    )
    def test_finds_by_name_and_by_recipient(
        self,
        house: House,
        company: Company,
        visits: Visits,
        mixed: dict[str, Any],
        text: str,
        found: list[str],
    ) -> None:
        page = visits.open(who=company.admin)
        page.get_by_label("Search scheduled exports").press_sequentially(text)
        expect(names(page)).to_have_text(found)
        assert found == in_api(house, company, f"&q={text}")
        expect(page).to_have_url(re.compile(r"\?q="))
        address_names(page, {"q": text})

    @pytest.mark.long
    def test_asks_once_when_typing_pauses(
        self, company: Company, visits: Visits, mixed: dict[str, Any]
    ) -> None:
        page, sent = visits.open(who=company.admin, ready=False), list[str]()
        page.on(
            "websocket",
            lambda socket: socket.on("framesent", lambda frame: sent.append(str(frame))),
        )
        page.reload()
        wait_until_ready(page)
        page.get_by_label("Search scheduled exports").press_sequentially("charlie", delay=5)
        expect(names(page)).to_have_text(["Charlie monthly"])
        asked = [one for one in sent if ".search" in one]
        assert len(asked) < len("charlie")
        assert "charlie" in asked[-1]

    def test_for_what_is_not_there_says_so_and_can_be_cleared(
        self, company: Company, visits: Visits, mixed: dict[str, Any]
    ) -> None:
        page = visits.open(f"{LISTED}?format=xml&q=zulu", who=company.admin)
        expect(page.get_by_role("heading", name="No results")).to_be_visible()
        page.get_by_role("button", name="Clear search and filters").click()
        expect(rows(page)).to_have_count(4)
        expect(page.get_by_label("Search scheduled exports")).to_have_value("")
        expect(page).to_have_url(re.compile(f"{LISTED}$"))


class TestFiltering:
    @pytest.mark.parametrize(
        ("label", "choice", "view", "query", "found"),
        [
            ("Last run", "Failed", {"status": "failed"}, "lastStatus=failed", ["Charlie monthly"]),
            *(
                pytest.param(*values, marks=pytest.mark.long)
                for values in (
                    ("Status", "Paused", {"active": "no"}, "isActive=false", ["Delta paused"]),
                    (
                        "Type",
                        "Totals over time",
                        {"type": "aggregate"},
                        "exportType=aggregate",
                        ["Alpha daily"],
                    ),
                    ("Format", "Excel", {"format": "excel"}, "format=excel", ["Bravo weekly"]),
                )
            ),
        ],
    )
    def test_shows_only_what_was_chosen(
        self,
        house: House,
        company: Company,
        visits: Visits,
        mixed: dict[str, Any],
        label: str,
        choice: str,
        view: dict[str, str],
        query: str,
        found: list[str],
    ) -> None:
        page = visits.open(who=company.admin)
        chosen = page.get_by_role("combobox", name=label)
        chosen.select_option(label=choice)
        expect(names(page)).to_have_text(found)
        assert found == in_api(house, company, f"&{query}")
        address_names(page, view)
        page.reload()
        expect(names(page)).to_have_text(found)
        expect(chosen.locator("option:checked")).to_have_text(choice)
        page.get_by_role("button", name="Clear", exact=True).click()
        expect(rows(page)).to_have_count(4)
