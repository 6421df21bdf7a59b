"""Saved views: a name for filters of the list of scheduled exports, for oneself or for all who may
read the tenant's."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from exports_app.domain import bounds
from exports_app.domain.access import Permission, Principal
from exports_app.domain.errors import (
    LimitReached,
    NameTaken,
    NotFound,
    VersionConflict,
)
from exports_app.services.audit import audit_log
from exports_app.services.core.authorization import require
from exports_app.services.core.change_events import Change, Changes, Topic
from exports_app.services.core.current_rights import write_as
from exports_app.services.core.field_rules import is_uuid, line_of
from exports_app.services.core.interfaces import Clock, Store, Transaction
from exports_app.services.core.partial import Partial
from exports_app.services.core.records import Action, SavedView, new_id
from exports_app.services.schedules import view_filters
from exports_app.services.schedules.view_filters import ViewFilters


class SavedViews:
    def __init__(self, store: Store, changes: Changes, clock: Clock) -> None:
        self._store = store
        self._changes = changes
        self._clock = clock

    def find(self, who: Principal, tenant_id: str) -> list[SavedView]:
        """The caller's own and the shared ones, by name. Raises NotFound, Forbidden."""
        require(who, Permission.READ, tenant_id)
        with self._store.read() as tx:
            if tx.tenants.get(tenant_id) is None:
                raise NotFound
            own = tx.views.of_maker(tenant_id, who.user_id)
            others = [v for v in tx.views.shared(tenant_id) if v.maker_id != who.user_id]
        return sorted([*own, *others], key=lambda view: (view.name.casefold(), view.id))

    def get(
        self, who: Principal, tenant_id: str, view_id: str, *, to_change: bool = False
    ) -> SavedView:
        """Raises NotFound, also for another person's view that is not shared; to_change: then
        Forbidden, for a shared one without the right to write."""
        with self._store.read() as tx:
            view = _view(tx, who, tenant_id, view_id)
        if to_change:
            _require_change(who, view, shared=view.is_shared)
        return view

    def create(
        self,
        who: Principal,
        tenant_id: str,
        name: str,
        filters: ViewFilters,
        *,
        is_shared: bool = False,
    ) -> SavedView:
        """Raises NotFound, Invalid; Forbidden for a shared one without the right to write; Conflict
        where the caller has a view of this name, or too many."""
        permission = Permission.WRITE if is_shared else Permission.READ
        require(who, permission, tenant_id)
        name, filters = line_of(name, bounds.VIEW_NAME), view_filters.check(filters)
        with write_as(self._store, who) as (tx, who):
            require(who, permission, tenant_id)
            if tx.tenants.get(tenant_id, lock=True) is None:  # one at a time counts and adds
                raise NotFound
            own = tx.views.of_maker(tenant_id, who.user_id)
            if len(own) >= bounds.VIEWS:
                most = f"You have {bounds.VIEWS} views here, the maximum"
                raise LimitReached(f"{most}: delete one first")
            _check_name(own, name)
            now = self._clock()
            view = SavedView(
                *(new_id(), tenant_id, who.user_id, name, filters.to_json(), is_shared, now, now)
            )
            tx.views.add(view)
            if is_shared:
                self._note(tx, who, Action.VIEW_SHARED, view)
        self._publish(tenant_id)
        return view

    def update(
        self,
        who: Principal,
        tenant_id: str,
        view_id: str,
        values: Mapping[str, Any],
        version: int | None = None,
    ) -> SavedView:
        """values: the name, the filters (ViewFilters, or Partial) and is_shared, as far as they
        change. version: the one that the caller saw. Raises NotFound, Forbidden, Invalid,
        Conflict."""
        new = dict(values)
        if "name" in new:
            new["name"] = line_of(new["name"], bounds.VIEW_NAME)
        with write_as(self._store, who) as (tx, who):
            old = _view(tx, who, tenant_id, view_id, lock=True)
            _require_change(who, old, shared=old.is_shared or bool(new.get("is_shared")))
            if version is not None and version != old.version:
                raise VersionConflict
            if "filters" in new:
                new["filters"] = _filters(old, new["filters"])
            changed = {key: value for key, value in new.items() if value != getattr(old, key)}
            if not changed:
                return old
            if "name" in changed:
                own = tx.views.of_maker(tenant_id, old.maker_id)
                _check_name([view for view in own if view.id != view_id], changed["name"])
            written = {**changed, "updated_at": self._clock(), "version": old.version + 1}
            if not tx.views.update(view_id, old.version, written):
                raise VersionConflict
            view = replace(old, **written)
            if view.is_shared or old.is_shared:
                action = Action.VIEW_UPDATED if old.is_shared else Action.VIEW_SHARED
                self._note(tx, who, action, view, audit_log.changed(vars(old), changed))
        self._publish(tenant_id)
        return view

    def delete(
        self, who: Principal, tenant_id: str, view_id: str, version: int | None = None
    ) -> None:
        """version: as of `update`. Raises NotFound, Forbidden, Conflict."""
        with write_as(self._store, who) as (tx, who):
            old = _view(tx, who, tenant_id, view_id, lock=True)
            _require_change(who, old, shared=old.is_shared)
            if version is not None and version != old.version:
                raise VersionConflict
            tx.views.remove(view_id)
            if old.is_shared:
                self._note(tx, who, Action.VIEW_DELETED, old)
        self._publish(tenant_id)

    def _note(
        self,
        tx: Transaction,
        who: Principal,
        action: Action,
        view: SavedView,
        changed: Mapping[str, Any] | None = None,
    ) -> None:
        subject: dict[str, Any] = {
            "tenant_id": view.tenant_id,
            "subject_id": view.id,
            "subject_name": view.name,
        }
        detail: dict[str, Any] = {"changed": changed} if changed else {}
        audit_log.note(tx, who, action, self._clock(), **subject, **detail)

    def _publish(self, tenant_id: str) -> None:
        self._changes.publish(Change(Topic.SCHEDULES, tenant_id))


def _view(
    tx: Transaction, who: Principal, tenant_id: str, view_id: str, *, lock: bool = False
) -> SavedView:
    require(who, Permission.READ, tenant_id)
    view = tx.views.get(view_id, lock=lock) if is_uuid(view_id) else None
    if view is None or view.tenant_id != tenant_id:
        raise NotFound
    if not view.is_shared and view.maker_id != who.user_id:
        raise NotFound
    return view


def _filters(old: SavedView, new: ViewFilters | Partial) -> dict[str, Any]:
    """As they are stored: unchanged ones with those that this version does not know. Raises
    Invalid."""
    known, _ = view_filters.read(old.filters)
    filters = view_filters.check(new.of(known) if isinstance(new, Partial) else new)
    return old.filters if filters == known else filters.to_json()


def _require_change(who: Principal, view: SavedView, *, shared: bool) -> None:
    """A shared view is changed by who may change the tenant's scheduled exports."""
    require(who, Permission.WRITE if shared else Permission.READ, view.tenant_id)


def _check_name(views: Sequence[SavedView], name: str) -> None:
    if any(view.name.casefold() == name.casefold() for view in views):
        raise NameTaken(f"You already have a view named “{name}”: choose another name")
