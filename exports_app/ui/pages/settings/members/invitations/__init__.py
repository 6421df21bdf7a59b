"""Invitations to a tenant."""
