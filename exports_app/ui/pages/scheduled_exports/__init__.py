"""The list of scheduled exports, the form, the history."""

from exports_app.ui.pages.scheduled_exports import page

__all__ = ["page"]
