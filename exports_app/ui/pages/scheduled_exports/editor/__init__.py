"""The form of a scheduled export."""
