"""The page of the tenant's destinations."""
