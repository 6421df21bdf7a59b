"""A session of the admin, and a code for a file in it."""

import pytest

from exports_app.wiring import Services
from tests.api.uploads.sending import begin
from tests.world import Cast, sign_in


@pytest.fixture
def session_id(services: Services, cast: Cast) -> str:
    return sign_in(services, cast.admin.user)


@pytest.fixture
def code(services: Services, cast: Cast, session_id: str) -> str:
    return begin(services, cast, session_id)
