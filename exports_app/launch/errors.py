"""What stops a start."""


class StartError(Exception):
    """The server cannot start: one line that says why and what to do."""
