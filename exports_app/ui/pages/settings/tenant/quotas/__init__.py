"""The quotas of a tenant."""
