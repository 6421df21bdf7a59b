"""Destinations in the browser: the main way, from making one to seeing where the file went."""

import re
from pathlib import Path

from playwright.sync_api import expect

from tests.e2e.ui.axe import assert_accessible
from tests.e2e.ui.form import at_both_widths
from tests.e2e.ui.house import Company, House
from tests.e2e.ui.listed import assert_nothing_overflows, row, toast
from tests.e2e.ui.visitor import Visits


@at_both_widths
def test_a_folder_is_set_up_tested_chosen_and_gets_a_file(
    house: House, company: Company, visits: Visits, width: int
) -> None:
    made = house.schedule(company, "Weekly", recipients=["ann@example.com"])
    page = visits.open("/settings/destinations", who=company.admin, width=width)
    expect(page.get_by_text("There are no destinations yet.")).to_be_visible()
    page.get_by_role("button", name="New destination").click()
    name = page.get_by_label("Name", exact=True)
    expect(page.locator("#destination-channel")).to_be_focused()
    page.locator("#destination-channel").select_option("folder")
    expect(page.locator("#config-folder")).to_be_visible()
    page.locator("#config-name").fill("{tenant}-{nonsense}")
    expect(page.get_by_text("There is a mistake in it")).to_be_visible()
    name.fill("Share")
    page.get_by_role("button", name="Save").click()
    expect(page.locator("#config-name-error")).to_contain_text("Use one of these fields")
    expect(page.locator("#config-name")).to_be_focused()
    expect(name).to_have_value("Share")
    assert_accessible(page)
    assert_nothing_overflows(page)
    page.locator("#config-name").fill("{schedule}/{run}.{format}")
    expect(page.get_by_text("Example: weekly-report/")).to_be_visible()
    page.get_by_role("button", name="Save").click()
    expect(toast(page, "“Share” saved")).to_be_visible()
    page.get_by_role("button", name="Send test to Share").click()
    expect(page.get_by_text("It works.")).to_be_visible()
    assert_accessible(page)
    assert_nothing_overflows(page)
    page.goto("/scheduled-exports")
    expect(row(page, made)).to_be_visible()
    row(page, made).get_by_role("button", name="Weekly", exact=True).click()
    form = page.get_by_role("dialog", name="Edit scheduled export")
    form.get_by_role("button", name=re.compile("^Destinations")).click()
    page.get_by_role("option", name="Share").click()
    expect(page.get_by_role("option", name="Share")).to_have_attribute("aria-selected", "true")
    page.keyboard.press("Escape")
    expect(form.get_by_role("button", name="Remove Share")).to_be_visible()
    assert_accessible(page)
    form.get_by_role("button", name="Save", exact=True).click()
    expect(form).to_have_count(0)
    expect(row(page, made)).to_contain_text("Share")
    assert_nothing_overflows(page)
    row(page, made).get_by_role("button", name="Run Weekly now").click()
    question = page.get_by_role("alertdialog")
    expect(question).to_contain_text("1 email to ann@example.com; 1 file to “Share”")
    question.get_by_role("button", name="Run now").click()
    expect(row(page, made)).to_contain_text("Completed")
    page.goto(f"/scheduled-exports/{made['id']}")
    history = page.get_by_role("dialog")
    history.get_by_role("button", name=re.compile("Completed|Details")).first.click()
    deliveries = history.locator(".delivery")
    expect(deliveries).to_have_count(2)
    share = deliveries.filter(has_text="Share")
    expect(share).to_contain_text("Accepted")
    expect(share).to_contain_text("/weekly/")
    assert_accessible(page)
    assert_nothing_overflows(page)
    (file,) = Path(house.file).parents[1].glob(f"{company.tenant.slug}/weekly/*.*")
    assert file.stat().st_size > 0
