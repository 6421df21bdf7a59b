"""Errors of the operating system that pass: too many open files, a full disk. They end no run for
good. Standard library only: a process that makes a file imports it."""

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager

from exports_app.domain.errors import RunError

_PASSING = frozenset(
    {
        *(errno.EMFILE, errno.ENFILE, errno.EAGAIN, errno.ENOMEM),
        *(errno.ENOSPC, errno.EDQUOT, errno.EIO),
    }
)


def passes(error: BaseException) -> bool:
    """Whether a retry may help."""
    return isinstance(error, OSError) and error.errno in _PASSING


def in_words(error: OSError) -> str:
    return os.strerror(error.errno) if error.errno else type(error).__name__


def not_written(error: OSError) -> RunError:
    """The file of a run could not be written."""
    return RunError(
        f"the file could not be written: {in_words(error)}",
        code="file_not_written",
        permanent=not passes(error),
    )


def out_of_resources(error: OSError) -> RunError:
    return RunError(
        f"the server is temporarily out of a resource: {in_words(error)}",
        code="out_of_resources",
        permanent=False,
    )


@contextmanager
def writing() -> Iterator[None]:
    """Turns an error of the disk into RunError."""
    try:
        yield
    except OSError as e:
        raise not_written(e) from e
