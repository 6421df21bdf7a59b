"""Where replies go, in the form."""

from playwright.sync_api import expect

from tests.e2e.ui.axe import serious
from tests.e2e.ui.form import Form, at_both_widths
from tests.e2e.ui.house import Company, House
from tests.e2e.ui.listed import assert_nothing_overflows
from tests.e2e.ui.visitor import Visits


@at_both_widths
def test_replies_may_go_to_an_address_of_the_schedule(
    house: House, company: Company, visits: Visits, width: int
) -> None:
    made = house.schedule(company, "Answered")
    assert made["replyTo"] is None
    page = visits.open(who=company.admin, width=width)
    form = Form.edit(page, "Answered")
    form.unfold("delivery")
    form.field("reply_to").fill("nobody")
    form.field("save").click()
    expect(form.error("reply_to")).to_contain_text("Is not a valid email address")
    expect(form.field("reply_to")).to_be_focused()
    assert_nothing_overflows(page)
    assert serious(page) == []
    form.field("reply_to").fill("desk@gmial.com")
    form.field("reply_to").blur()
    expect(page.get_by_text("Did you mean desk@gmail.com?")).to_be_visible()
    assert serious(page) == []
    form.field("reply_to").fill(" Desk@BÜCHER.example ")
    form.save()
    stored = house.call(company.admin, "GET", f"/api/scheduled-exports/{made['id']}")
    assert stored["replyTo"] == "Desk@bücher.example"
    form = Form.edit(page, "Answered")
    expect(form.field("reply_to")).to_have_value("Desk@bücher.example")
