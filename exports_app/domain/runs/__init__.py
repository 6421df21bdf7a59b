"""The states of a run, its retries, and the order in which runs begin."""
