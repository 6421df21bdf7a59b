"""A tenant: its settings, members, invitations, quotas and allowed domains."""
