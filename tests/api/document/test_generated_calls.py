"""Calls that are generated from the OpenAPI document, good and bad ones: what the server answers
must be what the document says. Sequences follow the links between operations."""

import re
from collections.abc import Iterator
from http import HTTPStatus
from typing import Any

import pytest
from fastapi import FastAPI

from exports_app.api.serving import Serving, Stage
from exports_app.api.waiting import Waiting
from exports_app.services.core.input_words import WHOLE
from exports_app.wiring import Services
from tests.api.client import token_for
from tests.api.conftest import Engine, app_for
from tests.world import Cast

ENDS_THE_TOKEN = "signOutEverywhere"
GOOD = ("2xx", "304", "401", "403", "404", "409", "410", "412", "422", "429", "503")
"""For calls that fit the document. 401: sign-in with made-up passwords, and what revokes the token.
410: made-up links. 412: If-Match. 422: only for a reason in BEYOND_SCHEMAS. 503: no mail server."""
BAD = (400, 401, 403, 404, 405, 406, 409, 412, 413, 414, 415, 422, 428, 429, 431, "5xx")
"""For calls that do not. 412: If-Match is compared first. 413, 414, 431: a text that is so long
that the whole body, address or headers are too long."""
SETTINGS: dict[str, Any] = {
    "seed": 20,
    "request-timeout": 120,  # on a busy machine too
    "generation": {"max-examples": 3, "database": "none"},
    "phases": {"stateful": {"generation": {"max-examples": 5}}},
    "checks": {
        # 503: no mail server is set
        "not_a_server_error": {"expected-statuses": ["2xx", "3xx", "4xx", "503"]},
        "positive_data_acceptance": {"expected-statuses": GOOD},
        "negative_data_rejection": {"expected-statuses": BAD},
    },
}
BEYOND_SCHEMAS = {
    "a cron expression, a time zone, a currency or an address that looks like one": (
        *("/schedule", "/timezone", "/currency", "/recipients", "/recipients/*", "/replyTo"),
        *("/recipientDomains", "/recipientDomains/*", "/email", "/logoUrl", "/url"),
    ),
    "characters that cannot be shown, and texts of spaces": (
        *("/name", "/q", "/tag", "/tags", "/tags/*", "/addTags/*", "/removeTags/*", "/filters/q"),
        *("/channel", "/status", "/description"),
    ),
    "fields that do not go together": (
        *("/ids", "/filter", "/ownerId", "/sendTo", "/addTags", "/removeTags", "/test", "/window"),
        *("/page", "/from", "/before", "/endDate", "/startDate", "/period", "/groupBy", "/sort"),
        *("/filters/period", "/filters/groupBy", "/filters/startDate", "/filters/endDate"),
        *(
            "/retryBaseSeconds",
            "/catchUpHours",
            "/timeLimit",
            "/filters",
            "/window/end",
            "/tenantId",
        ),
    ),
    "what does not exist in the tenant": (
        *("/filters/campaignIds", "/filters/campaignIds/*", "/scheduledExportId"),
        *("/scheduledExportIds", "/scheduledExportIds/*", "/tenantIds", "/tenantIds/*"),
        *("/filters/owner", "/schedulesTo", "/to", "/from", "/tenant"),
    ),
    "what the file does not have": ("/column/*", "/sheet"),
    "a name for programs that another one has": ("/slug",),
    "scopes that the caller cannot give": ("/scopes",),
    "times that have passed": ("/expiresAt", "/after"),
    "signed, secret or used up": (
        *("/cursor", "/currentPassword", "/newPassword", "/otp", "/token", "/Idempotency-Key"),
    ),
    "amounts with more than two decimals": ("/budget", "/items/*/spend", "/items/*/revenue"),
}
"""What a schema cannot say, and for which fields a call that fits its schema may be refused."""
TAKES_FILE = "POST /api/campaigns/import"
"""A call that may be refused for what is in its file."""
REFUSABLE = {pointer for pointers in BEYOND_SCHEMAS.values() for pointer in pointers}


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
            wrong |= _refused(event.recorder)
            for made in event.recorder.checks.values():
                checks += len(made)
                wrong |= dict(_said(check) for check in made if check.status is Status.FAILURE)
    assert checks > 1_000
    assert not wrong, "\n\n".join(wrong.values())


def _refused(recorder: Any) -> dict[str, str]:
    """Calls that fit the document and were refused without a reason that it cannot know."""
    found = dict[str, str]()
    for key, interaction in recorder.interactions.items():
        case, answer = recorder.cases[key].value, interaction.response
        is_good = case.meta is not None and case.meta.generation.mode.is_positive
        if answer is None or answer.status_code != HTTPStatus.UNPROCESSABLE_ENTITY or not is_good:
            continue
        for error in answer.json()["errors"]:
            pointer = re.sub(r"/\d+", "/*", error["pointer"])
            pointer = pointer.removeprefix("/schedules/*")  # of a definition
            if (case.operation.label, pointer) == (TAKES_FILE, ""):
                continue
            # 5.0 is an integer to JSON Schema; here it is not
            if pointer not in REFUSABLE and error["detail"] != WHOLE:
                title = f"Refused without need: {pointer} in {case.operation.label}"
                found[title] = f"{title}: {error['detail']}\n{case.as_curl_command()}"
    return found


def _said(check: Any) -> tuple[str, str]:
    failure, sample = check.failure_info.failure, check.failure_info.code_sample
    title = f"{failure.title} in {failure.operation}"
    return title, f"{title}: {failure.message}\n{sample}"
