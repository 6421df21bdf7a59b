"""How much of everything is in a database of the benchmark, and whose it is.

Both sizes answer an operation with the same number of rows: the tenants that are asked about have
the same people in both, and the small one too has a page of everything.
"""

from collections.abc import Sequence
from dataclasses import dataclass

YEARS_SECONDS = 2 * 365 * 24 * 3600
"""How far the history goes back."""
RUNS_EACH = 10
"""Of a schedule, but for the busy one, and for those that never ran in its place."""
SUPER_ADMINS = 2
LARGE, ELEVEN, HUNDRED = range(3)
"""The tenants that are asked about, by number: the largest, one of 11 people, one of 100."""


@dataclass(frozen=True)
class TenantShape:
    """The first of something is numbered over all tenants. days: of metrics of each campaign."""

    number: int
    people: int
    first_person: int
    schedules: int
    first_schedule: int
    campaigns: int
    days: int
    entries: int

    @property
    def slug(self) -> str:
        return f"tenant-{self.number:03}"


@dataclass(frozen=True)
class Shape:
    """busy: runs of the first schedule of the large tenant. entries: audit entries of no tenant."""

    name: str
    tenants: tuple[TenantShape, ...]
    busy: int
    entries: int

    @property
    def people(self) -> int:
        return sum(tenant.people for tenant in self.tenants)

    @property
    def schedules(self) -> int:
        return sum(tenant.schedules for tenant in self.tenants)

    @property
    def idle(self) -> int:
        """The last schedules of the large tenant, which never ran."""
        return self.busy // RUNS_EACH - 1

    @property
    def runs(self) -> int:
        return self.schedules * RUNS_EACH

    @property
    def all_entries(self) -> int:
        return self.entries + sum(tenant.entries for tenant in self.tenants)


def _shape(
    name: str,
    people: Sequence[int],
    schedules: Sequence[int],
    campaigns: Sequence[int],
    entries: Sequence[int],
    *,
    days: int,
    busy: int,
    installation: int,
) -> Shape:
    tenants: list[TenantShape] = []
    for number, row in enumerate(zip(people, schedules, campaigns, entries, strict=True)):
        before = tenants[-1] if tenants else None
        first_person = before.first_person + before.people if before else 0
        first_schedule = before.first_schedule + before.schedules if before else 0
        of_people, of_schedules, of_campaigns, of_entries = row
        tenants.append(
            TenantShape(
                *(number, of_people, first_person, of_schedules, first_schedule),
                *(of_campaigns, days, of_entries),
            )
        )
    return Shape(name, tuple(tenants), busy, installation)


def _unlike(total: int, count: int) -> list[int]:
    """The total in so many parts of unlike sizes, the largest first: the sixth is half of the
    first."""
    weights = [1 / (place + 5) for place in range(count)]
    parts = [max(1, int(total * weight / sum(weights))) for weight in weights]
    parts[0] += total - sum(parts)
    return parts


def _full() -> Shape:
    others = 200 - 3
    hundreds = [100] * 3
    rest = 2_000 - 100 - 11 - 100 - sum(hundreds)
    few = others - len(hundreds)
    people = [rest // few + (place < rest % few) for place in range(few)]
    return _shape(
        "full",
        [100, 11, 100, *hundreds, *people],
        [20_000, 20, 20, *_unlike(80_000 - 40, others)],
        [200, 20, 20, *[50] * 10, *[0] * (others - 10)],
        [40_000, 100, 100, *_unlike(140_000 - 200, others)],
        days=365,
        busy=10_000,
        installation=20_000,
    )


def _small() -> Shape:
    return _shape(
        "small",
        [100, 11, 100],
        [60, 20, 20],
        [200, 20, 20],
        [600, 100, 100],
        days=60,
        busy=100,
        installation=200,
    )


def _tiny() -> Shape:
    """For the test of the benchmark itself."""
    return _shape(
        "tiny",
        [4, 3, 3],
        [12, 4, 4],
        [2, 1, 1],
        [30, 10, 10],
        days=5,
        busy=20,
        installation=10,
    )


SHAPES = {shape.name: shape for shape in (_full(), _small(), _tiny())}
