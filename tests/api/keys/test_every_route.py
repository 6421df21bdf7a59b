"""What a key may call: every route, with every scope."""

import pytest

from exports_app.domain.access import SCOPES
from exports_app.wiring import Services
from tests.api.access.unchanged import nothing_changed
from tests.api.client import problem
from tests.api.conftest import Clients
from tests.api.keys.making import of_acme, own
from tests.api.routes import CASES, SUPER_ADMINS, call, scope_of
from tests.world import Cast

ANYONE = {"/api/auth/me", "/api/catalog"}


def test_what_is_for_people_or_super_admins_is_for_no_key(
    api: Clients, services: Services, cast: Cast, ids: dict[str, str]
) -> None:
    callers = [
        of_acme(services, api, cast),
        own(services, api, cast.admin),
        own(services, api, cast.super_admin),
    ]
    for caller in callers:
        for case in SUPER_ADMINS:
            problem(call(caller, case, ids), 404, "not_found")
        for case in CASES:
            if scope_of(case) is None:
                code = "forbidden" if case.path.endswith("/quotas") else "key_not_allowed"
                problem(call(caller, case, ids), 403, code)
    assert nothing_changed(services, ids)


def test_without_its_scope_a_call_is_refused(
    api: Clients, services: Services, cast: Cast, ids: dict[str, str]
) -> None:
    for needed in sorted(SCOPES):
        others = sorted(SCOPES - {needed})
        for caller in (
            of_acme(services, api, cast, *others),
            own(services, api, cast.super_admin, *others),
        ):
            for case in CASES:
                if scope_of(case) is needed and case.path not in ANYONE:
                    answer = call(caller, case, ids)
                    assert problem(answer, 403, "insufficient_scope")["detail"].count(needed)
                    challenge = f'error="insufficient_scope", scope="{needed}"'
                    assert answer.headers["www-authenticate"].endswith(challenge)
    assert nothing_changed(services, ids)


@pytest.mark.parametrize("scope", sorted(SCOPES))
def test_its_scope_is_enough(
    api: Clients, services: Services, cast: Cast, ids: dict[str, str], scope: str
) -> None:
    callers = [of_acme(services, api, cast, scope), own(services, api, cast.admin, scope)]
    calls = [
        case
        for case in CASES
        # To change a shared view one has to see it, so that takes two scopes
        if scope_of(case) == scope and case.method != "DELETE" and "view_id" not in case.path
    ]
    assert len(calls) >= 3
    for caller in callers:
        for case in calls:
            answer = call(caller, case, ids)
            assert answer.status_code == case.good or (
                # What the first caller did need not be done again
                caller is callers[1] and answer.status_code in {404, 409}
            ), (case, answer.text)
