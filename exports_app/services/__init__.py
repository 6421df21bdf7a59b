"""Use cases. Each public method takes the principal first, checks access, commits once, and
publishes what changed."""
