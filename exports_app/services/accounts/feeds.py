"""Feeds: addresses at which calendars and feed readers read a person's scheduled exports.

The token in the address is all that a reader needs. It shows what its owner may read at that time.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from exports_app.domain import api_keys, bounds
from exports_app.domain.access import Permission, Principal, require_own_password, require_person
from exports_app.domain.errors import (
    ExportsError,
    FieldError,
    Invalid,
    LimitReached,
    NotFound,
)
from exports_app.services.audit import audit_log
from exports_app.services.core.authorization import own_tenant, schedule_of
from exports_app.services.core.current_rights import write_as
from exports_app.services.core.field_rules import is_uuid, line_of
from exports_app.services.core.interfaces import Clock, RunFilter, Store, Transaction
from exports_app.services.core.records import Action, Feed, Page, Tenant, new_id
from exports_app.services.identity.feed_tokens import FeedTokens
from exports_app.services.runs.listing import ListedRun, RunListing
from exports_app.services.schedules.upcoming import NextRun, next_runs

PATH = "/api/feeds"
CALENDAR, RUNS = "ics", "atom"
"""The ends of the two addresses."""
EPOCH = datetime.fromisoformat("1970-01-01T00:00:00+00:00")


@dataclass(frozen=True)
class KnownFeed:
    """tenant, schedule: their names; an empty text where it is gone, or the feed has no schedule of
    its own."""

    feed: Feed
    tenant: str
    schedule: str


@dataclass(frozen=True)
class Calendar:
    feed: KnownFeed
    runs: list[NextRun]


@dataclass(frozen=True)
class RunFeed:
    """runs: that ended, those that were created last, the newest end first."""

    feed: KnownFeed
    runs: list[ListedRun]


class Feeds:
    """All methods raise KeyNotAllowed for a caller with a key, and OwnPasswordFirst."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def find(self, who: Principal) -> list[KnownFeed]:
        """The caller's own, the newest first."""
        _check(who)
        with self._store.read() as tx:
            return [_known(tx, feed) for feed in tx.feeds.of_user(who.user_id)]

    def get(self, who: Principal, feed_id: str) -> KnownFeed:
        """Raises NotFound."""
        _check(who)
        with self._store.read() as tx:
            return _known(tx, _own(tx, who, feed_id))

    def create(
        self, who: Principal, name: str, tenant_id: str | None, schedule_id: str | None = None
    ) -> tuple[KnownFeed, str]:
        """Also returns the token, which nobody can find out later. tenant_id: None is the caller's
        only one, or that of the schedule. Raises NotFound, Forbidden, Invalid; Conflict where there
        are too many."""
        _check(who)
        name = line_of(name, bounds.KEY_NAME)
        with write_as(self._store, who, taking_from=who.user_id) as (tx, who):
            tenant_id = _tenant(tx, who, tenant_id, schedule_id)
            if len(tx.feeds.of_user(who.user_id)) >= bounds.FEEDS:
                raise LimitReached(
                    f"You have {bounds.FEEDS} feeds, the most there can be: revoke one first"
                )
            token, now = api_keys.new(api_keys.FEED_PREFIX), self._clock()
            feed = Feed(
                *(new_id(), who.user_id, tenant_id, schedule_id, name),
                *(token[: api_keys.SHOWN], api_keys.hash_of(token), now),
            )
            tx.feeds.add(feed)
            note(tx, who, Action.FEED_CREATED, feed, now)
            return _known(tx, feed), token

    def revoke(self, who: Principal, feed_id: str) -> None:
        """Its addresses end at once. Raises NotFound."""
        _check(who)
        with write_as(self._store, who) as (tx, who):
            feed = _own(tx, who, feed_id)
            if tx.feeds.remove(feed.id):
                note(tx, who, Action.FEED_REVOKED, feed, self._clock())


class FeedReading:
    """What the addresses answer. All methods raise what `FeedTokens.reader` raises, and NotFound
    where the feed's schedule is gone."""

    def __init__(self, store: Store, clock: Clock, tokens: FeedTokens, runs: RunListing) -> None:
        self._store = store
        self._clock = clock
        self._tokens = tokens
        self._runs = runs

    def calendar(self, token: str) -> Calendar:
        """The next FEED_DAYS, FEED_EVENTS runs at most. FEED_EVENTS_OF_EACH, so that one that runs
        each minute hides no other."""
        feed, who = self._tokens.reader(token)
        now, most, of_each = self._clock(), bounds.FEED_EVENTS, bounds.FEED_EVENTS_OF_EACH
        until = now + timedelta(days=bounds.FEED_DAYS)
        with self._store.read() as tx:
            if feed.schedule_id:
                schedule = schedule_of(tx, who, feed.schedule_id, Permission.READ)
                schedules, of_each = [schedule] if schedule.is_active else [], most
            else:
                # The first runs of all are among those of the schedules that are due first
                schedules = tx.schedules.next_due(feed.tenant_id, until, most)
            known = _known(tx, feed)
        return Calendar(known, next_runs(schedules, now, until, most, of_each))

    def runs(self, token: str) -> RunFeed:
        feed, who = self._tokens.reader(token)
        where = RunFilter(schedule_id=feed.schedule_id or "", ended_after=EPOCH)
        found, _ = self._runs.find(who, feed.tenant_id, where, Page(size=bounds.FEED_RUNS))
        with self._store.read() as tx:
            known = _known(tx, feed)
        found.sort(key=lambda listed: (listed.run.completed_at or EPOCH, listed.run.id))
        return RunFeed(known, found[::-1])


def addresses(base: str, token: str) -> dict[str, str]:
    """base: what stands before the path."""
    return {end: f"{base.rstrip('/')}{PATH}/{token}.{end}" for end in (CALENDAR, RUNS)}


def note(tx: Transaction, who: Principal | str, action: Action, feed: Feed, now: datetime) -> None:
    audit_log.note(
        *(tx, who, action, now),
        tenant_id=feed.tenant_id,
        subject_id=feed.id,
        subject_name=feed.name,
    )


def _check(who: Principal) -> None:
    require_person(who)
    require_own_password(who)


def _own(tx: Transaction, who: Principal, feed_id: str) -> Feed:
    feed = tx.feeds.get(feed_id) if is_uuid(feed_id) else None
    if feed is None or feed.user_id != who.user_id:
        raise NotFound
    return feed


def _tenant(tx: Transaction, who: Principal, tenant_id: str | None, schedule_id: str | None) -> str:
    if schedule_id is None:
        tenant_id = own_tenant(who, Permission.READ, tenant_id)
        if tx.tenants.get(tenant_id) is None:
            raise NotFound
        return tenant_id
    try:
        schedule = schedule_of(tx, who, schedule_id, Permission.READ)
    except ExportsError:
        schedule = None
    if schedule is None or tenant_id not in {None, schedule.tenant_id}:
        raise Invalid(
            [FieldError("/scheduledExportId", "is no scheduled export that you can read")]
        )
    return schedule.tenant_id


def _known(tx: Transaction, feed: Feed) -> KnownFeed:
    tenant: Tenant | None = tx.tenants.get(feed.tenant_id)
    schedule = tx.schedules.get(feed.schedule_id) if feed.schedule_id else None
    return KnownFeed(feed, tenant.name if tenant else "", schedule.name if schedule else "")
