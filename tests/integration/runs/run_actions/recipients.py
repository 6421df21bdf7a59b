"""Runs that are asked for, and what became of each recipient's message."""

from collections.abc import Callable

import pytest

from exports_app.domain.access import Principal
from exports_app.domain.runs.send_to import SendTo
from exports_app.domain.runs.states import DeliveryStatus
from exports_app.services.core.extension_points import CHANNELS
from exports_app.services.core.records import Run, Schedule
from exports_app.wiring import Services
from tests.doubles import WatchedEmail
from tests.mailserver import mail_server
from tests.world import deliveries_of, registered, trigger_and_execute

ANN = "ann@example.com"
BOB = "bob@example.com"
CY = "cy@example.com"
DAN = "dan@example.com"
ACCEPTED = DeliveryStatus.ACCEPTED
FAILED = DeliveryStatus.FAILED
PENDING = DeliveryStatus.PENDING
SKIPPED = DeliveryStatus.SKIPPED
UNKNOWN = DeliveryStatus.UNKNOWN
Demanded = Callable[[Services, Principal, Schedule, Run], Run]
DEMANDS: list[Demanded] = [
    lambda services, who, schedule, _: services.schedules.trigger(who, schedule.id, SendTo.CALLER),
    lambda services, who, schedule, run: services.run_actions.rerun(who, schedule.id, run.id),
    lambda services, who, schedule, run: services.run_actions.resend(who, schedule.id, run.id),
]
each_demand = pytest.mark.parametrize("demand", DEMANDS, ids=["test", "rerun", "resend"])


def outcomes(services: Services, run: Run) -> dict[str, DeliveryStatus]:
    return {d.target: d.status for d in deliveries_of(services, run)}


def refused(services: Services, who: Principal, schedule: Schedule, *addresses: str) -> Run:
    """A run whose messages to these the mail server refused."""
    answers = dict.fromkeys(addresses, "550 5.1.1 no such user")
    with mail_server(refuse=answers) as server, registered(CHANNELS, WatchedEmail(server)):
        return trigger_and_execute(services, who, schedule)
