"""What the server cannot do now, and limits on how much."""

from exports_app.domain import bounds
from exports_app.domain.allowance import Allowance
from exports_app.domain.errors.base import ExportsError


class Unavailable(ExportsError):
    """The database cannot be reached: try again in a moment"""

    code = "unavailable"
    title = "The database is not available"
    about = "The database cannot be reached, is locked by another program, or its disk is full."
    fix = "Send the request again after Retry-After. If it stays so, see the server's log."
    permanent = False
    cause = ""
    """Why, for whoever runs the app; callers of it need not know. Empty: as the message says."""

    @property
    def why(self) -> str:
        """For whoever runs the app."""
        return self.cause or self.message


class DatabaseLocked(Unavailable):
    """The database is locked by another program: try again in a moment"""


class DatabaseFull(Unavailable):
    """The disk of the database is full: make room on it"""


class Overloaded(Unavailable):
    """The server is busy: try again in a few seconds"""

    code = "busy"
    title = "The server is busy"
    about = "The server works on as many requests of this kind as it can."
    fix = "Send the request again after Retry-After."


class ReadTooLong(Unavailable):
    """This took too long, so it was stopped: narrow it by tenant, filter, fewer days or a smaller
    page, or try again when the server is less busy"""

    code = "read_too_long"
    title = "Reading took too long"
    about = "The request reads more than the server does in the time that one request may take."
    fix = "Ask for less: one tenant, a filter, fewer days or a smaller page."


class MailNotSet(Unavailable):
    """This server sends no email: ask one of its super admins for a link to set a new password"""

    code = "mail_not_set"
    title = "No mail server is set"
    about = "The server cannot send this email, because SMTP_HOST is not set."
    fix = "Ask a super admin for a link to set a new password."
    permanent = True


class StoreAway(Unavailable):
    """The files cannot be reached: try again in a moment"""

    code = "store_unavailable"
    title = "The file store is not available"
    about = (
        "The server cannot read or write its files right now: finished ones, previews or imports."
    )
    fix = "Send the request again after Retry-After. If it stays so, see the server's log."


class TooManyRequests(ExportsError):
    """Too many requests: wait, then try again"""

    code = "rate_limited"
    title = "Too many requests"
    about = "The caller sent more requests, or more wrong passwords or codes, than are allowed."
    fix = "Wait for the seconds in Retry-After, then send the request again."
    permanent = False

    def __init__(
        self, retry_after: int, message: str | None = None, *, allowance: Allowance | None = None
    ) -> None:
        super().__init__(message)
        self.retry_after = retry_after
        """Whole seconds until the next attempt can succeed, at least 1."""
        self.allowance = allowance
        """Of the limit, where callers may know it."""


class Busy(TooManyRequests):
    """Too many requests for this right now: wait a second, then try again"""

    # Not the caller's fault, so not noted in the audit


class TooManyIdempotencyKeys(TooManyRequests):
    """The limit of requests with an Idempotency-Key is reached: send this one without it"""

    code = "too_many_idempotency_keys"
    title = "Too many requests are kept"
    about = (
        f"Of the account's requests with an Idempotency-Key, {bounds.KEPT_REQUESTS:,} are kept, or"
        f" {bounds.KEPT_ANSWERS >> 20} MiB of answers. Each is kept for 24 hours. Nothing was done."
    )
    fix = (
        "Wait for the seconds in Retry-After, or send the request without the header. Leave it out"
        " where a request can be repeated without harm."
    )


class QuotaExceeded(ExportsError):
    """A quota of this tenant has been reached: wait, delete what is no longer needed, or ask a
    super admin to raise it"""

    code = "quota_exceeded"
    title = "A quota is reached"
    about = "The tenant has as many scheduled exports, queued runs or messages as its quotas allow."
    fix = "Wait or delete what is no longer needed, or ask a super admin to raise the quota."


class Internal(ExportsError):
    """Internal error: the server's log has the details"""

    code = "internal"
    title = "Internal error"
    about = "Something unexpected happened in the server. The request may have been carried out."
    fix = "Report it with the X-Request-ID of the answer: the server's log has the details."
