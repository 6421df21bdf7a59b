"""Endpoints of webhooks: create, change, rotate the secret, test.

Only those who may change scheduled exports see them: an address may hold a secret.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from exports_app.domain import bounds
from exports_app.domain.access import Permission, Principal, require_own_password
from exports_app.domain.errors import LimitReached, NotFound, VersionConflict
from exports_app.outbound.guard import Guard
from exports_app.services.audit import audit_log
from exports_app.services.core.authorization import own_tenant, require
from exports_app.services.core.change_events import Change, Changes, Topic
from exports_app.services.core.current_rights import write_as
from exports_app.services.core.field_rules import is_uuid
from exports_app.services.core.interfaces import Clock, Store, Transaction
from exports_app.services.core.rate_limits import Counts, RateLimit
from exports_app.services.core.records import Action, Webhook, WebhookDelivery, new_id
from exports_app.services.events import noting
from exports_app.services.keys.encryption import Encryption
from exports_app.services.webhooks import rules, signing
from exports_app.services.webhooks.rules import WebhookDraft

OVERLAP = timedelta(hours=24)
"""How long messages are signed with the previous secret, too."""
TEST_RATE = "10/minute"
"""Tests of one user."""
SWITCHED_OFF = "the webhook was switched off"


@dataclass(frozen=True)
class KnownWebhook:
    """created_by: the name of the person."""

    webhook: Webhook
    created_by: str


class Webhooks:
    """All methods raise OwnPasswordFirst; NotFound for another tenant's; Forbidden for those who
    may not change scheduled exports; KeyIsLimited for a key for chosen ones."""

    def __init__(
        self,
        store: Store,
        changes: Changes,
        clock: Clock,
        encryption: Encryption,
        guard: Guard,
        counts: Counts,
    ) -> None:
        self._store = store
        self._changes = changes
        self._clock = clock
        self._encryption = encryption
        self._guard = guard
        self._limit = RateLimit(TEST_RATE, counts, "webhook-test")

    def find(self, who: Principal, tenant_id: str | None) -> list[KnownWebhook]:
        """Of a tenant, sorted by name; None: the caller's only one. Raises Invalid where there are
        several."""
        require_own_password(who)
        tenant_id = own_tenant(who, Permission.WRITE, tenant_id)
        with self._store.read() as tx:
            return _known(tx, tx.webhooks.of_tenant(tenant_id))

    def get(self, who: Principal, webhook_id: str) -> KnownWebhook:
        with self._store.read() as tx:
            return _known(tx, [webhook_of(tx, who, webhook_id)])[0]

    def scheduled_exports(self, who: Principal, webhook_id: str) -> list[tuple[str, str]]:
        """Ids and names of the chosen ones that still exist, by name; empty where it gets the
        events of all."""
        with self._store.read() as tx:
            webhook = webhook_of(tx, who, webhook_id)
            found = tx.schedules.of_ids(webhook.schedule_ids or ())
            return sorted(((one.id, one.name) for one in found), key=lambda one: one[1].casefold())

    def check(self, who: Principal, tenant_id: str | None) -> str:
        """The tenant to create one in. Raises what `create` raises for a caller who may not."""
        require_own_password(who)
        return own_tenant(who, Permission.WRITE, tenant_id)

    def create(
        self, who: Principal, tenant_id: str | None, draft: WebhookDraft
    ) -> tuple[KnownWebhook, str]:
        """Also returns the secret, which is not shown again. Raises Invalid; Conflict where there
        are too many."""
        tenant_id = self.check(who, tenant_id)
        draft = rules.check(draft, self._guard)
        secret = signing.new_secret()
        with write_as(self._store, who) as (tx, who):
            require(who, Permission.WRITE, tenant_id)
            if tx.tenants.get(tenant_id, lock=True) is None:  # one at a time counts and adds
                raise NotFound
            if len(tx.webhooks.of_tenant(tenant_id)) >= bounds.WEBHOOKS:
                raise LimitReached(
                    f"There are {bounds.WEBHOOKS} webhooks, the most there can be: delete one first"
                )
            rules.check_schedules(tx, tenant_id, draft.schedule_ids)
            now = self._clock()
            webhook = Webhook(
                id=new_id(),
                tenant_id=tenant_id,
                **_columns(draft),
                secret=self._encryption.encrypt(secret),
                created_by=who.user_id,
                created_at=now,
                updated_at=now,
            )
            tx.webhooks.add(webhook)
            note_webhook(tx, who, Action.WEBHOOK_CREATED, webhook, now, events=webhook.events)
            made = _known(tx, [webhook])[0]
        self._publish(tenant_id)
        return made, secret

    def update(
        self,
        who: Principal,
        webhook_id: str,
        values: Mapping[str, Any],
        version: int | None = None,
    ) -> KnownWebhook:
        """values: the fields of a WebhookDraft to change. Switched off, it gets no events, and what
        waits is cancelled. version: the one that the caller saw. Raises Invalid, and
        VersionConflict."""
        with write_as(self._store, who) as (tx, who):
            old = webhook_of(tx, who, webhook_id, lock=True)
            if version is not None and version != old.version:
                raise VersionConflict
            seen = rules.draft_of(old)
            draft = rules.check(replace(seen, **values), self._guard, seen)
            if draft.schedule_ids != old.schedule_ids:
                rules.check_schedules(tx, old.tenant_id, draft.schedule_ids)
            now = self._clock()
            updated = self._change(tx, who, old, draft, now)
            known = _known(tx, [updated])[0]
        if updated is not old:
            self._publish(old.tenant_id)
        return known

    def remove(self, who: Principal, webhook_id: str, version: int | None = None) -> None:
        """With its deliveries; what waits is not sent. Raises VersionConflict."""
        with write_as(self._store, who) as (tx, who):
            webhook = webhook_of(tx, who, webhook_id, lock=True)
            if version is not None and version != webhook.version:
                raise VersionConflict
            tx.webhooks.remove(webhook.id)
            note_webhook(tx, who, Action.WEBHOOK_DELETED, webhook, self._clock())
        self._publish(webhook.tenant_id)

    def rotate_secret(
        self, who: Principal, webhook_id: str, version: int | None = None
    ) -> tuple[KnownWebhook, str]:
        """A new secret, which is not shown again. For OVERLAP, messages are signed with the old one
        too. Raises VersionConflict."""
        secret = signing.new_secret()
        with write_as(self._store, who) as (tx, who):
            old = webhook_of(tx, who, webhook_id, lock=True)
            if version is not None and version != old.version:
                raise VersionConflict
            now = self._clock()
            values = {
                "secret": self._encryption.encrypt(secret),
                "previous_secret": old.secret,
                "previous_until": now + OVERLAP,
                "updated_at": now,
            }
            rotated = _write(tx, old, values)
            note_webhook(tx, who, Action.WEBHOOK_SECRET_ROTATED, rotated, now)
            known = _known(tx, [rotated])[0]
        self._publish(old.tenant_id)
        return known, secret

    def send_test(self, who: Principal, webhook_id: str) -> WebhookDelivery:
        """Queue a ``ping``, also to one that is switched off. It is sent once, and not tried again.
        Raises TooManyRequests."""
        with self._store.read() as tx:
            webhook_of(tx, who, webhook_id)
        self._limit.hit(who.user_id)
        with write_as(self._store, who) as (tx, who):
            webhook, now = webhook_of(tx, who, webhook_id, lock=True), self._clock()
            delivery = noting.ping(tx, webhook, audit_log.actor(tx, who), now)
            tx.webhooks.change(webhook.id, {"rest_until": None})
            note_webhook(tx, who, Action.WEBHOOK_TESTED, webhook, now)
        self._publish(webhook.tenant_id)
        return delivery

    def _change(
        self, tx: Transaction, who: Principal, old: Webhook, draft: WebhookDraft, now: datetime
    ) -> Webhook:
        """Returns the old one itself where nothing differs."""
        values = {k: v for k, v in _columns(draft).items() if v != getattr(old, k)}
        if not values:
            return old
        # The address may hold a secret
        shown = {k: v for k, v in values.items() if k != "url"}
        changed = audit_log.changed(vars(old), shown)
        if "url" in values:
            changed["url"] = ["…", "…"]
        if values.get("is_active") or "url" in values:  # what failed was another address
            values |= {"failing_since": None, "warned_at": None, "rest_until": None}
        if values.get("is_active"):
            values["disabled_reason"] = None
        updated = _write(tx, old, {**values, "updated_at": now})
        if values.get("is_active") is False:
            tx.webhook_deliveries.cancel(old.id, SWITCHED_OFF, now)
        note_webhook(tx, who, Action.WEBHOOK_UPDATED, updated, now, changed=changed)
        return updated

    def _publish(self, tenant_id: str) -> None:
        self._changes.publish(Change(Topic.WEBHOOKS, tenant_id))


def webhook_of(tx: Transaction, who: Principal, webhook_id: str, *, lock: bool = False) -> Webhook:
    """Raises NotFound (also for another tenant's), then Forbidden."""
    require_own_password(who)
    webhook = tx.webhooks.get(webhook_id, lock=lock) if is_uuid(webhook_id) else None
    if webhook is None:
        raise NotFound
    require(who, Permission.WRITE, webhook.tenant_id)
    return webhook


def _write(tx: Transaction, old: Webhook, values: Mapping[str, Any]) -> Webhook:
    if not tx.webhooks.update(old.id, old.version, values):
        raise VersionConflict
    return replace(old, **values, version=old.version + 1)


def _columns(draft: WebhookDraft) -> dict[str, Any]:
    ids = None if draft.schedule_ids is None else list(draft.schedule_ids)
    return {**vars(draft), "events": list(draft.events), "schedule_ids": ids}


def _known(tx: Transaction, webhooks: Sequence[Webhook]) -> list[KnownWebhook]:
    names = tx.users.names({one.created_by for one in webhooks})
    return [KnownWebhook(one, names.get(one.created_by, audit_log.GONE)) for one in webhooks]


def note_webhook(
    tx: Transaction,
    who: Principal | str,
    action: Action,
    webhook: Webhook,
    now: datetime,
    **detail: Any,
) -> None:
    audit_log.note(
        *(tx, who, action, now),
        tenant_id=webhook.tenant_id,
        subject_id=webhook.id,
        subject_name=webhook.name,
        **detail,
    )
