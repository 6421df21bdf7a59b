"""Webhooks: the endpoints of a tenant, and what was sent to each."""

from exports_app.ui.pages.webhooks.view import webhooks as page

__all__ = ["page"]
