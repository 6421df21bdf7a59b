"""What happens in a tenant, for programs that listen: see `services.webhooks`."""
