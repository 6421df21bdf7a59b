"""Every export type over known data, against a plain Python computation of what the file must
say."""

import random
import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import astuple, replace
from datetime import date, timedelta
from decimal import ROUND_HALF_EVEN, Context, Decimal
from typing import Any

import pytest
from sqlalchemy.dialects import postgresql

from exports_app import wiring
from exports_app.domain.table import Column, Kind, by_column, completer, stored
from exports_app.services.core.extension_points import EXPORT_TYPES, ExportType, Scope
from exports_app.services.core.records import Campaign, Metric
from exports_app.wiring import Services
from tests.world import Cast, uuid_of

wiring.load_plugins()
TYPES = EXPORT_TYPES.keys()
EXACT = Context(prec=60, rounding=ROUND_HALF_EVEN)

MEASURES = ["impressions", "clicks", "conversions", "spend", "revenue", "ctr", "cpc", "cpa", "roas"]
COLUMNS = {
    "campaign": [
        "campaign_id", "campaign_name", "date", "impressions", "clicks", "conversions", "currency",
        "spend", "revenue", "ctr", "cpc", "cpa", "roas",
    ],
    "campaigns": [
        "campaign_id", "campaign_name", "channel", "status", "currency", "budget", "start_date",
        "end_date", *MEASURES,
    ],
    "aggregate": ["period", "currency", "campaigns", *MEASURES],
}  # fmt: skip

FIRST, LAST = date(2025, 12, 20), date(2026, 2, 3)
"""All days of the data; a turn of the year and of two months, and weeks that begin in the month
before."""
NAMES = ["Zebra", "apple", "Äpfel", "apple", "Banana", "🚀", "\uffee", "APPLE"]
CURRENCIES = ["EUR", "USD", "EUR", "USD", "JPY", "EUR", "JPY", "EUR"]
MAX_MONEY = 10**13


def known_campaigns(tenant_id: str, base: int) -> list[Campaign]:
    # Ids fall while names repeat, so that an order by id would show
    return [
        Campaign(
            uuid_of(base - i),
            tenant_id,
            name,
            f"channel {i}",
            "active",
            currency,
            100_000 + i if i % 3 else None,
            FIRST if i % 2 else None,
        )
        for i, (name, currency) in enumerate(zip(NAMES, CURRENCIES, strict=True))
    ]


def known_metrics(campaigns: list[Campaign], seed: int) -> list[Metric]:
    """Some days are missing, some parts are zero, the last campaign but one has nothing at all."""
    dice = random.Random(seed)
    made = []
    for i, one in enumerate(campaigns):
        if i == len(campaigns) - 2:
            continue
        for day in days(FIRST, LAST):
            if dice.random() < 0.3:
                continue
            parts = [
                0 if dice.random() < 0.2 else dice.randrange(1, top)
                for top in (10**6, 10**4, 500, 10**6, 10**7)
            ]
            made.append(Metric(one.id, day, *parts))
    # The largest values a day may have; their sums still fit
    return [
        *made,
        Metric(campaigns[0].id, LAST + timedelta(days=1), 10**12, 10**12, 1, MAX_MONEY, MAX_MONEY),
    ]


def days(first: date, last: date) -> Iterable[date]:
    return (first + timedelta(days=n) for n in range((last - first).days + 1))


class World:
    """The known data, and the rows that a scope should have."""

    def __init__(self, services: Services, cast: Cast) -> None:
        self.services, self.tenant_id = services, cast.acme.id
        self.campaigns = known_campaigns(cast.acme.id, 0x500)
        self.metrics = known_metrics(self.campaigns, 1)
        self.foreign = known_campaigns(cast.globex.id, 0x900)
        with services.store.write() as tx:
            tx.campaigns.add(self.campaigns + self.foreign)
            tx.campaigns.upsert_metrics(self.metrics + known_metrics(self.foreign, 2))

    def scope(
        self,
        kind: ExportType,
        start: date | None = None,
        end: date | None = None,
        group_by: str | None = None,
        **changes: Any,
    ) -> Scope:
        ids = tuple(c.id for c in self.campaigns) if kind.needs_campaigns else ()
        scope = Scope(
            self.tenant_id, start, end, ids, group_by or (kind.groups[0] if kind.groups else "")
        )
        return replace(scope, **changes)

    def rows(self, kind: ExportType, scope: Scope, chunk: int = 7) -> list[tuple[Any, ...]]:
        """What the type yields, money and ratios as Decimals."""
        columns = kind.columns()
        raw = completed(self.services, kind, scope, chunk)
        return [tuple(_as_value(c, v) for c, v in zip(columns, row, strict=True)) for row in raw]

    def chosen(self, scope: Scope) -> list[Campaign]:
        mine = [c for c in self.campaigns if not scope.campaign_ids or c.id in scope.campaign_ids]
        return sorted(mine, key=lambda c: (c.name, c.id))

    def days_of(self, scope: Scope) -> list[tuple[Campaign, Metric]]:
        """In the window, in the order of the file."""
        covered = [
            m
            for m in self.metrics
            if (scope.start is None or scope.start <= m.date)
            and (scope.end is None or m.date <= scope.end)
        ]
        return [
            (c, m)
            for c in self.chosen(scope)
            for m in sorted(covered, key=lambda m: m.date)
            if m.campaign_id == c.id
        ]


def money(hundredths: int | None) -> Decimal | None:
    return None if hundredths is None else Decimal(hundredths).scaleb(-2)


def quotient(top: Decimal | int, bottom: Decimal | int) -> Decimal | None:
    if bottom == 0:
        return None
    return EXACT.quantize(EXACT.divide(Decimal(top), Decimal(bottom)), Decimal("0.000001"))


def measures(parts: Iterable[Metric]) -> dict[str, Any]:
    """The sums and their ratios, by column."""
    impressions, clicks, conversions, spent, earned = (
        sum(v) for v in zip(*[(0, 0, 0, 0, 0), *(astuple(m)[2:] for m in parts)], strict=True)
    )
    spend, revenue = Decimal(spent).scaleb(-2), Decimal(earned).scaleb(-2)
    return {
        "impressions": impressions,
        "clicks": clicks,
        "conversions": conversions,
        "spend": spend,
        "revenue": revenue,
        "ctr": quotient(clicks, impressions),
        "cpc": quotient(spend, clicks),
        "cpa": quotient(spend, conversions),
        "roas": quotient(revenue, spend),
    }


def expected_campaign(world: World, scope: Scope) -> list[dict[str, Any]]:
    return [
        {"campaign_id": c.id, "campaign_name": c.name, "date": m.date, "currency": c.currency}
        | measures([m])
        for c, m in world.days_of(scope)
    ]


def expected_campaigns(world: World, scope: Scope) -> list[dict[str, Any]]:
    found = world.days_of(scope)
    return [
        {
            "campaign_id": c.id,
            "campaign_name": c.name,
            "channel": c.channel,
            "status": c.status,
            "currency": c.currency,
        }
        | {"budget": money(c.budget), "start_date": c.start_date, "end_date": c.end_date}
        | measures(m for owner, m in found if owner == c)
        for c in world.chosen(scope)
    ]


def first_day(day: date, group_by: str) -> date:
    return {"day": day, "week": day - timedelta(days=day.weekday()), "month": day.replace(day=1)}[
        group_by
    ]


def expected_aggregate(world: World, scope: Scope) -> list[dict[str, Any]]:
    groups: dict[tuple[date, str], list[Metric]] = defaultdict(list)
    for campaign, metric in world.days_of(scope):
        groups[first_day(metric.date, scope.group_by), campaign.currency].append(metric)
    return [
        {"period": period, "currency": currency, "campaigns": len({m.campaign_id for m in found})}
        | measures(found)
        for (period, currency), found in sorted(groups.items(), key=lambda item: item[0])
    ]


EXPECTED = {
    "campaign": expected_campaign,
    "campaigns": expected_campaigns,
    "aggregate": expected_aggregate,
}


def expected(world: World, kind: ExportType, scope: Scope) -> list[tuple[Any, ...]]:
    return [tuple(row[c.key] for c in kind.columns()) for row in EXPECTED[kind.key](world, scope)]


def completed(
    services: Services, kind: ExportType, scope: Scope, chunk: int = 10
) -> list[tuple[Any, ...]]:
    """The rows that the type yields, all columns, as a file gets them."""
    columns = kind.columns()
    complete = completer(columns)
    with services.store.rows(kind.select(scope), chunk) as parts:
        whole = [complete(by_column(stored(columns), rows)) for rows in parts]
    return [row for part in whole for row in zip(*part, strict=True)]


def _as_value(column: Column, held: Any) -> Any:
    """Money and ratios as Decimals, days as dates."""
    if held is None:
        return None
    if column.kind is Kind.DECIMAL:
        return Decimal(held).scaleb(-column.scale)
    return date.fromisoformat(held) if column.kind is Kind.DATE else held


@pytest.fixture
def world(services: Services, cast: Cast) -> World:
    return World(services, cast)


@pytest.fixture(params=TYPES)
def kind(request: pytest.FixtureRequest) -> ExportType:
    return EXPORT_TYPES[request.param]


# What holds for every type that is registered


def test_each_type_says_what_it_is(kind: ExportType) -> None:
    assert re.fullmatch(r"[a-z][a-z0-9_]{0,49}", kind.key)
    assert kind.label
    assert kind.description.endswith(".")
    assert len(set(kind.groups)) == len(kind.groups)


def test_columns_have_distinct_snake_case_keys_and_labels(kind: ExportType) -> None:
    columns = kind.columns()
    assert all(re.fullmatch(r"[a-z][a-z0-9_]*", c.key) for c in columns)
    assert len({c.key for c in columns}) == len({c.label for c in columns}) == len(columns)


def test_the_query_yields_the_stored_columns_in_their_order(kind: ExportType, world: World) -> None:
    query = kind.select(world.scope(kind))
    assert len(query.selected_columns) == len(stored(kind.columns()))
    kinds = {Kind.TEXT: str, Kind.INTEGER: int, Kind.DECIMAL: int, Kind.DATE: date}
    with world.services.store.rows(query, 100) as chunks:
        for row in (row for part in chunks for row in part):
            for column, value in zip(stored(kind.columns()), row, strict=True):
                assert value is None or type(value) is kinds[column.kind], column.key


def test_nothing_of_another_tenant_is_in_the_file(
    kind: ExportType, world: World, cast: Cast
) -> None:
    mine = world.rows(kind, world.scope(kind))
    with world.services.store.write() as tx:
        for one in world.foreign:
            tx.campaigns.delete(one.id)
    assert world.rows(kind, world.scope(kind)) == mine != []


def test_naming_another_tenants_campaigns_yields_nothing(kind: ExportType, world: World) -> None:
    stolen = tuple(c.id for c in world.foreign)
    assert world.rows(kind, world.scope(kind, campaign_ids=stolen)) == []


def test_the_same_data_gives_the_same_rows_in_any_chunks(kind: ExportType, world: World) -> None:
    scope = world.scope(kind)
    assert world.rows(kind, scope, 1) == world.rows(kind, scope, 10_000)


@pytest.mark.parametrize(
    ("start", "end"), [(None, None), (FIRST, None), (None, LAST), (FIRST, LAST)]
)
def test_the_query_is_understood_by_postgresql_too(
    kind: ExportType, world: World, start: date | None, end: date | None
) -> None:
    for group_by in kind.groups or ("",):
        query = kind.select(world.scope(kind, start, end, group_by))
        sql = str(query.compile(dialect=postgresql.dialect()))
        assert "ORDER BY" in sql
        if group_by in {"week", "month"}:
            assert f"date_trunc('{group_by}'" in sql


# What the types of this product say


def test_these_types_are_known() -> None:
    assert set(TYPES) >= set(COLUMNS)
    assert [k for k in TYPES if EXPORT_TYPES[k].needs_campaigns] == ["campaign"]
    assert EXPORT_TYPES["aggregate"].groups == ("day", "week", "month")


@pytest.mark.parametrize("key", COLUMNS)
def test_the_columns_are_the_documented_ones(key: str) -> None:
    assert [c.key for c in EXPORT_TYPES[key].columns()] == COLUMNS[key]


WINDOWS = [
    (None, None),
    (date(2026, 1, 5), date(2026, 1, 11)),
    (date(2026, 1, 7), date(2026, 1, 7)),
    (date(2026, 1, 15), None),
    (None, date(2026, 1, 2)),
    (LAST + timedelta(days=1), LAST + timedelta(days=1)),
    (date(2030, 1, 1), date(2030, 12, 31)),
]


@pytest.mark.parametrize(("start", "end"), WINDOWS)
@pytest.mark.parametrize("key", COLUMNS)
def test_the_rows_are_those_that_plain_reckoning_finds(
    world: World, key: str, start: date | None, end: date | None
) -> None:
    kind = EXPORT_TYPES[key]
    for group_by in kind.groups or ("",):
        scope = world.scope(kind, start, end, group_by)
        assert world.rows(kind, scope) == expected(world, kind, scope)


@pytest.mark.parametrize("key", COLUMNS)
def test_only_the_chosen_campaigns_count(world: World, key: str) -> None:
    kind = EXPORT_TYPES[key]
    scope = world.scope(kind, campaign_ids=(world.campaigns[1].id, world.campaigns[4].id))
    assert world.rows(kind, scope) == expected(world, kind, scope) != []


def test_both_ends_of_the_window_belong_to_it(world: World) -> None:
    one = world.campaigns[0]
    kind = EXPORT_TYPES["campaign"]
    mine = sorted(m.date for m in world.metrics if m.campaign_id == one.id)
    start, end = mine[3], mine[9]
    found = [
        row[2] for row in world.rows(kind, world.scope(kind, start, end, campaign_ids=(one.id,)))
    ]
    assert found == mine[3:10]


def test_campaigns_stand_by_code_point_then_by_id(world: World) -> None:
    kind = EXPORT_TYPES["campaigns"]
    found = [(row[1], row[0]) for row in world.rows(kind, world.scope(kind))]
    assert [name for name, _ in found] == [
        "APPLE",
        "Banana",
        "Zebra",
        "apple",
        "apple",
        "Äpfel",
        "\uffee",
        "🚀",
    ]
    assert found == sorted(found)


def test_a_campaign_without_metrics_has_zeros_and_empty_ratios(world: World) -> None:
    kind = EXPORT_TYPES["campaigns"]
    (row,) = [r for r in world.rows(kind, world.scope(kind)) if r[0] == world.campaigns[-2].id]
    assert row[-9:] == (0, 0, 0, Decimal("0.00"), Decimal("0.00"), None, None, None, None)


def test_sums_never_mix_currencies(world: World) -> None:
    kind = EXPORT_TYPES["aggregate"]
    rows = world.rows(kind, world.scope(kind, group_by="month"))
    assert len({(period, currency) for period, currency, *_ in rows}) == len(rows)
    assert {currency for _, currency, *_ in rows} == {"EUR", "USD", "JPY"}
    spend = [c.key for c in kind.columns()].index("spend")
    for currency in ("EUR", "USD", "JPY"):
        mine = {c.id for c in world.campaigns if c.currency == currency}
        total = sum(m.spend for m in world.metrics if m.campaign_id in mine)
        assert sum(r[spend] for r in rows if r[1] == currency) == money(total)


def test_weeks_begin_on_monday_and_months_on_the_first(world: World) -> None:
    kind = EXPORT_TYPES["aggregate"]
    weeks = {r[0] for r in world.rows(kind, world.scope(kind, group_by="week"))}
    assert {w.weekday() for w in weeks} == {0}
    assert date(2025, 12, 29) in weeks
    months = {r[0] for r in world.rows(kind, world.scope(kind, group_by="month"))}
    assert months == {date(2025, 12, 1), date(2026, 1, 1), date(2026, 2, 1)}


def test_a_ratio_over_zero_is_empty(services: Services, cast: Cast) -> None:
    one = Campaign(uuid_of(1), cast.acme.id, "x", "search", "active", "EUR")
    with services.store.write() as tx:
        tx.campaigns.add([one])
        tx.campaigns.upsert_metrics(
            [Metric(one.id, FIRST, 0, 0, 0, 0, 500), Metric(one.id, LAST, 7, 0, 0, 300, 0)]
        )
    first, second = completed(
        services, EXPORT_TYPES["campaign"], Scope(cast.acme.id, None, None, (one.id,), "")
    )
    assert first[-4:] == (None, None, None, None)
    assert second[-4:] == (0, None, None, 0)
