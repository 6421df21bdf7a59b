"""Names and numbers of the installation in the screenshots."""

from datetime import timedelta
from typing import Any

from exports_app.services.campaigns.demo_data import fixed_id
from exports_app.services.core.records import Tenant, User

PASSWORD = "a password for pictures"
NORTHWIND = Tenant(
    fixed_id("northwind"), "Northwind", "northwind", "#4F46E5", None, "America/New_York"
)
ALPINE = Tenant(fixed_id("alpine"), "Alpine Outfitters", "alpine", "#0F766E", None, "Europe/Zurich")
HARBOUR = Tenant(fixed_id("harbour"), "Harbour Media", "harbour", "#BE185D", None, "Europe/London")
ADMIN = User(fixed_id("mara"), "mara.keller@northwind.example", "Mara Keller", "")
VIEWER = User(fixed_id("sam"), "sam.ortiz@northwind.example", "Sam Ortiz", "")
OPERATOR = User(
    fixed_id("noor"), "noor.haddad@exports.example", "Noor Haddad", "", is_super_admin=True
)
INVITED = ("tom.becker@northwind.example", "ines.duarte@northwind.example")
INVITATION = "invitation"
"""The key of the address at which the first of them accepts."""
VIEWS: tuple[tuple[str, dict[str, Any], bool], ...] = (
    ("Board and finance", {"tags": ["board"], "sort": "name"}, True),
    ("Large files", {"export_type": "campaign"}, False),
)
"""Saved views of the list: name, filters, whether all of the tenant have it."""
FEEDS = (("Team calendar", None, 0.4), ("Board, for the reader", "Board summary", None))
"""Name of the feed, the only scheduled export in it, and hours since it was read."""
MAILBOX = "reports@northwind.example"
RECIPIENTS = ["mara@northwind.example", "finance@northwind.example"]
LONG = timedelta(days=1)
QUIET = timedelta(minutes=10)
"""No schedule is due for this long after the start."""
RUNNING_FOR = timedelta(seconds=4)
"""Age of the run that is under way."""
RETRY_IN = timedelta(minutes=6)
"""Until the next attempt of the waiting run."""
TRIGGERED_AGO = timedelta(minutes=3)
"""Since the waiting run was triggered."""
PHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 26_1 like Mac OS X) AppleWebKit/605.1.15"
    " (KHTML, like Gecko) Version/26.1 Mobile/15E148 Safari/604.1"
)
REFUSAL = "550 5.1.1 no such user here"
GREY = "451 4.7.1 greylisted: try again in a few minutes"
LOST = (
    "the connection to smtp.northwind.example:587 was lost after the message was sent:"
    " it may have arrived, or not"
)
OUTAGE = (
    "smtp.northwind.example:587 cannot be reached (Connection refused):"
    " check SMTP_HOST and SMTP_PORT"
)

CAMPAIGNS = (
    ("Spring launch", "search", 4_500_000),
    ("Brand, always on", "search", 9_000_000),
    ("Summer 2026", "social", 6_000_000),
    ("Retargeting, EU", "display", 2_500_000),
    ("Student discount", "social", 1_200_000),
    ("Podcast sponsorships", "audio", 3_800_000),
    ("Café & Crème Québec", "social", 1_500_000),
    ("Prospecting, lookalike 1%", "social", 5_200_000),
    ("Holiday gift guide", "shopping", 7_500_000),
    ("Competitor terms", "search", 2_000_000),
    ("Newsletter readers", "email", 400_000),
    ("Winterjacken", "shopping", 1_800_000),
)
FILE = "sep=;\r\nCampaign;currency;date;status;budget;impressions;clicks;spend;;\r\n" + "".join(
    f"{name};EUR;{day:02}.02.2025;{status};{budget};{day * 7}.214;{day * 311};{day * 83},40;;\r\n"
    for name, status, budget in (
        ("Café & Crème Québec", "active", "15.000,00"),
        ("Podcast sponsorships", "paused", "38.000,00"),
        ("Carnaval de Québec", "active", "9.500,00"),
    )
    for day in range(10, 17)
)
"""What a spreadsheet program of Germany or France saves, to be imported."""
DAYS = 460
"""Days of metrics: enough for the preset "previous year"."""
