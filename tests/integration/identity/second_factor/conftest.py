"""Accounts with a second factor."""

import pytest

from exports_app.services.identity.one_time_passwords import PERIOD
from exports_app.wiring import Services
from tests.doubles import FakeClock
from tests.integration.identity.second_factor.phone import Enrol, Phone
from tests.world import PASSWORD, Person


@pytest.fixture
def enrol(services: Services, clock: FakeClock) -> Enrol:
    """Set up someone's second factor; the code of now is used up then, so the clock moves on."""

    def enrolled(person: Person) -> tuple[Phone, list[str]]:
        phone = Phone(services.second_factors.begin(person.who, PASSWORD).secret, clock)
        codes = services.second_factors.confirm(person.who, phone.code()).recovery_codes
        clock.advance(seconds=PERIOD)
        return phone, codes

    return enrolled
