"""Settings: one's own account, the people and looks of a tenant, and what is the installation's."""

from exports_app.ui.pages.settings import account, audit, email, members, tenant, users

__all__ = ["account", "audit", "email", "members", "tenant", "users"]
