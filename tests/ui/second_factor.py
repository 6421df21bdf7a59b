"""A person who has a second factor."""

import pyotp

from exports_app.services.identity.one_time_passwords import PERIOD
from exports_app.wiring import Services
from tests.doubles import FakeClock
from tests.world import PASSWORD, Person


def enrolled(services: Services, person: Person, clock: FakeClock) -> tuple[pyotp.TOTP, list[str]]:
    app = pyotp.TOTP(services.second_factors.begin(person.who, PASSWORD).secret)
    codes = services.second_factors.confirm(person.who, app.at(clock())).recovery_codes
    clock.advance(seconds=PERIOD)
    return app, codes
