"""Who presents the token of a feed."""

from exports_app import log
from exports_app.domain import api_keys
from exports_app.domain.access import Permission, Principal
from exports_app.domain.errors import DemoIsLocal, NotFound
from exports_app.services.core.current_rights import by_feed
from exports_app.services.core.interfaces import Store
from exports_app.services.core.records import Feed
from exports_app.services.identity.authentication import Auth, may_call
from exports_app.services.identity.key_uses import KeyUses

GONE = (
    "This feed does not exist, was revoked, or its owner has no access any more: create a new one"
)


class FeedTokens:
    def __init__(self, store: Store, auth: Auth, uses: KeyUses) -> None:
        self._store = store
        self._auth = auth
        self._uses = uses

    def reader(self, token: str) -> tuple[Feed, Principal]:
        """The feed, and its owner's rights as of now, as far as the feed goes. Raises NotFound,
        also while the owner may not read the tenant; DemoIsLocal; TooManyRequests by principal."""
        if not api_keys.is_whole(token, api_keys.FEED_PREFIX):
            raise NotFound(GONE)
        with self._store.read() as tx:
            feed = tx.feeds.by_hash(api_keys.hash_of(token))
            user = tx.users.get(feed.user_id) if feed else None
            if feed is None or user is None or not user.is_active:
                raise NotFound(GONE)
            if not may_call(user):
                raise DemoIsLocal
            need = self._auth.super_admins_need_otp
            who = by_feed(tx, user, feed, super_admins_need_otp=need)
        if not who.can(Permission.READ, feed.tenant_id):
            raise NotFound(GONE)
        self._auth.count_call(who)
        log.note(feed=feed.id, tenant=feed.tenant_id)
        self._uses.note(feed.id)
        return feed, who
