"""One's own second factor."""
