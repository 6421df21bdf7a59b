"""The tenants that one belongs to."""
