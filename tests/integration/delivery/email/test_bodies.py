"""What a message says, as text and as HTML."""

import re
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from exports_app.domain import humanize
from exports_app.domain.colors import readable_on
from exports_app.domain.runs.states import DeliveryStatus
from exports_app.services.core.extension_points import Report
from exports_app.services.core.highlights import Figure, Highlights, TopRows
from exports_app.services.core.records import Notification, NotificationKind, Tenant
from exports_app.services.delivery import notifications
from tests.integration.delivery.email.messages import Words, body, channel_to, message
from tests.mailserver import MailServer


def test_both_bodies_tell_the_same_facts(report: Report, server: MailServer) -> None:
    found = message(server, report)
    text, page = " ".join(body(found, "plain").split()), Words(body(found, "html")).text
    for fact in (
        "Acme",
        "Weekly campaigns",
        "Campaign totals",
        "16 Nov 2026 - 22 Nov 2026",
        "1,234,567",
        "CSV",
        "acme_weekly-campaigns.csv",
        "1.2 MB",
        "23 Nov 2026, 09:00",
        "Europe/Berlin",
        "sent automatically because you are a recipient of",
        "The file is attached",
    ):
        assert fact in text
        assert fact in page
    assert words(text) == words(page)


TOP = TopRows(
    "Top 2 of 1,234,567 rows by clicks",
    ["Campaign", "Clicks", "Spend"],
    [False, True, True],
    [["Spring", "1,234", "12.00 EUR"], ["דוח שבועי!", "7", "1.00 USD"]],
)
TOLD = Highlights(
    [
        Figure("Clicks", "1,241", change="+3.1%"),
        Figure("CTR", "1.25%"),
        Figure("Spend", "12", "EUR"),
    ],
    "9 Nov 2026 - 15 Nov 2026",
    1,
    TOP,
)


def words(said: str) -> list[str]:
    return re.findall(r"[\w%+.,]+", said)


def test_both_bodies_lead_with_what_the_file_came_to(report: Report, server: MailServer) -> None:
    at = datetime(2026, 11, 30, 8, 0, tzinfo=UTC)
    told = replace(report, highlights=TOLD, page_url="https://exports.example/x", next_run=at)
    found = message(server, told)
    text, page = body(found, "plain"), Words(body(found, "html"))
    assert words(text.replace(": https://exports.example/x", "")) == words(page.text)
    in_order = (
        "Weekly",
        "1,241",
        "+3.1%",
        "12 EUR",
        "Compared with 9 Nov",
        "1 more currency",
        "Top 2 of",
        "Spring",
        "is attached",
        "Open in Exports",
        "Rows",
        "Next run",
    )
    assert [part for part in in_order if part not in page.text] == []
    assert sorted(in_order, key=page.text.index) == list(in_order)
    assert "30 Nov 2026, 09:00" in page.text
    assert "Clicks   1,241  +3.1%" in text.splitlines()
    assert ("a", "https://exports.example/x") in [(t, a.get("href")) for t, a in page.elements]


def test_no_name_stands_twice_in_a_message(report: Report, server: MailServer) -> None:
    found = message(server, replace(report, file_name="file.csv"))
    for said in (body(found, "plain"), Words(body(found, "html")).text):
        assert said.count(report.export_name) == said.count(report.tenant_name) == 1


def test_a_test_says_so_in_both_bodies(report: Report, server: MailServer) -> None:
    found = message(server, replace(report, is_test=True))
    for kind in ("plain", "html"):
        assert "This is a test. It was sent only to you." in body(found, kind)


def test_the_page_has_colors_for_dark_mode(report: Report, server: MailServer) -> None:
    page = body(message(server, report), "html")
    dark = page.partition("prefers-color-scheme: dark")[2].partition("</style>")[0]
    rules = [rule for rule in dark.splitlines() if "#" in rule]
    assert rules
    assert all(rule.count("#") == rule.count("!important") for rule in rules), "styles are inline"


def test_a_narrow_page_leaves_out_the_figures_in_the_middle(
    report: Report, server: MailServer
) -> None:
    heads = ["Campaign", "Date", "Impressions", "Clicks", "Spend"]
    numbers = [False, False, True, True, True]
    top = TopRows("Top 1", heads, numbers, [["Spring", "1", "2", "3", "4"]])
    html = body(message(server, replace(report, highlights=Highlights([], top=top))), "html")
    assert re.search(r"@media \(max-width: 420px\) \{\s*\.more \{ display: none !important", html)
    left_out = re.findall(r'class="(?:head|cell)[^"]* more"[^>]*>(?:<bdi>)?(\w+)', html)
    assert left_out == ["Clicks", "3"]


def test_a_page_is_short_enough_to_be_shown_whole(report: Report, server: MailServer) -> None:
    """Gmail cuts a message off at 102 KB."""
    long = "Ж" * 200
    figures = [Figure(long[:60], "9" * 20, "EUR", "+1,000%")] * 8
    top = TopRows(long, [long[:60]] * 5, [False] + [True] * 4, [[long[:60]] * 5] * 5)
    told = Highlights(figures, long[:30], 9, top)
    large = replace(report, export_name=long, tenant_name=long, file_name=long, highlights=told)
    assert len(body(message(server, large), "html").encode()) < 60_000


def test_a_file_without_rows_is_explained_in_both_bodies(
    report: Report, server: MailServer
) -> None:
    found = message(server, replace(report, record_count=0))
    for kind in ("plain", "html"):
        assert "no data in this period" in body(found, kind)


def test_the_page_wears_the_tenants_brand(report: Report, server: MailServer) -> None:
    page = Words(body(message(server, report), "html"))
    images = [attributes for tag, attributes in page.elements if tag == "img"]
    assert [(i["src"], i["alt"]) for i in images] == [("https://cdn.example.com/logo.png", "")]
    (bar,) = [a["style"] or "" for tag, a in page.elements if a.get("class") == "bar"]
    assert "background-color: #1D4ED8" in bar
    assert ";color: #FFFFFF" in bar


def test_styles_are_inlined_and_nothing_but_the_logo_is_loaded(
    report: Report, server: MailServer
) -> None:
    page = Words(body(message(server, report), "html"))
    assert all(
        "style" in attributes
        for tag, attributes in page.elements
        if tag in {"td", "th", "h1", "p", "img"}
    )
    assert not {"link", "script"} & {tag for tag, _ in page.elements}


@pytest.mark.parametrize("logo", [None, "", "http://example.com/a.png", "javascript:alert(1)"])
def test_only_an_https_logo_is_shown(report: Report, server: MailServer, logo: str | None) -> None:
    page = Words(body(message(server, replace(report, logo_url=logo)), "html"))
    assert "img" not in [tag for tag, _ in page.elements]


def test_names_are_text_in_the_page_and_never_markup(report: Report, server: MailServer) -> None:
    evil = """<script>alert(1)</script> & "quoted" <img src=x onerror='x'>"""
    found = message(
        server,
        replace(
            report,
            tenant_name=evil,
            export_name=evil,
            file_name=evil,
            brand_color='red;}</style><script>"',
        ),
    )
    page = Words(body(found, "html"))
    assert {"script"}.isdisjoint(tag for tag, _ in page.elements)
    assert [a["src"] for tag, a in page.elements if tag == "img"] == [report.logo_url]
    assert page.text.count(evil) == 3
    assert evil in body(found, "plain")


@pytest.mark.parametrize(
    ("size", "text"),
    [
        (0, "0 bytes"),
        (1, "1 byte"),
        (999, "999 bytes"),
        (1000, "1.0 KB"),
        (999_949, "999.9 KB"),
        (999_950, "1.0 MB"),
        (2 * 10**9, "2.0 GB"),
    ],
)
def test_sizes_are_for_people(size: int, text: str) -> None:
    assert humanize.size(size) == text


@pytest.mark.parametrize(
    ("color", "text"),
    [
        ("#FFFFFF", "#000000"),
        ("#000000", "#FFFFFF"),
        ("#FFCC00", "#000000"),
        ("#1d4ed8", "#FFFFFF"),
        ("#777777", "#000000"),
    ],
)
def test_text_on_the_brand_color_is_the_more_readable_of_black_and_white(
    color: str, text: str
) -> None:
    assert readable_on(color) == text


class TestRightToLeftNames:
    """Their punctuation, and that of the sentence around them, stays on its side."""

    NAME = "דוח שבועי!"
    ISOLATED = f"\N{FIRST STRONG ISOLATE}{NAME}\N{POP DIRECTIONAL ISOLATE}"

    def test_are_isolated_in_subject_and_text(self, report: Report, server: MailServer) -> None:
        named = replace(report, export_name=self.NAME, tenant_name="شركة", file_name="דוח.csv")
        found = message(server, named)
        assert found["Subject"] == f"{self.ISOLATED} – {report.window}"
        text = body(found, "plain")
        assert self.ISOLATED in text.splitlines()
        assert "\N{FIRST STRONG ISOLATE}شركة\N{POP DIRECTIONAL ISOLATE}" in text.splitlines()
        assert "File:      \N{FIRST STRONG ISOLATE}דוח.csv\N{POP DIRECTIONAL ISOLATE}" in text

    def test_are_elements_in_the_page(self, report: Report, server: MailServer) -> None:
        page = body(message(server, replace(report, export_name=self.NAME)), "html")
        assert f"<bdi>{self.NAME}</bdi></h1>" in page
        assert not set("\N{FIRST STRONG ISOLATE}\N{POP DIRECTIONAL ISOLATE}") & set(page)

    def test_are_isolated_in_notices(self, server: MailServer) -> None:
        created = datetime(2026, 11, 23, 9, 0, 5, tzinfo=UTC)
        tenant = Tenant("t", "شركة <b>", "acme", "#1D4ED8", None)
        content = {"name": self.NAME, "error": "x", "scheduled_for": None, "attempts": 1}
        failing = Notification(
            "n",
            "t",
            "s",
            None,
            NotificationKind.FAILING,
            "ann@example.com",
            {**content, "timezone": "UTC"},
            DeliveryStatus.PENDING,
            created,
        )
        note = notifications.note(failing, tenant, "https://exports.example")
        channel_to(server).notify("ann@example.com", "notice-1", note)
        (received,) = server.wait_for(1)
        found = received.message
        assert found["Subject"] == f"“{self.ISOLATED}” failed"
        assert f"“{self.ISOLATED}” failed" in body(found, "plain").splitlines()
        page = body(found, "html")
        assert f"“<bdi>{self.NAME}</bdi>” failed</h1>" in page
        assert "<bdi>شركة &lt;b&gt;</bdi>" in page
