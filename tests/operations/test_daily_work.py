"""Commands of docs/operating.md, walked as an operator would."""

import pytest

from tests.e2e.client import wait_until
from tests.operations.handbook import walk
from tests.operations.machine import PATIENCE, Machine

pytestmark = pytest.mark.long
DOCUMENT = "operating.md"


def test_maintenance_and_the_audit(machine: Machine) -> None:
    with machine.signed_in() as api:
        weekly = api.schedule("Weekly", "ok@example.com")
        with walk(machine, DOCUMENT, "Maintenance") as maintenance:
            maintenance.next()
            run = api.trigger(weekly)
            assert not api.has_ended(weekly, run)
            maintenance.next()
            wait_until("the run has ended", lambda: api.has_ended(weekly, run), PATIENCE)
    with walk(machine, DOCUMENT, "The audit") as audit:
        audit.rest()
    exported = (machine.root / "backup/audit-2026-01.jsonl").read_text()
    assert "tenant.created" in exported
