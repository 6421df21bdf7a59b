"""Where the pages of Analytics are."""

ROUTE = "/analytics"
EXPORTS = f"{ROUTE}/exports"
