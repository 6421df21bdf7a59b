"""One change of many scheduled exports, a batch of them in each transaction; or of a single one."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, TypeVar

from exports_app.domain import bounds
from exports_app.domain.access import Permission, Principal, require_own_password
from exports_app.domain.errors import ExportsError, FieldError, Invalid, NotFound, Unavailable
from exports_app.services.core.authorization import require_of_schedule
from exports_app.services.core.change_events import Change, Changes, Topic
from exports_app.services.core.current_rights import write_as
from exports_app.services.core.field_rules import is_uuid
from exports_app.services.core.interfaces import Clock, Store, Transaction
from exports_app.services.core.records import Schedule, Tenant
from exports_app.services.schedules import edits
from exports_app.services.schedules.edits import Edit

BATCH = 100
"""In one transaction: SQLite's other writers wait for it."""
T = TypeVar("T")


@dataclass(frozen=True)
class Batch:
    """Within one transaction. tenants: of the schedules, locked; empty where the work does not ask
    for it."""

    tx: Transaction
    who: Principal
    tenants: Mapping[str, Tenant]
    _known: dict[str, Any] = field(default_factory=dict)

    def once(self, key: str, read: Callable[[], T]) -> T:
        """What is read once in the transaction."""
        if key not in self._known:
            self._known[key] = read()
        known: T = self._known[key]
        return known


class Work:
    """What is done to each schedule. An ExportsError of `plan` or `check` refuses the one."""

    locks_tenants = False
    """Whether its tenants are locked first: one at a time counts and adds."""
    takes_from = ""
    """As of `write_as`."""

    def of_ids(self, tx: Transaction, ids: Collection[str], *, lock: bool) -> list[Schedule]:
        return tx.schedules.of_ids(ids, lock=lock)

    def missing(self, _tx: Transaction, _who: Principal, _schedule_id: str) -> ExportsError:
        """For one that `of_ids` does not give."""
        return NotFound()

    def begin(self, tx: Transaction, who: Principal, tenant_ids: Collection[str]) -> None:
        """Before anything is locked. tenant_ids: where the caller may write. Raises what refuses
        all."""

    def plan(self, old: Schedule) -> Edit | None:
        """Outside of the transaction, unless the schedule changes meanwhile. None: there is nothing
        to change."""
        raise NotImplementedError

    def check(self, _batch: Batch, _old: Schedule, edit: Edit) -> Edit:
        """Within the transaction. The edit, or what becomes of it."""
        return edit

    def end(self, _tx: Transaction, _changed: Sequence[Schedule]) -> int:
        """How much else was changed with them."""
        return 0


@dataclass
class Outcome:
    """done: by id; None where nothing was to be changed. others: the sum of `Work.end`."""

    done: dict[str, Any] = field(default_factory=dict)
    failed: dict[str, ExportsError] = field(default_factory=dict)
    others: int = 0

    @contextmanager
    def of(self, schedule_id: str) -> Iterator[None]:
        """An ExportsError in the block is the reason why this one failed."""
        try:
            yield
        except ExportsError as e:
            self.failed[schedule_id] = e


@dataclass(frozen=True)
class One:
    """pair: the schedule before and after; None where nothing was to be changed."""

    pair: tuple[Schedule, Schedule] | None
    others: int

    @property
    def changed(self) -> Schedule:
        """Afterwards, where the work changes something in any case."""
        assert self.pair is not None
        return self.pair[1]


@dataclass(frozen=True)
class _Seen:
    """A schedule before it is locked."""

    version: int
    tenant_id: str
    edit: Edit | None


class Batches:
    def __init__(self, store: Store, changes: Changes, clock: Clock) -> None:
        self._store = store
        self._changes = changes
        self._clock = clock

    def one(self, who: Principal, schedule_id: str, work: Work) -> One:
        """Raises NotFound, Forbidden, and what the work raises."""
        outcome = self._batch(who, [schedule_id], work)
        if (error := outcome.failed.get(schedule_id)) is not None:
            raise error
        return One(outcome.done[schedule_id], outcome.others)

    def each(
        self,
        who: Principal,
        ids: Sequence[str],
        work: Work,
        keep: Callable[[Schedule, Schedule], Any] = lambda _, __: None,
    ) -> Outcome:
        """In order, each id once; what fails stops no other. keep: what of a schedule before and
        after stays in the outcome. Raises Invalid for too many."""
        check_number(ids)
        unique, total, unavailable = list(dict.fromkeys(ids)), Outcome(), None
        for at in range(0, len(unique), BATCH):
            batch = unique[at : at + BATCH]
            try:
                if unavailable is not None:  # the others would wait for the database too
                    raise unavailable
                outcome = self._batch(who, batch, work)
            except ExportsError as e:
                unavailable = e if isinstance(e, Unavailable) else None
                total.failed |= dict.fromkeys(batch, e)
                continue
            for schedule_id in batch:  # in the order of the caller
                if (error := outcome.failed.get(schedule_id)) is not None:
                    total.failed[schedule_id] = error
                else:
                    pair = outcome.done[schedule_id]
                    total.done[schedule_id] = None if pair is None else keep(*pair)
            total.others += outcome.others
        return total

    def _batch(self, who: Principal, ids: Sequence[str], work: Work) -> Outcome:
        outcome = Outcome()
        seen = self._seen(who, ids, work, outcome)
        if not seen:
            return outcome
        with write_as(self._store, who, work.takes_from) as (tx, who):
            batch = _begun(tx, who, seen, work)
            wanted = self._checked(batch, seen, work, outcome)
            changed = edits.write(tx, who, wanted, self._clock())
            outcome.others = work.end(tx, changed)
        for tenant_id in sorted({schedule.tenant_id for schedule in changed}):
            self._changes.publish(Change(Topic.SCHEDULES, tenant_id))
        pairs = zip((old for old, _ in wanted), changed, strict=True)
        outcome.done |= {old.id: (old, new) for old, new in pairs}
        return outcome

    def _seen(
        self, who: Principal, ids: Sequence[str], work: Work, outcome: Outcome
    ) -> dict[str, _Seen]:
        """Those that the caller may change."""
        require_own_password(who)
        found = list[Schedule]()
        with self._store.read() as tx:
            rows = {s.id: s for s in work.of_ids(tx, list(filter(is_uuid, ids)), lock=False)}
            for schedule_id in ids:
                with outcome.of(schedule_id):
                    if (old := rows.get(schedule_id)) is None:
                        raise work.missing(tx, who, schedule_id)
                    require_of_schedule(who, Permission.WRITE, old.tenant_id, old.id)
                    found.append(old)
            if found:
                work.begin(tx, who, {old.tenant_id for old in found})
        seen = {}
        for old in found:
            with outcome.of(old.id):
                seen[old.id] = _Seen(old.version, old.tenant_id, work.plan(old))
        return seen

    def _checked(
        self, batch: Batch, seen: Mapping[str, _Seen], work: Work, outcome: Outcome
    ) -> list[tuple[Schedule, Edit]]:
        rows = {old.id: old for old in work.of_ids(batch.tx, seen, lock=True)}
        wanted = list[tuple[Schedule, Edit]]()
        for schedule_id, was in seen.items():
            with outcome.of(schedule_id):
                if (old := rows.get(schedule_id)) is None:
                    raise work.missing(batch.tx, batch.who, schedule_id)
                require_of_schedule(batch.who, Permission.WRITE, old.tenant_id, old.id)
                edit = was.edit if old.version == was.version else work.plan(old)
                if edit is None:
                    outcome.done[schedule_id] = None
                else:
                    wanted.append((old, work.check(batch, old, edit)))
        return wanted


def check_number(ids: Sequence[str]) -> None:
    """Raises Invalid for more than `bounds.BULK`."""
    if len(ids) > bounds.BULK:
        raise Invalid([FieldError("/ids", f"choose at most {bounds.BULK:,} at a time")])


def _begun(tx: Transaction, who: Principal, seen: Mapping[str, _Seen], work: Work) -> Batch:
    """With the tenants locked, before any schedule: others lock them first too."""
    if not work.locks_tenants:
        return Batch(tx, who, {})
    ids = sorted({old.tenant_id for old in seen.values()})
    tenants = {tenant_id: tx.tenants.get(tenant_id, lock=True) for tenant_id in ids}
    return Batch(tx, who, {key: tenant for key, tenant in tenants.items() if tenant is not None})
