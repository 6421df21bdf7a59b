"""The options of a schedule, and its snapshot in a run."""
