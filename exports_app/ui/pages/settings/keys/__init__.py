"""The pages of API keys: one's own, and the tenant's."""
