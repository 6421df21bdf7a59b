"""The JSON API, mounted beside the web pages under /api."""

from collections.abc import Callable

from fastapi import FastAPI

from exports_app.api import docs, error_handlers
from exports_app.api.document import build
from exports_app.api.middleware.cors import Cors
from exports_app.api.middleware.ids import LowerCaseIds
from exports_app.api.middleware.lanes import InLanes
from exports_app.api.middleware.methods import Methods
from exports_app.api.middleware.ranges import Ranges
from exports_app.api.middleware.rate_limit_headers import RateLimitHeaders
from exports_app.api.middleware.request_log import Requests
from exports_app.api.middleware.whole_answers import WholeAnswers
from exports_app.api.routes import (
    account,
    all_runs,
    analytics,
    api_keys,
    audit,
    auth,
    bulk,
    campaigns,
    catalog,
    definitions,
    destinations,
    download_links,
    feeds,
    health,
    imports,
    invitations,
    mail,
    members,
    metrics,
    previews,
    problem_pages,
    runs,
    schedules,
    second_factor,
    sessions,
    tenant_invitations,
    tenants,
    uploads,
    users,
    views,
    webhooks,
    well_known,
)
from exports_app.api.serving import Serving, Stage
from exports_app.api.waiting import Waiting
from exports_app.wiring import Services

DESCRIPTION = (
    "Scheduled exports with email delivery. Errors are application/problem+json (RFC 9457):"
    " /api/problems lists their codes. Every response has an X-Request-ID, which the server's log"
    " has too."
)


def create(
    services: Services, engine_alive: Callable[[], bool], serving: Serving | None = None
) -> FastAPI:
    """engine_alive: asked by /api/health. serving: asked by /api/ready; None: it always serves."""
    api = FastAPI(
        title="Scheduled exports",
        version="1",
        description=DESCRIPTION,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        redirect_slashes=False,
    )
    api.state.services = services
    api.state.engine_alive = engine_alive
    api.state.serving = serving or Serving(Stage.SERVING)
    api.state.waiting = Waiting(api.state.serving)
    of_people = (
        *(auth, account, api_keys, feeds, users, second_factor, sessions, tenants),
        *(members, tenant_invitations, invitations, audit),
    )
    for routes in (
        *of_people,
        bulk,
        definitions,
        destinations,
        previews,
        schedules,
        views,
        webhooks,
        all_runs,
        runs,
        download_links,
        imports,
        campaigns,
        catalog,
        uploads,
        analytics,
        mail,
        health,
        metrics,
        problem_pages,
        well_known,
    ):
        api.include_router(routes.router)
    error_handlers.install(api)
    docs.install(api)
    build.install(api)
    api.add_middleware(Ranges)
    api.add_middleware(LowerCaseIds)
    api.add_middleware(WholeAnswers)
    api.add_middleware(RateLimitHeaders)
    api.add_middleware(InLanes)
    api.add_middleware(Methods, router=api.router)
    api.add_middleware(Requests)
    api.add_middleware(Cors)
    return api
