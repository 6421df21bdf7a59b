"""A scheduled export as YAML, to be copied."""
