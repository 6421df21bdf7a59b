"""What one request may take."""

SECONDS = 2.0
"""Of CPU, for one request. Bcrypt takes a quarter of a second on purpose, at sign-in."""
