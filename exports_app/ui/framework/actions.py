"""What a client may call. `@action` only marks a handler; the Guard, asked before any handler runs,
refuses everything else.

Every public method of a State can be called by any websocket client, whatever the page shows:
hiding a button is no authorisation. The mark names a permission; who asks is read from the database
at each event; in which tenant they may, the services decide.
"""

import inspect
from collections.abc import Callable, Coroutine, Hashable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial, wraps
from typing import Any, Concatenate, ParamSpec, TypeVar

import reflex as rx
from reflex_base.registry import RegistrationContext

from exports_app import log
from exports_app.domain.access import Permission, Principal
from exports_app.domain.errors import ExportsError, Invalid
from exports_app.domain.humanize import sentence
from exports_app.services.core.authorization import visible
from exports_app.services.identity.sessions import id_of
from exports_app.ui.framework import payload, refresh_group
from exports_app.ui.framework.browser_commands import notify
from exports_app.ui.framework.services import services
from exports_app.ui.framework.threads import in_thread

MARK = "_exports_rule"
UNEXPECTED = "Something went wrong on our side; nothing was changed. Try again in a moment."

P = ParamSpec("P")
R = TypeVar("R")
Handler = Callable[..., Coroutine[Any, Any, Any]]
_log = log.get(__name__)


@dataclass(frozen=True)
class Rule:
    """permission: held in at least one tenant; None: being signed in is enough. public: anyone.
    longest: characters of the parameters that may hold more than `payload.TEXT`."""

    permission: Permission | None = None
    public: bool = False
    longest: Mapping[str, int] = field(default_factory=dict, hash=False)


@dataclass(frozen=True)
class Actor:
    """Who stands behind the event. session: the id in the cookie, a secret."""

    who: Principal
    session: str
    tenant_id: str | None
    """Chosen last in this session."""
    ends_at: datetime | None = None
    """When the session ends if it is not used again."""

    def __repr__(self) -> str:
        return f"Actor({self.who.user_id})"


_actor: ContextVar[Actor | None] = ContextVar("actor", default=None)


def begin(actor: Actor | None) -> None:
    """For the Guard: the event that runs now acts for them."""
    _actor.set(actor)


def actor() -> Actor:
    current = _actor.get()
    if current is None:
        raise RuntimeError("nobody is signed in here: the handler is public, or no action")
    return current


def signed_in() -> bool:
    """For public actions."""
    return _actor.get() is not None


def principal() -> Principal:
    return actor().who


async def call(
    method: Callable[Concatenate[Principal, P], R], *args: P.args, **kwargs: P.kwargs
) -> R:
    """What a service's method returns for whoever is signed in. In a thread, since it waits for
    the database."""
    return await in_thread(method, principal(), *args, **kwargs)


async def read(
    method: Callable[Concatenate[Principal, str, P], R],
    tenant_id: str,
    *args: P.args,
    **kwargs: P.kwargs,
) -> R:
    """As `call`, for what only reads: pages of the same session that are refreshed together share
    the answer."""
    caller = actor()
    key, asked = (id_of(caller.session), method), (caller.who, tenant_id, args, kwargs)
    return await _shared(key, asked, method, tenant_id, *args, **kwargs)


async def read_of_tenant(
    method: Callable[Concatenate[Principal, str, P], R],
    tenant_id: str,
    *args: P.args,
    **kwargs: P.kwargs,
) -> R:
    """As `read`, for answers that are the same for everyone who sees the tenant: all pages that are
    refreshed together share them. Raises NotFound, Forbidden."""
    visible(principal(), tenant_id)
    return await _shared((tenant_id, method), (args, kwargs), method, tenant_id, *args, **kwargs)


async def _shared(
    key: Hashable,
    asked: Any,
    method: Callable[Concatenate[Principal, str, P], R],
    tenant_id: str,
    *args: P.args,
    **kwargs: P.kwargs,
) -> R:
    if (group := refresh_group.current()) is None:
        return await call(method, tenant_id, *args, **kwargs)
    read_now = partial(method, principal(), tenant_id, *args, **kwargs)
    return await group.share(key, asked, partial(group.together, (tenant_id, method), read_now))


def error_sentence(error: ExportsError) -> str:
    """The error as a sentence for people: of wrong fields the first, without its name in the
    API."""
    return sentence(
        error.errors[0].detail if isinstance(error, Invalid) and error.errors else error.message
    )


def note_refusal(error: ExportsError, what: str) -> None:
    """In the audit, where it refuses a right to someone who is signed in. what: was called."""
    if (current := _actor.get()) is not None:
        services.repeated_entries.refused(current.who, error, what)


def action(
    permission: Permission | None = None,
    *,
    public: bool = False,
    background: bool = False,
    longest: Mapping[str, int] | None = None,
) -> Callable[[Handler], Any]:
    """Marks an async handler as callable, by whoever holds the permission somewhere: READ for what
    shows something, WRITE for what changes or sends something. None: by all who are signed in.

    A product's error becomes a notice with its sentence; any other is logged and becomes a plain
    one. background: runs beside the tab's other events and writes its State within ``async with
    self``. longest: see `Rule`; a value that is larger than it may be is refused before the handler
    runs.
    """
    rule = Rule(permission, public, longest or {})

    def mark(fn: Handler) -> Any:
        guarded = _guarded(fn, rule, background=background)
        setattr(guarded, MARK, rule)
        return rx.event(background=background)(guarded)

    return mark


def _guarded(fn: Handler, rule: Rule, *, background: bool) -> Handler:
    """The handler, with its values checked first and its errors shown as notices."""
    if not inspect.iscoroutinefunction(fn):
        raise TypeError(f"{fn.__qualname__}: an action is an async function that yields nothing")
    names = list(inspect.signature(fn).parameters)[1:]

    @wraps(fn)
    async def guarded(self: Any, *args: Any, **kwargs: Any) -> Any:
        try:
            payload.check([*zip(names, args, strict=False), *kwargs.items()], rule.longest)
            return await fn(self, *args, **kwargs)
        except ExportsError as e:
            text = error_sentence(e)
            note_refusal(e, fn.__qualname__)
        except Exception:  # noqa: BLE001  (logged; the page goes on)
            _log.exception("an action failed", action=fn.__qualname__)
            text = UNEXPECTED
        if background:
            async with self:
                await notify(self, "error", text)
        else:
            await notify(self, "error", text)
        return None

    return guarded


def rules() -> dict[str, Rule]:
    """Full event name -> rule, of every marked handler."""
    handlers = RegistrationContext.get().event_handlers.items()
    return {
        name: rule
        for name, registered in handlers
        if (rule := getattr(registered.handler.fn, MARK, None))
    }


def unmarked() -> list[str]:
    """Handlers of our own States that are no actions. The start refuses them by name.

    Reflex gives every State a ``setvar``; it has no mark either, so that the Guard refuses it.
    """
    return sorted(
        name
        for name, registered in RegistrationContext.get().event_handlers.items()
        if registered.states
        and registered.states[0].__module__.startswith("exports_app.")
        and not name.endswith(".setvar")
        and not hasattr(registered.handler.fn, MARK)
    )
