"""What a scheduled export would send if it ran now."""

import time
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Integer, event, literal, select, text
from sqlalchemy.exc import DBAPIError

from exports_app.channels.email import EmailChannel, SmtpSettings
from exports_app.db import query_preview as sampling
from exports_app.domain.access import Principal
from exports_app.domain.errors import Forbidden, Invalid, NotFound
from exports_app.domain.runs.states import RunStatus
from exports_app.domain.table import Column, integer
from exports_app.services.core.export_filters import Scope
from exports_app.services.core.extension_points import (
    CHANNELS,
    EXPORT_TYPES,
    FORMATS,
    Report,
)
from exports_app.services.core.records import Campaign, Metric, Sample, Tenant
from exports_app.services.runs.preview import DataPreview, Preview
from exports_app.services.schedules.filters import Filters
from exports_app.wiring import Services
from tests.mailserver import MailServer
from tests.world import (
    FORMAT_KEYS,
    FakeClock,
    make_schedule,
    registered,
    trigger_and_execute,
    uuid_of,
)

ALL = Filters()
BERLIN = "Europe/Berlin"


def preview(
    services: Services, who: Principal, tenant: Tenant, filters: Filters = ALL, **other: str
) -> DataPreview:
    chosen = {"export_type": "campaigns", "file_format": "csv", "timezone": BERLIN} | other
    return services.preview.data(who, tenant.id, **chosen, filters=filters)


def drafts(services: Services) -> list[Path]:
    return list((services.settings.data_dir / "drafts").iterdir())


@pytest.fixture
def many(services: Services, campaigns: dict[str, Campaign]) -> Campaign:
    """A campaign with three thousand days."""
    spring = campaigns["Spring"]
    first = date(2015, 1, 1).toordinal()
    with services.store.write() as tx:
        tx.campaigns.upsert_metrics(
            [
                Metric(
                    spring.id, date.fromordinal(first + i), 10_000 + i, 100, 10, 123_456, 234_567
                )
                for i in range(3000)
            ]
        )
    return spring


# The looks of a tenant


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


# The rows


@pytest.mark.usefixtures("campaigns")
def test_the_first_rows_are_shown_as_people_read_them(
    services: Services, admin: Principal, acme: Tenant
) -> None:
    seen = preview(services, admin, acme, Filters(period="last_7_days"))
    assert seen.columns == EXPORT_TYPES["campaigns"].columns()
    rows = [dict(zip((c.key for c in seen.columns), row, strict=True)) for row in seen.rows]
    assert [r["campaign_name"] for r in rows] == ["Quiet", "Spring", "autumn", "Überall"]
    quiet, spring = rows[0], rows[1]
    assert spring == {
        "campaign_id": uuid_of(0xC1),
        "campaign_name": "Spring",
        "channel": "search",
        "status": "active",
        "currency": "EUR",
        "budget": "1,000.00",
        "start_date": "2026-01-01",
        "end_date": "2026-06-30",
        "impressions": "7,021",
        "clicks": "91",
        "conversions": "7",
        "spend": "86.38",
        "revenue": "397.67",
        "ctr": "0.0130",
        "cpc": "0.9492",
        "cpa": "12.34",
        "roas": "4.60",
    }
    assert (quiet["budget"], quiet["start_date"], quiet["spend"], quiet["ctr"]) == (
        "",
        "",
        "0.00",
        "",
    )
    assert (seen.total, seen.window, seen.complete) == (
        4,
        "25 Feb 2026 \N{EN DASH} 3 Mar 2026",
        True,
    )


def test_the_window_is_that_of_a_run_now_in_the_schedules_zone(
    services: Services,
    admin: Principal,
    acme: Tenant,
    clock: FakeClock,
    campaigns: dict[str, Campaign],
) -> None:
    for zone, window in ((BERLIN, "3 Mar 2026"), ("Pacific/Kiritimati", "4 Mar 2026")):
        assert (
            preview(services, admin, acme, Filters(period="yesterday"), timezone=zone).window
            == window
        )
    assert preview(services, admin, acme).window == "all data"


@pytest.mark.parametrize("file_format", FORMAT_KEYS)
@pytest.mark.parametrize("export_type", ["campaign", "campaigns", "aggregate"])
def test_a_preview_tells_what_the_run_then_makes(
    services: Services,
    admin: Principal,
    acme: Tenant,
    many: Campaign,
    export_type: str,
    file_format: str,
) -> None:
    filters = Filters(
        campaign_ids=(many.id,), group_by="month" if export_type == "aggregate" else None
    )
    seen = preview(services, admin, acme, filters, export_type=export_type, file_format=file_format)
    made = make_schedule(
        services, admin, export_type=export_type, format=file_format, filters=filters
    )
    done = trigger_and_execute(services, admin, made)
    assert done.status is RunStatus.COMPLETED
    assert (
        seen.total
        == done.record_count
        == {"campaign": 3007, "campaigns": 1, "aggregate": 101}[export_type]
    )
    assert len(seen.rows) == min(10, seen.total)
    assert seen.size is not None
    assert done.file_size is not None
    if seen.total <= 200:
        assert abs(seen.size - done.file_size) <= 20  # Excel notes the time inside
    else:
        assert 0.7 < seen.size / done.file_size < 1.4
    assert drafts(services) == []


def test_without_data_there_are_columns_and_the_size_of_an_empty_file(
    services: Services, admin: Principal, acme: Tenant
) -> None:
    seen = preview(services, admin, acme)
    header = ",".join(c.key for c in seen.columns) + "\r\n"
    assert (seen.rows, seen.total, seen.size, seen.complete) == ((), 0, len(header), True)


# Who may, and what is refused


def test_only_who_writes_there_previews(
    services: Services,
    admin: Principal,
    viewer: Principal,
    outsider: Principal,
    super_admin: Principal,
    acme: Tenant,
    campaigns: dict[str, Campaign],
) -> None:
    for look in (
        lambda who: preview(services, who, acme),
        lambda who: services.preview.letter(
            who, acme.id, "Numbers", "campaigns", "csv", BERLIN, ALL
        ),
    ):
        for who, error in (
            (viewer, Forbidden),
            (outsider, NotFound),
            (Principal(uuid_of(1)), NotFound),
        ):
            with pytest.raises(error):
                look(who)
        assert look(admin)
        assert look(super_admin)
    with pytest.raises(NotFound):
        services.preview.data(super_admin, uuid_of(404), "campaigns", "csv", BERLIN, ALL)


def test_nobody_sees_a_foreign_campaign(
    services: Services, admin: Principal, acme: Tenant, campaigns: dict[str, Campaign]
) -> None:
    filters = Filters(campaign_ids=(campaigns["Spring"].id, campaigns["Rival"].id))
    with pytest.raises(Invalid) as e:
        preview(services, admin, acme, filters)
    assert [one.pointer for one in e.value.errors] == ["/filters/campaignIds/1"]
    assert "Rival" not in str(preview(services, admin, acme).rows)


@pytest.mark.parametrize(
    ("other", "filters", "pointers"),
    [
        ({"export_type": "nonsense"}, ALL, ["/exportType"]),
        ({"file_format": "pdf", "timezone": "Mars/Olympus"}, ALL, ["/format", "/timezone"]),
        ({"export_type": "campaign"}, ALL, ["/filters/campaignIds"]),
        ({}, Filters(period="sometime"), ["/filters/period"]),
        ({}, Filters(start_date=date(2026, 2, 1), end_date=date(2026, 1, 1)), ["/filters/endDate"]),
        ({}, Filters(group_by="day"), ["/filters/groupBy"]),
        ({}, Filters(campaign_ids=("nonsense",)), ["/filters/campaignIds/0"]),
        ({}, Filters(campaign_ids=(uuid_of(404),)), ["/filters/campaignIds/0"]),
    ],
)
def test_what_a_save_would_refuse_is_refused_with_the_same_pointers(
    services: Services,
    admin: Principal,
    acme: Tenant,
    other: dict[str, str],
    filters: Filters,
    pointers: list[str],
) -> None:
    with pytest.raises(Invalid) as e:
        preview(services, admin, acme, filters, **other)
    assert [one.pointer for one in e.value.errors] == pointers
    if "timezone" not in other:
        values = {
            "export_type": "campaigns",
            "format": other.get("file_format", "csv"),
            "filters": filters,
        } | other
        with pytest.raises(Invalid) as saved:
            make_schedule(services, admin, **values)
        assert saved.value.errors == e.value.errors


# In limited time


class Endless:
    """A query that never ends: SQLite counts up for ever, unless it may stop at the limit."""

    key = "endless"
    label, description = "Endless", "Numbers."
    filters = ()

    def __init__(self, *, sorted_first: bool) -> None:
        self._sorted_first = sorted_first

    def columns(self) -> tuple[Column, ...]:
        return (integer("number", "Number"),)

    def select(self, scope: Scope) -> Any:
        numbers = select(literal(1, Integer).label("number")).cte("numbers", recursive=True)
        numbers = numbers.union_all(select(numbers.c.number + 1))
        query = select(numbers.c.number)
        return query.order_by(numbers.c.number.desc()) if self._sorted_first else query


@pytest.mark.parametrize("sorted_first", [True, False])
def test_when_the_time_is_up_the_answer_says_so_instead_of_failing(
    services: Services, admin: Principal, acme: Tenant, sorted_first: bool
) -> None:
    limited = Preview(services.store, services.files, services.clock, seconds=0.2)
    began = time.monotonic()
    with registered(EXPORT_TYPES, Endless(sorted_first=sorted_first)):
        seen = limited.data(admin, acme.id, "endless", "csv", BERLIN, ALL)
        message = limited.letter(admin, acme.id, "Numbers", "endless", "csv", BERLIN, ALL)
    assert time.monotonic() - began < 5
    assert (seen.total, seen.size, seen.complete) == (None, None, False)
    assert seen.rows == (() if sorted_first else tuple((str(i),) for i in range(1, 11)))
    assert message is not None
    assert "known when the file is made" in message.text
    assert "no data" not in message.text


def test_the_connection_goes_back_clean(services: Services, admin: Principal, acme: Tenant) -> None:
    """The pool hands the same one on: to a query that takes longer than a preview may."""
    handed = list[int]()
    services.changes.flush()  # its thread would take a connection too
    event.listen(
        services.database.engine, "checkout", lambda connection, *_: handed.append(id(connection))
    )
    with services.store.read() as tx:
        tx.sample(Endless(sorted_first=True).select(Scope(acme.id, None, None)), 10, 0.05)
    numbers = (
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000000) "
        "SELECT count(*) FROM n"
    )
    with services.database.read() as connection:
        assert connection.execute(text(numbers)).scalar_one() == 1_000_000
    with services.store.write() as tx:
        tx.tenants.add(Tenant(uuid_of(0xF), "Fresh", "fresh", "#000000"))
    assert len(set(handed)) == 1
    assert services.database.engine.pool.checkedout() == 0  # type: ignore[attr-defined]


def test_any_other_trouble_of_the_database_is_not_taken_for_time(services: Services) -> None:
    for _ in range(2):
        with (
            pytest.raises(DBAPIError, match=r"no such table|does not exist"),
            services.store.read() as tx,
        ):
            tx.sample(select(text("1")).select_from(text("nowhere")), 10, 1.0)
    with services.store.read() as tx:
        assert tx.sample(select(literal(7)), 10, 1.0) == Sample([(7,)], 1)


class Psycopg(Exception):
    sqlstate = "57014"


def test_postgresqls_word_for_a_timeout_is_known() -> None:
    assert sampling._was_stopped(Psycopg())
    assert not sampling._was_stopped(Exception())
    assert not sampling._was_stopped(None)


# The message


def test_the_message_is_shown_as_it_will_be_sent(
    services: Services,
    admin: Principal,
    acme: Tenant,
    campaigns: dict[str, Campaign],
    mail: MailServer,
) -> None:
    filters = Filters(period="previous_week")
    shown = services.preview.letter(
        admin, acme.id, "Weekly numbers", "campaigns", "csv", BERLIN, filters
    )
    assert shown is not None
    assert mail.messages == []
    trigger_and_execute(services, admin, make_schedule(services, admin, filters=filters))
    sent = mail.wait_for(1)[0].message
    assert (
        shown.subject
        == sent["Subject"]
        == "Weekly numbers \N{EN DASH} 23 Feb 2026 \N{EN DASH} 1 Mar 2026"
    )
    assert shown.text.split() == sent.get_body(("plain",)).get_content().split()
    assert shown.html.split() == sent.get_body(("html",)).get_content().split()
    assert "acme_weekly-numbers_2026-02-23-to-2026-03-01_20260304T103000Z.csv" in shown.text


def test_the_message_can_be_seen_before_there_is_a_mail_server_or_a_name(
    services: Services, admin: Principal, acme: Tenant
) -> None:
    with registered(CHANNELS, EmailChannel(SmtpSettings())):
        shown = services.preview.letter(admin, acme.id, " \n", "campaigns", "excel", BERLIN, ALL)
    assert shown is not None
    assert shown.subject == "Untitled export \N{EN DASH} all data"
    assert "acme_untitled-export_all_20260304T103000Z.xlsx" in shown.text
    assert "no data in this period" in shown.text


def test_a_name_cannot_break_out_of_the_message(
    services: Services, admin: Principal, acme: Tenant
) -> None:
    shown = services.preview.letter(
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
            services.preview.letter(admin, acme.id, "Numbers", "campaigns", "csv", BERLIN, ALL)
            is None
        )


def test_a_format_that_fails_leaves_no_draft_behind(
    services: Services, admin: Principal, acme: Tenant
) -> None:
    class Broken:
        key = "csv"
        label, mime, extension = "Broken", "text/plain", "txt"

        def write(self, table: object, path: Path) -> None:
            path.write_text("half a file")
            raise RuntimeError

    with registered(FORMATS, Broken()), pytest.raises(RuntimeError):
        preview(services, admin, acme)
    assert drafts(services) == []
