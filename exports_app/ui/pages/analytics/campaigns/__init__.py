"""The figures of the campaigns."""
