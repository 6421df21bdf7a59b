"""The private parts of Reflex and Socket.IO that the app needs, behind public functions.

Neither has a public way to do this. The versions of both are pinned: look here when one changes.
"""

from collections.abc import Callable, Collection, Iterable
from typing import Any

import reflex as rx
from redis.asyncio import Redis
from reflex.istate.manager.memory import StateManagerMemory
from reflex.istate.manager.redis import StateManagerRedis
from reflex.istate.manager.token import BaseStateToken
from reflex.state import BaseState
from reflex.utils import prerequisites

from exports_app.redis_credentials import CurrentCredentials

Handler = Callable[..., Any]


def packet_handlers(sio: Any) -> tuple[Handler, Handler]:
    """What Socket.IO calls for a packet that is not read yet, and for one that it has read."""
    # Socket.IO has no hook before its own handlers
    return sio._handle_eio_message, sio._handle_event_internal  # noqa: SLF001


def replace_packet_handlers(sio: Any, unread: Handler, read: Handler) -> None:
    """Let these be called instead of `packet_handlers`."""
    sio.eio.on("message", unread)
    sio._handle_event_internal = read  # noqa: SLF001


def use_current_credentials(url: Callable[[], str]) -> None:
    """Let Reflex's clients of Redis sign in with what this URL holds at each new connection."""
    get_redis = prerequisites.get_redis

    def get_current() -> Redis | None:
        client = get_redis()
        if client is not None:
            options = client.connection_pool.connection_kwargs
            options.pop("username", None)
            options.pop("password", None)
            options["credential_provider"] = CurrentCredentials(url)
        return client

    # All of Reflex's clients come from here; it takes nothing but a URL
    prerequisites.get_redis = get_current


async def is_connected(app: rx.App, key: str) -> bool:
    """Whether the tab has a websocket, on this server or another."""
    return app.event_namespace is not None and await _sockets_by_tab(app).is_token_connected(key)


def can_reach(app: rx.App, key: str) -> bool:
    """Whether an update for the tab may arrive: it is connected here or, with Redis, perhaps
    elsewhere."""
    manager = _sockets_by_tab(app)
    return hasattr(manager, "redis") or key in manager.token_to_socket


def _sockets_by_tab(app: rx.App) -> Any:
    namespace: Any = app.event_namespace
    # Its public maps know only this server's tabs
    return namespace._token_manager  # noqa: SLF001


def pending_events(app: rx.App, key: str) -> Collection[Any]:
    """The tab's events: the first is running, the others wait."""
    # Reflex has no public access to its queues
    return app.event_processor._token_queues.get(key, ())  # noqa: SLF001


def cancel_waiting_events(app: rx.App, key: str) -> None:
    for entry, _ in list(pending_events(app, key))[1:]:
        # Only the caller of enqueue gets the future
        if future := app.event_processor._futures.get(entry.ctx.txid):  # noqa: SLF001
            future.cancel()


async def drop_states(app: rx.App, key: str, kinds: Iterable[type[BaseState]]) -> bool:
    """Remove the tab's states from memory or Redis. Returns False where they are in use."""
    manager, token = app.state_manager, BaseStateToken(ident=key, cls=rx.State)
    if isinstance(manager, StateManagerMemory):
        # Reflex has no public way to ask for the lock without waiting
        lock = manager._states_locks.get(key)  # noqa: SLF001
        if lock is not None and lock.locked():
            return False
        # By itself Reflex removes states only when they expire
        manager._purge_token(token)  # noqa: SLF001
    elif isinstance(manager, StateManagerRedis):
        await manager.redis.delete(*(str(token.with_cls(kind)) for kind in kinds))
    return True
