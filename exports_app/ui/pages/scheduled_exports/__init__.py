"""The list of scheduled exports, the form, the history, the list of all runs."""

from exports_app.ui.pages.scheduled_exports import page, palette_actions
from exports_app.ui.pages.scheduled_exports.all_runs import view

__all__ = ["page", "palette_actions", "view"]
