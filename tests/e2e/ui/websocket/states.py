"""Names of States on the wire."""

from tests.e2e.ui.wire import (
    ROOT,
)

LIST = f"{ROOT}.exports_app___ui___pages___scheduled_exports___list___state____list_state"
EDITOR = f"{ROOT}.exports_app___ui___pages___scheduled_exports___editor___state____editor_state"
DIALOG = f"{ROOT}.exports_app___ui___pages___scheduled_exports___history___state____history_state"
SERVICES = '"logger": "exports_app.services.'
"""In log lines of housekeeping, which goes on beside."""
SET_HYDRATED = f"{ROOT}.set_is_hydrated"
