"""Accounts: create, change, join a tenant, reset a password."""
