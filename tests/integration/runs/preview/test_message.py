"""The message as it will be sent, and a tenant's looks."""

import pytest

from exports_app.channels.email import EmailChannel, SmtpSettings
from exports_app.domain.access import Principal
from exports_app.domain.errors import Forbidden, NotFound
from exports_app.services.core.extension_points import (
    CHANNELS,
    Report,
)
from exports_app.services.core.records import Campaign, Tenant
from exports_app.services.runs.preview import PAGE
from exports_app.services.schedules.filters import Filters
from exports_app.wiring import Services
from tests.integration.runs.preview.previews import ALL, BERLIN
from tests.mailserver import MailServer
from tests.world import (
    make_schedule,
    registered,
    runs_of,
    trigger_and_execute,
)


def test_a_tenants_looks_are_shown_on_an_invented_report_and_nothing_is_stored(
    services: Services, admin: Principal, acme: Tenant
) -> None:
    logo = "https://example.com/logo.png"
    found = services.preview.branding(
        admin, acme.id, {"name": "Ac<me", "brand_color": "#123456", "logo_url": logo}, {}
    )
    assert found.message is not None
    assert "Weekly campaign totals" in found.message.subject
    assert all(part in found.message.html for part in ("Ac&lt;me", "#123456", logo))
    assert found.errors == []
    assert services.tenants.get(admin, acme.id) == acme


def test_while_a_value_is_wrong_the_last_good_one_is_shown(
    services: Services, admin: Principal, acme: Tenant
) -> None:
    good = services.preview.branding(admin, acme.id, {"brand_color": "#123456"}, {}).shown
    found = services.preview.branding(
        admin, acme.id, {"name": "New", "brand_color": "#12345", "logo_url": "http://x"}, good
    )
    assert [e.pointer for e in found.errors] == ["/brandColor", "/logoUrl"]
    assert (found.shown["name"], found.shown["brand_color"], found.shown["logo_url"]) == (
        "New",
        "#123456",
        acme.logo_url,
    )
    assert found.message is not None
    assert "#123456" in found.message.html
    stored = services.preview.branding(
        admin, acme.id, {"brand_color": "x"}, {"brand_color": "worse"}
    )
    assert stored.shown["brand_color"] == acme.brand_color


def test_the_looks_are_for_those_who_manage_the_tenant(
    services: Services, viewer: Principal, outsider: Principal, acme: Tenant
) -> None:
    with pytest.raises(Forbidden):
        services.preview.branding(viewer, acme.id, {}, {})
    for tenant_id in (acme.id, "nonsense"):
        with pytest.raises(NotFound):
            services.preview.branding(outsider, tenant_id, {}, {})


def test_the_message_is_shown_as_it_will_be_sent(
    services: Services,
    admin: Principal,
    acme: Tenant,
    campaigns: dict[str, Campaign],
    mail: MailServer,
) -> None:
    filters = Filters(period="previous_week")
    shown = services.preview.message(
        admin, acme.id, "Weekly numbers", "campaigns", "csv", BERLIN, filters, schedule="0 9 * * 1"
    )
    assert shown is not None
    assert mail.messages == []
    schedule = make_schedule(services, admin, filters=filters)
    trigger_and_execute(services, admin, schedule)
    sent = mail.wait_for(1)[0].message
    assert (
        shown.subject
        == sent["Subject"]
        == "Weekly numbers \N{EN DASH} 23 Feb 2026 \N{EN DASH} 1 Mar 2026"
    )
    page = runs_of(services, schedule)[0].id
    url = f"{services.settings.base_url}/scheduled-exports/{schedule.id}?run={page}"
    assert shown.text.replace(PAGE, url).split() == sent.get_body(("plain",)).get_content().split()
    assert shown.html.replace(PAGE, url).split() == sent.get_body(("html",)).get_content().split()
    assert "Impressions" in shown.text
    assert "acme_weekly-numbers_2026-02-23-to-2026-03-01_20260304T103000Z.csv" in shown.text


def test_the_message_can_be_seen_before_there_is_a_mail_server_or_a_name(
    services: Services, admin: Principal, acme: Tenant
) -> None:
    with registered(CHANNELS, EmailChannel(SmtpSettings())):
        shown = services.preview.message(admin, acme.id, " \n", "campaigns", "excel", BERLIN, ALL)
    assert shown is not None
    assert shown.subject == "Untitled export \N{EN DASH} all data"
    assert "acme_untitled-export_all_20260304T103000Z.xlsx" in shown.text
    assert "no data in this period" in shown.text


def test_a_name_cannot_break_out_of_the_message(
    services: Services, admin: Principal, acme: Tenant
) -> None:
    shown = services.preview.message(
        admin, acme.id, "<script>x</script>\nBcc: me", "campaigns", "csv", BERLIN, ALL
    )
    assert shown is not None
    assert "<script>" not in shown.html
    assert "\n" not in shown.subject


class Silent:
    key, label = "email", "Silent"

    def preview(self, report: Report) -> None:
        return None


def test_a_channel_may_have_nothing_to_show(
    services: Services, admin: Principal, acme: Tenant
) -> None:
    with registered(CHANNELS, Silent()):
        assert (
            services.preview.message(admin, acme.id, "Numbers", "campaigns", "csv", BERLIN, ALL)
            is None
        )
