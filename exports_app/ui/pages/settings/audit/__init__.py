"""The audit of a tenant or the installation."""
