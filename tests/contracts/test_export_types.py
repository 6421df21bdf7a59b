"""Every export type over known data, and those of the product against a plain Python computation
of what their files must say: `export_types/KEY.py`, beside a type's own module by name."""

import importlib
import pkgutil
import re
from datetime import date, timedelta
from decimal import Decimal
from types import ModuleType
from typing import Any

import pytest
from sqlalchemy.dialects import postgresql

from exports_app import wiring
from exports_app.domain.table import Kind, stored
from exports_app.services.core.export_filters import CampaignFilter, Scope, declared
from exports_app.services.core.extension_points import EXPORT_TYPES, ExportType, leading_columns
from exports_app.services.core.records import Campaign, Metric
from exports_app.wiring import Services
from tests.contracts import export_types
from tests.contracts.known_data import FIRST, LAST, World, completed, groupings, money
from tests.world import Cast, uuid_of

wiring.load_plugins()
TYPES = EXPORT_TYPES.keys()
EXPECTED: dict[str, ModuleType] = {
    found.name: importlib.import_module(f"{export_types.__name__}.{found.name}")
    for found in pkgutil.iter_modules(export_types.__path__)
}
"""What is known beforehand of some types: COLUMNS, FILTERS and the rows."""


def expected(world: World, kind: ExportType, scope: Scope) -> list[tuple[Any, ...]]:
    rows = EXPECTED[kind.key].expected(world, scope)
    return [tuple(row[c.key] for c in kind.columns()) for row in rows]


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
    assert len({taken.name for taken in kind.filters}) == len(kind.filters)
    assert len(set(groupings(kind))) == len(groupings(kind))


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


def test_messages_lead_with_columns_that_can_be_added_up(kind: ExportType) -> None:
    leading, columns = leading_columns(kind), {c.key: c for c in kind.columns()}
    for key in leading.totals:
        of = columns[key].ratio
        for part in (of.numerator, of.denominator) if of else (key,):
            assert columns[part].kind is Kind.INTEGER or leading.per, "amounts of many currencies"
            assert columns[part].ratio is None
    assert set(leading.top) <= columns.keys()
    assert not leading.by or columns[leading.by].kind is Kind.INTEGER
    assert not leading.per or columns[leading.per].kind is Kind.TEXT


def test_nothing_of_another_tenant_is_in_the_file(
    kind: ExportType, world: World, cast: Cast
) -> None:
    mine = world.rows(kind, world.scope(kind))
    with world.services.store.write() as tx:
        for one in world.foreign:
            tx.campaigns.delete(one.id)
    assert world.rows(kind, world.scope(kind)) == mine != []


def test_naming_another_tenants_campaigns_yields_nothing(kind: ExportType, world: World) -> None:
    if declared(kind, CampaignFilter):
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
    for group_by in groupings(kind):
        query = kind.select(world.scope(kind, start, end, group_by))
        sql = str(query.compile(dialect=postgresql.dialect()))
        assert "ORDER BY" in sql
        if group_by in {"week", "month"}:
            assert f"date_trunc('{group_by}'" in sql


# What the types of this product say


def test_what_is_expected_is_expected_of_a_type_that_there_is() -> None:
    assert set(EXPECTED) <= set(TYPES)


@pytest.mark.parametrize("key", EXPECTED)
def test_the_filters_are_the_documented_ones(key: str) -> None:
    assert EXPORT_TYPES[key].filters == EXPECTED[key].FILTERS


@pytest.mark.parametrize("key", EXPECTED)
def test_the_columns_are_the_documented_ones(key: str) -> None:
    assert [c.key for c in EXPORT_TYPES[key].columns()] == EXPECTED[key].COLUMNS


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
@pytest.mark.parametrize("key", EXPECTED)
def test_the_rows_are_those_that_plain_reckoning_finds(
    world: World, key: str, start: date | None, end: date | None
) -> None:
    kind = EXPORT_TYPES[key]
    for group_by in groupings(kind):
        scope = world.scope(kind, start, end, group_by)
        assert world.rows(kind, scope) == expected(world, kind, scope)


@pytest.mark.parametrize("key", EXPECTED)
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
        services,
        EXPORT_TYPES["campaign"],
        Scope(cast.acme.id, None, None, {"campaign_ids": (one.id,)}),
    )
    assert first[-4:] == (None, None, None, None)
    assert second[-4:] == (0, None, None, 0)
