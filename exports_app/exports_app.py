"""The Reflex app: mount the API, start the engine, load the pages. A build imports this too, so nothing is opened here."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import reflex as rx
from reflex.utils.prerequisites import get_web_dir
from reflex_base.environment import environment
from starlette.types import ASGIApp

from exports_app import plugins, settings, wiring
from exports_app.api.app import create
from exports_app.api.edge import Edge
from exports_app.engine.local import LocalEngine
from exports_app.launch import address, worker
from exports_app.ui import page

_engine: LocalEngine | None = None


def _engine_alive() -> bool:
    return _engine is not None and _engine.alive


def _edge(reflex: ASGIApp) -> ASGIApp:
    """Called when the server starts, never in a build."""
    held = settings.get()
    pages = get_web_dir() / "build" / "client" if environment.REFLEX_MOUNT_FRONTEND_COMPILED_APP.get() else None
    return Edge(reflex, create(wiring.services(), _engine_alive), pages, held.public_url)


app = rx.App(
    api_transformer=_edge,
    head_components=[rx.el.link(rel="icon", type="image/svg+xml", href="/favicon.svg")],
)
plugins.load("exports_app.ui.pages")
page.install(app)


@app.register_lifespan_task
@asynccontextmanager
async def _serve() -> AsyncIterator[None]:
    global _engine  # noqa: PLW0603 (the one engine of the process, whose life is this function)
    held = settings.get()
    with worker.alone(held):
        _engine = LocalEngine(wiring.services())
        async with _engine.run():
            print(f"exports_app: ready on {address.url(held.host, held.port)}", flush=True)  # noqa: T201 (for whoever started it)
            yield
