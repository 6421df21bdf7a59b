"""The history of a scheduled export."""
