"""Connections to addresses that users name: one guard for all of them (decision 43)."""
