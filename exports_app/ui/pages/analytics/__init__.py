"""What campaigns came to, and how the exports do."""

from exports_app.ui.pages.analytics.campaigns import view as campaigns
from exports_app.ui.pages.analytics.exports import view as exports

__all__ = ["campaigns", "exports"]
