"""Why nothing was sent to an address that a user named."""

from exports_app.domain.errors import ExportsError


class Refused(ExportsError):
    """This address is not allowed"""

    code = "address_refused"


class Unreachable(ExportsError):
    """This server cannot be reached"""

    code = "server_unreachable"
    permanent = False


class NoAnswer(Unreachable):
    """The request went out, and no complete answer came: it may have been carried out, or not"""

    code = "server_no_answer"


class Stopped(Unreachable):
    """It was stopped before anything was sent"""

    code = "stopped"
