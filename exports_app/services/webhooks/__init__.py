"""Webhooks: endpoints of programs that are told what happens in a tenant."""
