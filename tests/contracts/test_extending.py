"""What somebody who adds a file may run into: an export type with a limit of its own, with a fault,
or one whose package is missing."""

from typing import Any

import pytest
from sqlalchemy import Integer, literal, select

from exports_app.domain.access import Principal
from exports_app.domain.table import Column, integer
from exports_app.services.core.export_filters import Scope
from exports_app.services.core.extension_points import EXPORT_TYPES
from exports_app.services.core.interfaces import Ranking
from exports_app.services.core.records import Tenant
from exports_app.services.schedules.filters import Filters
from exports_app.wiring import Services
from tests.world import registered

NUMBERS = 30


class TopTen:
    """The ten largest of thirty numbers."""

    key, label, description = "top_ten", "Top ten", "The ten largest numbers."
    filters = ()

    def columns(self) -> tuple[Column, ...]:
        return tuple(integer(key, key.title()) for key in ("number", "again", "once_more"))

    def select(self, scope: Scope) -> Any:
        numbers = select(literal(1, Integer).label("n")).cte("numbers", recursive=True)
        numbers = numbers.union_all(select(numbers.c.n + 1).where(numbers.c.n < NUMBERS))
        query = select(numbers.c.n, numbers.c.n.label("again"), numbers.c.n.label("once_more"))
        return query.order_by(numbers.c.n.desc()).limit(10)


LARGEST = list(range(NUMBERS, NUMBERS - 10, -1))


@pytest.fixture
def query(acme: Tenant) -> Any:
    return TopTen().select(Scope(acme.id, None, None))


def test_a_preview_shows_as_many_rows_as_the_type_yields(
    services: Services, admin: Principal, acme: Tenant
) -> None:
    with registered(EXPORT_TYPES, TopTen()):
        seen = services.preview.data(admin, acme.id, TopTen.key, "csv", "Europe/Berlin", Filters())
    assert seen.total == 10
    assert [int(row[0]) for row in seen.rows] == LARGEST


@pytest.mark.parametrize(("limit", "rows"), [(200, 10), (10, 10), (3, 3)])
def test_a_look_at_the_first_rows_keeps_the_limit_of_the_query(
    services: Services, query: Any, limit: int, rows: int
) -> None:
    with services.store.read() as tx:
        sample = tx.sample(query, limit, 1.0)
    assert ([row[0] for row in sample.rows], sample.total) == (LARGEST[:rows], 10)


def test_counting_and_ranking_keep_the_limit_of_the_query(services: Services, query: Any) -> None:
    assert services.store.count(query, 20, 1.0) == 10
    assert services.store.count(query, 5, 1.0) == 5
    with services.store.read() as tx:
        sample = tx.sample(query, 200, 1.0, Ranking(column=2, descending=False))
    assert sorted(row[0] for row in sample.rows) == sorted(LARGEST)
