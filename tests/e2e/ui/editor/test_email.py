"""The form's recipients, its picture of the email, and the test that goes to oneself alone."""

import pytest
from playwright.sync_api import expect

from tests.e2e.client import wait_until
from tests.e2e.ui.form import Form, at_both_widths, paste, the_one
from tests.e2e.ui.house import Company, House
from tests.e2e.ui.listed import assert_nothing_overflows, file_of, toast
from tests.e2e.ui.visitor import Visits
from tests.mailserver import MailServer, Received

PASTED = """Ann Arbor <ann@example.com>, bob@example.com; "Last, First" <cy@example.com>
dee@example.com\tANN@example.com,, bob@example.com
mailto:eve@example.com;boss@exa_mple, not-an-address@, <fay@example.com>"""
GOOD = [
    "ann@example.com",
    "bob@example.com",
    "cy@example.com",
    "dee@example.com",
    "eve@example.com",
    "fay@example.com",
]


def received(mails: MailServer, *addresses: str) -> list[Received]:
    """What these addresses got."""
    return [one for one in mails.messages if set(addresses) & set(one.rcpt_tos)]


class TestRecipients:
    @at_both_widths
    def test_a_pasted_list_becomes_addresses_and_what_is_none_is_marked_mended_or_removed(
        self, house: House, company: Company, visits: Visits, width: int
    ) -> None:
        page = visits.open(who=company.admin, width=width)
        form = Form.new(page)
        form.name.fill("Mine")
        paste(form.recipients, PASTED)
        form.shows_chips(*GOOD[:5], "boss@exa_mple", "not-an-address@", GOOD[5])
        expect(page.locator(".chip.bad")).to_have_text(["boss@exa_mple", "not-an-address@"])
        wrong = page.locator(".field", has=form.recipients).locator(".error-text")
        expect(wrong).to_have_text(
            [
                "boss@exa_mple has no valid domain: fix or remove it",
                "not-an-address@ has nothing after the @: fix or remove it",
            ]
        )
        assert_nothing_overflows(page)
        page.get_by_role("button", name="Fix boss@exa_mple").click()
        expect(form.recipients).to_be_focused()
        expect(form.recipients).to_have_value("boss@exa_mple")
        page.keyboard.press("ControlOrMeta+a")
        page.keyboard.type("boss@example.com")
        page.keyboard.press("Enter")
        page.get_by_role("button", name="Remove not-an-address@").click()
        page.get_by_role("button", name="Remove bob@example.com").click()
        rest = [one for one in GOOD if not one.startswith("bob")]
        form.shows_chips(*rest, "boss@example.com")
        expect(wrong).to_have_count(0)
        form.save()
        assert the_one(house, company)["recipients"] == [*rest, "boss@example.com"]

    @at_both_widths
    def test_what_looks_like_a_typing_error_is_said_and_can_be_fixed(
        self, house: House, company: Company, visits: Visits, width: int
    ) -> None:
        page = visits.open(who=company.admin, width=width)
        form = Form.new(page)
        form.name.fill("Mine")
        paste(form.recipients, "ann@gmial.com")
        said = page.get_by_text("Did you mean ann@gmail.com?")
        expect(said).to_be_visible()
        assert_nothing_overflows(page)
        page.get_by_role("button", name="Fix ann@gmial.com").click()
        expect(form.recipients).to_have_value("ann@gmial.com")
        expect(said).to_have_count(0)
        page.keyboard.press("ControlOrMeta+a")
        page.keyboard.type("ann@gmail.com")
        page.keyboard.press("Enter")
        form.shows_chips("ann@gmail.com")
        form.save()
        assert the_one(house, company)["recipients"] == ["ann@gmail.com"]

    @pytest.mark.long
    def test_backspace_in_the_empty_field_takes_the_last_away(
        self, company: Company, visits: Visits
    ) -> None:
        page = visits.open(who=company.admin)
        form = Form.new(page)
        form.address("ann@example.com", "bob@example.com")
        page.keyboard.type("x")
        page.keyboard.press("Backspace")
        form.shows_chips("ann@example.com", "bob@example.com")
        page.keyboard.press("Backspace")
        form.shows_chips("ann@example.com")
        page.keyboard.press("Backspace")
        form.shows_chips()

    @pytest.mark.long
    def test_a_comma_a_semicolon_a_space_and_enter_end_an_address(
        self, company: Company, visits: Visits
    ) -> None:
        page = visits.open(who=company.admin)
        form = Form.new(page)
        form.recipients.focus()
        for number, end in enumerate((",", ";", " ", "\n")):
            page.keyboard.type(f"p{number}@example.com{end}")
            expect(form.chips).to_have_count(number + 1)
        page.keyboard.type("Ann Arbor <ann@example.com>,")
        form.shows_chips(*(f"p{number}@example.com" for number in range(4)), "ann@example.com")

    @pytest.mark.long
    def test_the_same_one_in_another_case_stays_once(
        self, house: House, company: Company, visits: Visits
    ) -> None:
        form = Form.new(visits.open(who=company.admin))
        form.name.fill("Mine")
        form.address("ann@example.com")
        paste(form.recipients, "ANN@EXAMPLE.COM\nbob@example.com\nBob@Example.com")
        form.shows_chips("ann@example.com", "bob@example.com")
        form.save()
        assert the_one(house, company)["recipients"] == ["ann@example.com", "bob@example.com"]

    @pytest.mark.long
    def test_a_very_long_one_and_markup_stay_text(self, company: Company, visits: Visits) -> None:
        page = visits.open(who=company.admin, width=390)
        form = Form.new(page)
        text = "x" * 300 + "@" + "y" * 300
        paste(form.recipients, f"{text}, <script>alert(1)</script>@x")
        expect(form.chips.first).to_contain_text(text)
        expect(page.locator(".chip.bad").first).to_be_visible()
        assert_nothing_overflows(page)


class TestTheEmail:
    @at_both_widths
    def test_is_shown_as_it_will_look_and_as_text(
        self, house: House, company: Company, visits: Visits, width: int
    ) -> None:
        house.campaign(company, "Spring")
        page = visits.open(who=company.admin, width=width)
        form = Form.new(page)
        form.name.fill("Weekly <b>numbers</b> & more")
        form.choose("period", "Last 7 days")
        form.dialog.get_by_role("button", name="Preview email").click()
        preview = page.get_by_role("group", name="Email preview")
        expect(page.locator("#email-subject")).to_contain_text("Weekly <b>numbers</b> & more – ")
        frame = preview.locator("iframe")
        expect(frame).to_have_attribute("sandbox", "")
        body = page.frame_locator("iframe.mail").locator("body")
        expect(body).to_contain_text("Weekly <b>numbers</b> & more")
        expect(body.locator("b", has_text="numbers")).to_have_count(0)
        expect(body).to_contain_text("1")
        assert_nothing_overflows(page)
        preview.get_by_role("button", name="Text", exact=True).click()
        expect(preview.locator("pre")).to_contain_text("Weekly <b>numbers</b> & more")
        expect(preview.get_by_role("button", name="Text", exact=True)).to_have_attribute(
            "aria-pressed", "true"
        )
        assert_nothing_overflows(page)
        preview.get_by_role("button", name="HTML").click()
        expect(body).to_contain_text("numbers")
        page.keyboard.press("Escape")
        expect(preview).to_have_count(0)
        form.is_open()
        expect(form.name).to_have_value("Weekly <b>numbers</b> & more")

    @pytest.mark.long
    def test_is_the_one_that_is_sent(
        self, house: House, company: Company, visits: Visits, mails: MailServer
    ) -> None:
        house.campaign(company, "Spring")
        page = visits.open(who=company.admin)
        form = Form.new(page)
        form.name.fill("Weekly numbers")
        form.choose("period", "Last 7 days")
        form.address("ann.preview@example.com")
        form.dialog.get_by_role("button", name="Preview email").click()
        preview = page.get_by_role("group", name="Email preview")
        preview.get_by_role("button", name="Text", exact=True).click()
        text, subject = (
            preview.locator("pre").inner_text(),
            page.locator("#email-subject").inner_text(),
        )
        page.get_by_role("button", name="Back to the form").click()
        form.save()
        house.run(company, the_one(house, company)["id"])
        (sent,) = received(mails, "ann.preview@example.com")
        assert sent.message["Subject"] == subject
        plain = sent.message.get_body(("plain",))
        assert plain is not None
        assert plain.get_content().split()[:20] == text.split()[:20]


class TestATest:
    def test_of_a_new_one_saves_it_and_goes_to_oneself_alone(
        self, house: House, company: Company, visits: Visits, mails: MailServer
    ) -> None:
        house.campaign(company, "Spring")
        me = company.admin.user.email
        page = visits.open(who=company.admin)
        form = Form.new(page)
        form.name.fill("Tried out")
        form.choose("format", "CSV (.csv)")
        form.choose("period", "Last 7 days")
        form.address("never@example.com")
        expect(form.field("send-test")).to_have_text("Save and send me a test")
        form.field("send-test").click()
        expect(toast(page, f"Sending a test to {me}")).to_be_visible()
        expect(toast(page, "Test of “Tried out” is ready")).to_be_visible()
        (got,) = wait_until("the test arrives", lambda: received(mails, me), 10)
        assert got.rcpt_tos == [me]
        assert received(mails, "never@example.com") == []
        made = the_one(house, company)
        assert made["recipients"] == ["never@example.com"]
        (run,) = house.rows(
            "SELECT * FROM export_history WHERE scheduled_export_id = ?", made["id"]
        )
        assert (run["trigger"], run["status"], run["triggered_by"]) == (
            "test",
            "completed",
            company.admin.user.id,
        )
        (attached,) = got.message.iter_attachments()
        assert attached.get_filename() == run["file_name"]
        assert attached.get_payload(decode=True) == file_of(
            house, company.admin, made["id"], run["id"]
        )
        form.is_open()
        expect(form.field("send-test")).to_have_text("Send me a test")
        form.close()
        form.is_closed()

    @pytest.mark.long
    def test_of_one_that_is_saved_changes_nothing(
        self, house: House, company: Company, visits: Visits, mails: MailServer
    ) -> None:
        house.schedule(company, "As it is", recipients=["never.again@example.com"])
        before = the_one(house, company)
        page = visits.open(who=company.admin)
        form = Form.edit(page, "As it is")
        form.field("send-test").click()
        expect(toast(page, "Test of “As it is” is ready")).to_be_visible()
        wait_until("the test arrives", lambda: received(mails, company.admin.user.email), 10)
        assert received(mails, "never.again@example.com") == []
        after = the_one(house, company)
        ran = {"last_run_at", "last_status"}
        assert {k: v for k, v in after.items() if k not in ran} == {
            k: v for k, v in before.items() if k not in ran
        }
