"""The page of one's own feeds."""
