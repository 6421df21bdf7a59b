"""Errors shown to people. Each has a stable code, a sentence that says what to do, and whether a
retry can help."""

from collections.abc import Sequence
from dataclasses import dataclass

from exports_app.domain.allowance import Allowance


@dataclass(frozen=True)
class FieldError:
    """An error of one field.

    pointer: a JSON pointer into the submitted body (RFC 6901), e.g. ``/filters/campaignIds/0``.
    detail: what is wrong and how to fix it; never contains the submitted value.
    """

    pointer: str
    detail: str


class ExportsError(Exception):
    """Something went wrong"""

    code = "error"
    permanent = True

    def __init__(
        self, message: str | None = None, *, code: str | None = None, permanent: bool | None = None
    ) -> None:
        self.message = message or " ".join((type(self).__doc__ or "").split())
        if code is not None:
            self.code = code
        if permanent is not None:
            self.permanent = permanent
        super().__init__(self.message)


class Unauthenticated(ExportsError):
    """Sign in first: send a valid access token as 'Authorization: Bearer …'"""

    code = "unauthenticated"


class InvalidToken(Unauthenticated):
    """This access token is not valid: it has expired or was revoked, or is not whole. Get a new
    one"""

    code = "invalid_token"


class WrongCredentials(Unauthenticated):
    """The email address or the password is wrong"""

    code = "wrong_credentials"


class OneTimePasswordOver(Unauthenticated):
    """This one-time password was already used or has expired: ask for a new one, or for a
    link to set your own"""

    code = "one_time_password_over"


class OtpRequired(Unauthenticated):
    """This account uses two-factor authentication: send a code of its authenticator app, or a
    recovery code, as 'otp'"""

    code = "otp_required"

    def __init__(self, step: str = "") -> None:
        super().__init__()
        self.step = step
        """A secret for the second step, see `Sessions.finish`. Empty for the API, which sends the
        password again."""


class WrongOtp(Unauthenticated):
    """This code is wrong, expired or already used: send the newest one"""

    code = "wrong_otp"


class CookiesRefused(ExportsError):
    """Your browser blocks cookies from this site: allow them, reload the page, then sign
    in"""

    code = "cookies_refused"


class Forbidden(ExportsError):
    """You do not have permission to do this"""

    code = "forbidden"
    refused_in: str | None = ""
    """The tenant in which the right is missing; empty: no tenant."""


class DemoIsLocal(Forbidden):
    """This account has the public password of the demo: it can be used on the server's own machine
    only, at http://localhost"""

    code = "demo_is_local"


class OwnPasswordFirst(Forbidden):
    """You are signed in with a one-time password: choose your own under Settings, Account, then
    try again"""

    code = "own_password_first"


class KeyNotAllowed(Forbidden):
    """API keys cannot do this: sign in as a person"""

    code = "key_not_allowed"


class KeyIsLimited(Forbidden):
    """This API key is limited to chosen scheduled exports: it can do nothing else"""

    code = "key_limited"


class InsufficientScope(Forbidden):
    """This API key lacks a scope"""

    code = "insufficient_scope"

    def __init__(self, scope: str) -> None:
        super().__init__(f"This API key lacks the scope {scope}: use a key that has it")
        self.scope = scope


class WrongAccount(Forbidden):
    """This link is for another account than the one that is signed in: sign out, then open the link
    again"""

    code = "wrong_account"
    refused_in = None  # it is in the audit as a refused link


class SecondFactorRequired(Forbidden):
    """Two-factor authentication is required here: set it up under Settings, Account"""

    code = "second_factor_required"


class NotFound(ExportsError):
    """This does not exist, or you do not have access to it"""

    code = "not_found"
    refused_in: str | None = None
    """The tenant to which the caller has no access; empty: the installation; None: it does not
    exist."""


class Gone(ExportsError):
    """The file was removed"""

    code = "gone"


class LinkNotValid(Gone):
    """This link is no longer valid: it was used, replaced or revoked, or it has expired. Ask for a
    new one"""

    code = "link_not_valid"


class Conflict(ExportsError):
    """Someone else changed this in the meantime: reload it, then repeat your change"""

    code = "conflict"


class RightsChanged(Conflict):
    """Your rights changed while this request was sent: send it again"""

    code = "rights_changed"


class PlanOutdated(Conflict):
    """The scheduled exports or their tenant changed since this plan was made: plan again"""

    code = "plan_outdated"


class TooManySchedules(Conflict):
    """The tenant has more scheduled exports than a definition can hold"""

    code = "too_many_schedules"


class NoSlugYet(Conflict):
    """Some scheduled exports have no slug yet after an upgrade: try again in a minute"""

    code = "no_slug_yet"


class PreconditionFailed(ExportsError):
    """This is no longer the version that If-Match names: get it again, then repeat your change"""

    code = "precondition_failed"


class PreconditionRequired(ExportsError):
    """Here, changes must name the version that they are made to: GET it, and send its ETag as
    If-Match"""

    code = "precondition_required"


class IdempotencyInProgress(Conflict):
    """A request with this Idempotency-Key is under way: send it again in a moment"""

    code = "idempotency_in_progress"


class IdempotencyOutcomeUnknown(Conflict):
    """A request with this Idempotency-Key was begun, and broke off: look whether it was done, then
    use a new key"""

    code = "idempotency_outcome_unknown"


class TooLarge(ExportsError):
    """The request body is too large"""

    code = "too_large"


class TooSlow(ExportsError):
    """The request body arrived too slowly: send it again"""

    code = "too_slow"


class UnsupportedCoding(ExportsError):
    """The request body is compressed: send it without Content-Encoding"""

    code = "unsupported_content_encoding"


class UnsupportedType(ExportsError):
    """The request body must be JSON: send it with the header 'Content-Type: application/json'"""

    code = "unsupported_media_type"


class Unavailable(ExportsError):
    """The database cannot be reached: try again in a moment"""

    code = "unavailable"
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


class ReadTooLong(Unavailable):
    """This took too long, so it was stopped: narrow it by tenant, filter, fewer days or a smaller
    page, or try again when the server is less busy"""

    code = "read_too_long"


class MailNotSet(Unavailable):
    """This server sends no email: ask one of its super admins for a link to set a new password"""

    code = "mail_not_set"
    permanent = True


class StoreAway(Unavailable):
    """The files are away, e.g. a bucket on the network."""

    code = "store_unavailable"


class TooManyRequests(ExportsError):
    """Too many requests: wait, then try again"""

    code = "rate_limited"
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


class QuotaExceeded(ExportsError):
    """A quota of this tenant has been reached"""

    code = "quota_exceeded"


class Invalid(ExportsError):
    """The input is not valid"""

    code = "invalid"

    def __init__(self, errors: Sequence[FieldError], message: str | None = None) -> None:
        self.errors = tuple(errors)
        super().__init__(
            message
            or "; ".join(f"{e.pointer.lstrip('/') or 'body'}: {e.detail}" for e in self.errors)
        )


class IdempotencyKeyReused(Invalid):
    """This Idempotency-Key belongs to another request"""

    code = "idempotency_key_reused"

    def __init__(self) -> None:
        detail = "was sent with another request: use a new key for each"
        super().__init__([FieldError("/Idempotency-Key", detail)])


class UnexpectedBody(Invalid):
    """This path takes no request body"""

    code = "unexpected_body"

    def __init__(self) -> None:
        super().__init__([FieldError("", "is not part of this request: send no body")])


class IllegalTransition(ExportsError):
    """A run or delivery cannot move between these states"""

    code = "illegal_transition"


class RunError(ExportsError):
    """The run failed"""

    code = "run_failed"


class MessagesReserved(RunError):
    """Other runs have reserved the messages that this one needs, and may leave some of them"""

    code = "quota_reserved"
    permanent = False


class DeliveryError(ExportsError):
    """The message was not delivered"""

    code = "delivery_failed"


class MessageTooLarge(DeliveryError):
    """The message is too large for the mail server"""

    code = "message_too_large"

    def __init__(self, message: str | None = None, *, for_all: bool = False) -> None:
        super().__init__(message)
        self.for_all = for_all
        """The limit is the server's, whoever the recipient is."""


class DeliveryUnknown(DeliveryError):
    """The connection was lost while the message was being sent: it may have arrived, or not"""

    code = "delivery_unknown"
    permanent = False
