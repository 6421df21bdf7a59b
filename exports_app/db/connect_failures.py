"""Why a connection to PostgreSQL failed, as an operator needs to know it.

Its library gives no SQLSTATE for a connection that did not come about, so the texts are compared,
in the language that servers and libraries speak unless they are told otherwise.
"""

import re
from dataclasses import dataclass


@dataclass(frozen=True)
class Failure:
    """code: stable. message: one line that says what to do; no password is in it."""

    code: str
    message: str


_KNOWN = (
    (
        "password authentication failed|no password supplied|password retrieved from file",
        "database_password",
        (
            "the database refuses the password: check the user and the password in DATABASE_URL (or"
            " the file that has them)"
        ),
    ),
    (
        'role ".*" does not exist|role ".*" is not permitted to log in',
        "database_user",
        (
            "the database does not know the user of DATABASE_URL, or does not let it sign in:"
            " create it with createuser, or check DATABASE_URL"
        ),
    ),
    (
        'database ".*" does not exist',
        "database_missing",
        (
            "the database that DATABASE_URL names does not exist: create it with createdb, or check"
            " the name"
        ),
    ),
    (
        "no pg_hba.conf entry|Ident authentication failed|Peer authentication failed",
        "database_access",
        "PostgreSQL allows no connection from here: add a line to its pg_hba.conf",
    ),
    (
        "too many clients|remaining connection slots|too many connections",
        "database_full",
        "PostgreSQL has no connection left: raise max_connections, or close other connections",
    ),
    (
        "failed to resolve host|could not translate host name|[Nn]ame or service not known",
        "database_host",
        "the host of DATABASE_URL is not known: check its name, and the DNS of this machine",
    ),
    (
        "timeout expired|timed out",
        "database_silent",
        (
            "the database does not answer: check the address in DATABASE_URL, firewalls, and the"
            " load of PostgreSQL"
        ),
    ),
    (
        "Connection refused|failed: No such file or directory",
        "database_refused",
        (
            "nothing listens at the address of DATABASE_URL: check host and port, and that"
            " PostgreSQL runs"
        ),
    ),
    (
        "the database system is (starting up|shutting down|in recovery)",
        "database_starting",
        "PostgreSQL is starting or stopping: try again in a moment",
    ),
)


def failure(reason: str) -> Failure:
    """reason: the library's message."""
    for pattern, code, message in _KNOWN:
        if re.search(pattern, reason):
            return Failure(code, message)
    lines = reason.strip().splitlines() or ["no reason is known"]
    return Failure(
        "database_unreachable",
        "the database cannot be reached: check DATABASE_URL, and that PostgreSQL runs"
        f" ({lines[0]})",
    )
