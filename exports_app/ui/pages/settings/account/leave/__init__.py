"""The user's tenants."""
