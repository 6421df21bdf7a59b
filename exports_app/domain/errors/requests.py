"""Requests that cannot be read or carried out as they are."""

from collections.abc import Sequence

from exports_app.domain.errors.base import ExportsError, FieldError


class NotFound(ExportsError):
    """This does not exist, or you do not have access to it"""

    code = "not_found"
    title = "Not found"
    about = "There is nothing with this ID, or it belongs to a tenant that the caller cannot see."
    fix = "Check the ID, and whether the account or API key has access to the tenant."
    refused_in: str | None = None
    """The tenant to which the caller has no access; empty: the installation; None: it does not
    exist."""


class PathNotFound(NotFound):
    """The API does not have this path: compare it with those at /api/docs"""

    code = "path_not_found"
    title = "No such path"
    about = "The API has no route with this path."
    fix = "Compare the path with those at /api/docs."


class UnknownCode(NotFound):
    """This one-time link is no longer valid: get a new one on the page"""

    code = "unknown_code"
    title = "The one-time link is not valid"
    about = "The link was used, has expired, or belongs to another session."
    fix = "Get a new one on the page."


class MethodNotAllowed(ExportsError):
    """This path does not take this method: use one of those in the Allow header"""

    code = "method_not_allowed"
    title = "Method not allowed"
    about = "The path exists, and does not take this method."
    fix = "Use one of the methods in the Allow header."


class Gone(ExportsError):
    """What was there before is no longer there"""


class FileRemoved(Gone):
    """The file was removed: rerun the run to create it again"""

    code = "file_removed"
    title = "The file was removed"
    about = "The file existed, and was removed by retention or by hand."
    fix = "Start the run again: it creates a new file."


class LinkExpired(Gone):
    """This link has expired: ask the owner of the scheduled export to send it again"""

    code = "link_expired"
    title = "The download link has expired"
    about = "The link in the email was valid for a limited time, which is over."
    fix = "Ask the owner of the scheduled export to send the file again."


class LinkNotValid(Gone):
    """This link is no longer valid: it was used, replaced or revoked, or it has expired. Ask for a
    new one"""

    code = "link_not_valid"
    title = "The link is no longer valid"
    about = "The link was used, replaced or revoked, or it has expired."
    fix = "Ask for a new one."


class Conflict(ExportsError):
    """What the request is about is not in a state that allows it"""


class VersionConflict(Conflict):
    """Someone else changed this in the meantime: reload it, then repeat your change"""

    code = "version_conflict"
    title = "Changed in the meantime"
    about = "Someone else changed it since the version in the request, or at the same moment."
    fix = "Get it again, then repeat the change with the new version."


class RightsChanged(Conflict):
    """Your rights changed while this request was sent: send it again"""

    code = "rights_changed"
    title = "Rights changed in the meantime"
    about = "The caller's rights changed between the beginning and the end of the request."
    fix = "Send the request again."


class PreconditionFailed(ExportsError):
    """This is no longer the version that If-Match names: load it again, then repeat your change"""

    code = "precondition_failed"
    title = "Not the version in If-Match"
    about = "It was changed since the version that the If-Match header names."
    fix = "Get it again, then repeat the change with the new ETag."


class PreconditionRequired(ExportsError):
    """Here, changes must name the version that they are made to: GET it, and send its ETag as
    If-Match"""

    code = "precondition_required"
    title = "If-Match is required"
    about = "This installation (REQUIRE_IF_MATCH) takes changes only with the version they are for."
    fix = "Get it, and send its ETag as If-Match."


class IdempotencyInProgress(Conflict):
    """A request with this Idempotency-Key is still in progress: send it again in a moment"""

    code = "idempotency_in_progress"
    title = "The first request is still in progress"
    about = "A request with the same Idempotency-Key is being carried out."
    fix = "Send the request again in a moment, with the same key."


class IdempotencyOutcomeUnknown(Conflict):
    """A request with this Idempotency-Key was begun, and broke off: look whether it was done, then
    use a new key"""

    code = "idempotency_outcome_unknown"
    title = "The result of the first request is unknown"
    about = "A request with the same Idempotency-Key was begun, and the server failed or stopped."
    fix = "Look whether it was done. If it was not, send it again with a new key."


class IdempotencyAnswerNotKept(Conflict):
    """A request with this Idempotency-Key was carried out, and its answer is not kept: look at what
    it changed"""

    code = "idempotency_answer_not_kept"
    title = "The first request was carried out"
    about = (
        "A request with the same Idempotency-Key was carried out. Its answer is larger than the"
        " server keeps, or was encrypted with a key that the server no longer has."
    )
    fix = "Look at what it changed. Use a new key for each new request."


class TooLarge(ExportsError):
    """The request body is too large: send less at a time"""

    code = "too_large"
    title = "The body is too large"
    about = "The request body is larger than the route allows."
    fix = "Send less at a time."


class AddressTooLong(ExportsError):
    """The address is too long: shorten the path and the query"""

    code = "address_too_long"
    title = "The address is too long"
    about = "The path and the query are longer than the server reads."
    fix = "Shorten them, e.g. by sending fewer filters at a time."


class HeadersTooLarge(ExportsError):
    """The headers are too large: send fewer, or delete this site's cookies"""

    code = "headers_too_large"
    title = "The headers are too large"
    about = "The request headers together are larger than the server reads."
    fix = "Send fewer headers; in a browser, delete this site's cookies."


class TooSlow(ExportsError):
    """The request body arrived too slowly: send it again"""

    code = "too_slow"
    title = "The body arrived too slowly"
    about = "Too few bytes of the request body arrived, so the server stopped waiting."
    fix = "Send the request again, over a faster connection."


class UnsupportedCoding(ExportsError):
    """The request body is compressed: send it without Content-Encoding"""

    code = "unsupported_content_encoding"
    title = "Compressed bodies are not supported"
    about = "The request has a Content-Encoding header."
    fix = "Send the body uncompressed, without Content-Encoding."


class UnsupportedType(ExportsError):
    """The request body must be JSON: send it with the header 'Content-Type: application/json'"""

    code = "unsupported_media_type"
    title = "The body must be JSON"
    about = "The Content-Type header says that the body is something other than JSON."
    fix = "Send JSON with 'Content-Type: application/json'. curl -d alone sends a form."
    accepts = "application/json"
    """What the body may be, as in the Accept header."""


class UnsupportedFile(UnsupportedType):
    """Send the file itself as the body, with the header 'Content-Type: text/csv'"""

    code = "unsupported_file_type"
    title = "The body must be a file"
    about = "The Content-Type header says that the body is a form, or another kind of file."
    fix = "Send the file itself: curl --data-binary @FILE -H 'Content-Type: text/csv'."
    accepts = "text/csv, application/octet-stream"


class RangeNotSatisfiable(ExportsError):
    """The file does not have these bytes: see Content-Range for its size"""

    code = "range_not_satisfiable"
    title = "The file does not have these bytes"
    about = "The Range header asks for bytes behind the end of the file."
    fix = "Ask for bytes within the size that Content-Range names, or leave Range out."


class WrongHost(ExportsError):
    """This server does not answer requests for this host: use the address in PUBLIC_URL"""

    code = "wrong_host"
    title = "Sent to the wrong host"
    about = "The Host header names another host than PUBLIC_URL."
    fix = "Use the address in PUBLIC_URL. A proxy in front has to pass on the Host header."


class Invalid(ExportsError):
    """The input is not valid"""

    code = "invalid"
    title = "Invalid input"
    about = "Some fields or parameters are wrong, missing or unknown."
    fix = "Correct what 'errors' lists: each has a pointer to the field and says what is wrong."

    def __init__(self, errors: Sequence[FieldError], message: str | None = None) -> None:
        self.errors = tuple(errors)
        super().__init__(
            message
            or "; ".join(f"{e.pointer.lstrip('/') or 'body'}: {e.detail}" for e in self.errors)
        )


class IdempotencyKeyReused(Invalid):
    """This Idempotency-Key belongs to another request"""

    code = "idempotency_key_reused"
    title = "The key was used for another request"
    about = "Another method, path, query or body was sent with this Idempotency-Key."
    fix = "Use a new key for each request."

    def __init__(self) -> None:
        detail = "was sent with another request: use a new key for each"
        super().__init__([FieldError("/Idempotency-Key", detail, "Idempotency-Key")])


class UnexpectedBody(Invalid):
    """This path takes no request body"""

    code = "unexpected_body"
    title = "No body is expected"
    about = "The request has a body, and the route does not read one."
    fix = "Send the request without a body."

    def __init__(self) -> None:
        super().__init__([FieldError("", "is not part of this request: send no body")])
