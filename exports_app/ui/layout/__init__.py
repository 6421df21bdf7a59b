"""Around every page: the header, the centred panel, the tenant's colours."""
