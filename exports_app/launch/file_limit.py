"""How many files and connections a process may have open."""

import resource

ENOUGH = 65_536


def raise_file_limit() -> None:
    """As far as the system lets it: the usual 1,024 are few for pages, runs and connections
    together. Its child processes inherit it."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = ENOUGH if hard == resource.RLIM_INFINITY else min(hard, ENOUGH)
    if soft != resource.RLIM_INFINITY and soft < most:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
