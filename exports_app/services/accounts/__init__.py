"""People and their accounts: making, changing, joining a tenant, a new password."""
