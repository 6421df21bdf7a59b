"""Calls that are generated from the OpenAPI document, good and bad ones: what the server answers
must be what the document says. Sequences follow the links between operations."""

from collections.abc import Iterator
from typing import Any

import pytest
from fastapi import FastAPI

from exports_app.api.serving import Serving, Stage
from exports_app.api.waiting import Waiting
from exports_app.wiring import Services
from tests.api.client import token_for
from tests.api.conftest import Engine, app_for
from tests.world import Cast

ENDS_THE_TOKEN = "signOutEverywhere"
REFUSALS = (400, 401, 403, 404, 405, 406, 409, 415, 422, 428, 429, "5xx")
"""As the check has them."""
SETTINGS: dict[str, Any] = {
    "seed": 20,
    "request-timeout": 120,  # on a busy machine too
    "generation": {"max-examples": 3, "database": "none"},
    "phases": {"stateful": {"generation": {"max-examples": 5}}},
    "checks": {
        # 503: no mail server is set
        "not_a_server_error": {"expected-statuses": ["2xx", "3xx", "4xx", "503"]},
        # 422: no schema says which cron expression, time zone or combination of fields is right
        "positive_data_acceptance": {"expected-statuses": ["2xx", "304", "4xx", "503"]},
        # 414: a parameter that is far too long makes the address too long
        "negative_data_rejection": {"expected-statuses": [*REFUSALS, 414]},
    },
}


@pytest.fixture
def app(services: Services, engine: Engine) -> Iterator[FastAPI]:
    """No request waits in it."""
    app = app_for(services, engine)
    usual, app.state.waiting = app.state.waiting, Waiting(Serving(Stage.DRAINING))
    yield app
    app.state.waiting = usual


@pytest.mark.usefixtures("fast_bcrypt")
@pytest.mark.parametrize(
    "phases",
    [
        ["examples", "fuzzing", "stateful"],
        pytest.param(["coverage"], marks=pytest.mark.long),
    ],
    ids=", ".join,
)
def test_answers_are_as_described(
    app: FastAPI, services: Services, cast: Cast, phases: list[str]
) -> None:
    import schemathesis  # takes seconds, which only these tests need
    from schemathesis.config import SchemathesisConfig
    from schemathesis.engine import Status, events, from_schema

    token = token_for(services.auth, cast.admin.user)
    settings = SETTINGS | {"headers": {"Authorization": f"Bearer {token}"}}
    config = SchemathesisConfig.from_dict(settings)
    config.projects.default.phases.update(phases=phases)
    every = schemathesis.openapi.from_asgi("/api/openapi.json", app, config=config)
    checks, wrong = 0, dict[str, str]()
    for event in from_schema(every.exclude(operation_id=ENDS_THE_TOKEN)).execute():
        if isinstance(event, events.NonFatalError | events.FatalError):
            pytest.fail(str(event))
        if isinstance(event, events.ScenarioFinished):
            for made in event.recorder.checks.values():
                checks += len(made)
                wrong |= dict(_said(check) for check in made if check.status is Status.FAILURE)
    assert checks > 1_000
    assert not wrong, "\n\n".join(wrong.values())


def _said(check: Any) -> tuple[str, str]:
    failure, sample = check.failure_info.failure, check.failure_info.code_sample
    title = f"{failure.title} in {failure.operation}"
    return title, f"{title}: {failure.message}\n{sample}"
