"""Calls about destinations."""

from collections.abc import Mapping

from exports_app.services.core.records import new_id
from tests.integration.database.query_plans.known import Call

CALLS: Mapping[str, Call] = {
    "destinations.get": lambda tx, _: tx.destinations.get(new_id(), lock=True),
    "destinations.of_ids": lambda tx, _: tx.destinations.of_ids([new_id()]),
    "destinations.of_tenant": lambda tx, k: tx.destinations.of_tenant(k.filled.tenant, 100),
    "destinations.used_by": lambda tx, _: tx.destinations.used_by(new_id(), 3),
    "destinations.update": lambda tx, _: tx.destinations.update(new_id(), 1, {"name": "N"}),
    "destinations.note_state": lambda tx, _: tx.destinations.note_state(new_id(), {"reason": None}),
    "destinations.secrets": lambda tx, _: tx.destinations.secrets("", 100),
    "destinations.replace_secrets": lambda tx, _: tx.destinations.replace_secrets(
        new_id(), "old", "new"
    ),
}
