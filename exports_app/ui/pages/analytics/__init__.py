"""What campaigns came to, and how the exports do."""

from exports_app.ui.pages.analytics import campaigns, exports

__all__ = ["campaigns", "exports"]
