"""Destinations: where a tenant's files go, other than to recipients."""
