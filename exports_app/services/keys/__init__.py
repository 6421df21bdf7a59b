"""The secrets behind signatures and encryption."""
