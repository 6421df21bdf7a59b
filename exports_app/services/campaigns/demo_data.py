"""The campaigns of the demo, and their metrics, which are the same on every machine."""

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from exports_app.services.core.records import Metric

_NAMESPACE = uuid.UUID("5f0c3b0e-8d1a-5a8e-9b53-2f3a1f6d7c41")
_MASK = (1 << 64) - 1
_WEEKDAY = (104, 108, 107, 103, 98, 82, 78)
"""Per cent of a usual day, from Monday."""
_MONTH = (84, 86, 95, 98, 101, 97, 90, 88, 102, 108, 124, 131)
_TOP_IMPRESSIONS = 45_000


@dataclass(frozen=True)
class CampaignPlan:
    """A campaign of the demo. budget: in hundredths. costs: whether its channel costs money."""

    name: str
    channel: str
    currency: str
    status: str = "active"
    budget: int | None = 2_500_000
    costs: bool = True


ACME = (
    CampaignPlan("Spring Sale 2026", "search", "EUR"),
    CampaignPlan("Black Friday, Cyber Monday & more", "search", "EUR", budget=7_500_000),
    CampaignPlan('The "Big" Summer Push', "social", "EUR"),
    CampaignPlan("Rückkehrer: Größe zählt", "display", "EUR", budget=900_000),
    CampaignPlan("Été à la plage", "social", "EUR"),
    CampaignPlan("Campaña de otoño: ¡ahora!", "video", "EUR", "paused"),
    CampaignPlan("<Brand> & <Awareness>", "display", "EUR"),
    CampaignPlan("=SUM(clicks) challenge", "search", "EUR"),
    CampaignPlan("新年キャンペーン", "social", "USD"),
    CampaignPlan("🚀 Launch week 🎉", "video", "USD", budget=12_000_000),
    CampaignPlan("Newsletter, weekly", "email", "EUR", budget=None, costs=False),
    CampaignPlan("Łódź / Kraków / Gdańsk", "search", "EUR"),
    CampaignPlan("Retargeting, EU", "display", "EUR"),
    CampaignPlan("Podcast sponsorships", "audio", "USD", budget=4_000_000),
    CampaignPlan("Kids' clothes", "social", "EUR"),
    CampaignPlan("Brand search", "search", "EUR", budget=1_500_000),
    CampaignPlan("Competitor terms", "search", "USD"),
    CampaignPlan("Winterjacken (Lager räumen)", "shopping", "EUR", "ended"),
    CampaignPlan("Student discount", "social", "EUR"),
    CampaignPlan("Referral programme", "email", "EUR", budget=None, costs=False),
)
GLOBEX = (
    CampaignPlan("Always on: brand", "search", "USD", budget=9_000_000),
    CampaignPlan("Back to School, Fall", "shopping", "USD"),
    CampaignPlan('"Try it free" trial', "video", "USD"),
    CampaignPlan("Café & Crème Québec", "social", "USD"),
    CampaignPlan("秋季大促销", "social", "USD"),
    CampaignPlan("한국어 브랜드 캠페인", "display", "USD"),
    CampaignPlan("UK & Ireland, always on", "search", "GBP", budget=6_000_000),
    CampaignPlan("London Underground", "outdoor", "GBP", budget=15_000_000),
    CampaignPlan("<b>Bold</b> moves", "display", "USD"),
    CampaignPlan("=HYPERLINK test audience", "display", "USD", "paused"),
    CampaignPlan("💡 Ideas; 50% off", "social", "USD"),
    CampaignPlan("O'Brien's Pub Quiz", "audio", "GBP"),
    CampaignPlan("Señal de Año Nuevo", "video", "USD"),
    CampaignPlan("+1 for friends", "email", "USD", budget=None, costs=False),
    CampaignPlan("Prospecting, lookalike 1%", "social", "USD"),
    CampaignPlan("Prospecting, lookalike 5%", "social", "USD"),
    CampaignPlan("B2B webinars", "email", "GBP", costs=False),
    CampaignPlan("Holiday gift guide", "shopping", "USD"),
    CampaignPlan("Clearance", "shopping", "GBP", "ended"),
    CampaignPlan("Scotland test", "search", "GBP", "draft"),
)


def fixed_id(*parts: str) -> str:
    """A UUID that is the same in every demo database."""
    return str(uuid.uuid5(_NAMESPACE, "/".join(parts)))


def first_day(yesterday: date) -> date:
    """The first of the 18 months that end yesterday."""
    months = yesterday.year * 12 + yesterday.month - 1 - 18
    day = yesterday
    while True:
        try:
            return day.replace(year=months // 12, month=months % 12 + 1) + timedelta(days=1)
        except ValueError:  # a shorter month: its last day
            day -= timedelta(days=1)


def metrics(campaign_id: str, first: date, days: int, *, costs: bool = True) -> Iterator[Metric]:
    """Plausible days: weekly and yearly seasons, slow growth, noise. A day depends only on the
    campaign and the date."""
    seed = uuid.UUID(campaign_id).int & _MASK
    size, rate, price, worth = _bits(seed, 0)
    base = 2_000 + size * _TOP_IMPRESSIONS // 65536
    click_rate = 80 + rate * 420 // 65536  # of 10,000 impressions
    click_price = 20 + price * 180 // 65536  # hundredths
    order_worth = 1_500 + worth * 9_000 // 65536  # hundredths
    start = first.toordinal()
    for ordinal in range(start, start + days):
        day = date.fromordinal(ordinal)
        a, b, c, d = _bits(seed, ordinal)
        growth = 700 + (ordinal - 730_000) // 30  # one thousandth a month
        usual = base * _WEEKDAY[ordinal % 7 - 1] * _MONTH[day.month - 1] * growth // 10_000_000
        impressions = usual * (52_429 + a // 2) // 65_536
        clicks = impressions * click_rate * (45_000 + b // 2) // (10_000 * 65_536)
        conversions = clicks * (800 + c // 40) // 65_536
        spend = clicks * click_price * (55_000 + d // 4) // 65_536 if costs else 0
        revenue = conversions * order_worth * (50_000 + (a ^ d) // 2) // 65_536
        yield Metric(campaign_id, day, impressions, clicks, conversions, spend, revenue)


def _bits(seed: int, step: int) -> tuple[int, int, int, int]:
    """Four numbers below 65,536 (splitmix64, Steele et al. 2014), for any step directly."""
    x = (seed + step * 0x9E3779B97F4A7C15) & _MASK
    x = (x ^ x >> 30) * 0xBF58476D1CE4E5B9 & _MASK
    x = (x ^ x >> 27) * 0x94D049BB133111EB & _MASK
    x ^= x >> 31
    return x & 0xFFFF, x >> 16 & 0xFFFF, x >> 32 & 0xFFFF, x >> 48
