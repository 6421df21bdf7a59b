"""Settings: one's own account, and the people of a tenant."""

from exports_app.ui.pages.settings import account, members

__all__ = ["account", "members"]
