"""The Reflex app: mount the API, start the engine and the live push, load the pages.

A build imports this too: nothing is opened here.
"""

import asyncio
import gc
import sys
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, nullcontext

import anyio.to_thread
import reflex as rx
from reflex.app import default_error_boundary
from reflex.utils.prerequisites import get_web_dir
from reflex_base.environment import environment
from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.types import ASGIApp

from exports_app import log, plugins, settings, tracing, wiring
from exports_app.api.app import create
from exports_app.api.middleware.gateway import Edge
from exports_app.api.middleware.proxies import TrustedProxies, UnknownProxy
from exports_app.api.serving import Serving
from exports_app.db.process_registry import ProcessKind
from exports_app.engine.local import LocalEngine
from exports_app.launch import address, stopping, worker
from exports_app.services.core import request_context
from exports_app.ui.framework import actions, guard, page
from exports_app.ui.framework.live import Live
from exports_app.ui.layout.shell import shell
from exports_app.ui.websockets import frames, reflex_internals
from exports_app.ui.websockets.connection_watch import ConnectionWatch
from exports_app.ui.websockets.connections import Sockets
from exports_app.ui.websockets.gate import Gate
from exports_app.ui.websockets.incident_log import incidents
from exports_app.ui.websockets.tab_states import Tabs

THREADS = 16
"""For what has no threads of its own. Requests and pages have lanes (`services/core/lanes.py`)."""
SWITCH_SECONDS = 0.001
"""For which a thread keeps Python's lock when others wait for it; by default 5 ms. The event loop
waits behind all threads at work: with it health, and every request at its beginning and its end."""
REQUEST_THREADS = 64
"""For requests: the lanes decide how many are at work, and a few more read and write files."""

_engine: LocalEngine | None = None
_live = Live()
_tabs = Tabs()
_sockets: Sockets | None = None
_serving = Serving()
_log = log.get(__name__)


def _engine_alive() -> bool:
    return _engine is not None and _engine.alive


def _drain() -> None:
    _serving.drain()
    if _engine is not None:
        _engine.drain()
    _log.info("the server drains", seconds=settings.get().drain_seconds)


def _hurry() -> None:
    if _engine is not None:
        _engine.hurry()
    _log.info("the server stops at once")


def _edge(reflex: ASGIApp) -> ASGIApp:
    """Called when the server starts, never in a build."""
    global _sockets  # noqa: PLW0603 (the one of the process)
    current = settings.get()
    pages = (
        get_web_dir() / "build" / "client"
        if environment.REFLEX_MOUNT_FRONTEND_COMPILED_APP.get()
        else None
    )
    _sockets = Sockets(reflex, _tabs.is_session)
    api = create(wiring.services(), _engine_alive, _serving)
    edge = Edge(_sockets, api, pages, current.public_url, _serving, current.cors_origins)
    trusted = TrustedProxies(edge, current.trusted_proxies)
    return trusted if current.public_url else UnknownProxy(trusted)


def _through_the_gateway(app: Starlette) -> None:
    """Reflex calls it for its outermost app, which passes on the paths that a pattern matches. None
    with an encoded newline does: it would be answered without the gateway."""
    for mount in [route for route in app.routes if isinstance(route, Mount)]:
        app.routes.remove(mount)
        app.router.default = mount.app


def _unforeseen(exception: Exception) -> None:
    """An error that no action caught, e.g. of values that a handler does not take: logged without
    the values, and only a limited number of times."""
    incidents.note(
        f"an event failed: {type(exception).__name__}",
        request_context.current().address,
        error=True,
    )


# Reflex itself would answer preflight requests of every site, before the gateway. No other origin
# may read anything here
rx.App._add_cors = staticmethod(_through_the_gateway)  # type: ignore[method-assign, assignment]  # noqa: SLF001 (Reflex has no setting for it)
reflex_internals.use_current_credentials(settings.get().current_redis)
wiring.load_plugins()  # the pages' selects are made of the registries
app = rx.App(
    api_transformer=_edge,
    # Without Reflex's own overlay: it shows lost connections by eval, which our policy forbids;
    # ui/components/browser.py does
    app_wraps={(55, "ErrorBoundary"): lambda _: default_error_boundary(on_error=rx.noop())},
    backend_exception_handler=_unforeseen,
    # One at a time; those before it that still wait are behind it
    toaster=rx.toast.provider(
        position="bottom-right", offset="16px", rich_colors=False, visible_toasts=1
    ),
    stylesheets=["/ui.css"],
    html_lang="en",
    head_components=[rx.el.link(rel="icon", type="image/svg+xml", href="/favicon.svg")],
)
plugins.load("exports_app.ui.pages")
for left_out in plugins.left_out("exports_app.ui.pages"):
    _log.warning(str(left_out))
_loads, _refreshers = page.install(app, shell)
_live.refreshers = frozenset(_refreshers)
app.add_middleware(
    guard.Guard(
        _loads | _refreshers,
        _live.seen,
        lambda key, signed_in: _tabs.known(key, signed_in=signed_in),
        _live.group_of,
    )
)
_gate = Gate(app, _tabs, _live.left)
frames.install(app.sio)
if forgotten := actions.unmarked():
    raise RuntimeError(f"not an @action, so that nobody may call it: {', '.join(forgotten)}")


@app.register_lifespan_task
@asynccontextmanager
async def _serve() -> AsyncIterator[None]:
    global _engine  # noqa: PLW0603 (the one engine of the process, whose life is this function)
    current = settings.get()
    with worker.alone(current):
        sys.setswitchinterval(SWITCH_SECONDS)
        # Python's default number depends on the cores
        asyncio.get_running_loop().set_default_executor(
            ThreadPoolExecutor(THREADS, thread_name_prefix="call")
        )
        anyio.to_thread.current_default_thread_limiter().total_tokens = REQUEST_THREADS
        services = wiring.services()
        # Where there are workers, they execute the runs; without one this process does
        _engine = LocalEngine(
            services,
            executes=lambda: (
                services.database.embedded
                or not services.process_registry.count(ProcessKind.WORKER)
            ),
        )
        with services.changes.listen():
            _gate.remember_few_routes()
            watched = ConnectionWatch(_sockets).watch() if _sockets else nullcontext()
            # The program's own objects stay to the end: going over them at each collection would
            # hold up all clicks
            gc.collect()
            gc.freeze()
            # A full collection waits until the new objects are a quarter of those that the last one
            # saw. This one sees none: closed tabs' states are freed soon, not after some 80 MB
            gc.collect()
            async with (
                _live.run(app, services.changes, services.clock),
                _tabs.run(app),
                watched,
                _engine.run(),
            ):
                with stopping.on_sigterm(_drain, _hurry, current.drain_seconds, current.port):
                    url = address.url(current.host, current.port)
                    print(f"exports_app: ready on {url}", flush=True)  # noqa: T201 (for whoever started it)
                    _serving.started()
                    yield
        await asyncio.to_thread(tracing.stop)
