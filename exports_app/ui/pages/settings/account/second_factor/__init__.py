"""The user's own second factor."""
