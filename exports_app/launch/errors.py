"""Errors of a start."""


class StartError(Exception):
    """The server cannot start. The message is one line: why, and what to do."""
