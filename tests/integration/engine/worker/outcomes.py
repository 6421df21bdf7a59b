"""What became of a run's messages, and the files there are."""

from exports_app.domain.runs.states import DeliveryStatus
from exports_app.services.core.records import Run
from exports_app.wiring import Services
from tests.world import (
    deliveries_of,
)

ANN, BOB = "ann@example.com", "bob@example.com"
ACCEPTED = DeliveryStatus.ACCEPTED
FAILED = DeliveryStatus.FAILED
SKIPPED = DeliveryStatus.SKIPPED
NO_SUCH_USER = "550 5.1.1 no such user"


def outcomes(services: Services, run: Run) -> dict[str, DeliveryStatus]:
    return {d.target: d.status for d in deliveries_of(services, run)}


def files_in(services: Services) -> list[str]:
    """Everything in the file store, drafts included."""
    return sorted(
        p.name
        for p in services.settings.data_dir.rglob("*")
        if p.is_file() and "exports.db" not in p.name
    )
