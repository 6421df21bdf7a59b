"""A run's life from its tick to its end, and its files."""
