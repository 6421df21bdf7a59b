"""Who calls, and what they may do."""

from exports_app.domain.errors.base import ExportsError


class Unauthenticated(ExportsError):
    """Sign in first: send an access token or an API key as 'Authorization: Bearer …'"""

    code = "unauthenticated"
    title = "Not signed in"
    about = "The request has no access token and no API key, and the route needs one."
    fix = "Send an access token or an API key in the header 'Authorization: Bearer …'."


class InvalidToken(Unauthenticated):
    """This access token or API key is not valid: it has expired, was revoked, or is incomplete.
    Get a new one"""

    code = "invalid_token"
    title = "The token is not valid"
    about = (
        "The access token or API key was not issued here, has expired or was revoked, or is not "
        "complete. Access tokens also end with a new password."
    )
    fix = "Sign in again, or use an API key that is still valid."


class SessionEnded(Unauthenticated):
    """Your session has ended: sign in again"""

    code = "session_ended"
    title = "The session has ended"
    about = "The browser is not signed in, or its session has ended."
    fix = "Sign in again, then repeat what you did."


class SignInOver(Unauthenticated):
    """This sign-in is no longer valid: sign in again"""

    code = "sign_in_over"
    title = "The sign-in was not completed"
    about = "The sign-in took too long, was completed before, or belongs to another browser."
    fix = "Sign in again from the beginning."


class SignInRequired(Unauthenticated):
    """Sign in first, then accept the invitation"""

    code = "sign_in_required"
    title = "Sign in to accept the invitation"
    about = "The invitation is for an address that has an account, or may have one."
    fix = "Sign in to the account with this address, then accept the invitation."


class WrongCredentials(Unauthenticated):
    """The email address or the password is wrong"""

    code = "wrong_credentials"
    title = "Wrong email address or password"
    about = "No active account has this email address and password."
    fix = "Check both, or ask for a link to set a new password."


class OneTimePasswordOver(Unauthenticated):
    """This one-time password was already used or has expired: ask for a new one, or for a
    link to set your own"""

    code = "one_time_password_over"
    title = "The one-time password is no longer valid"
    about = "A one-time password is valid for one sign-in within 72 hours."
    fix = "Ask an administrator for a new one, or for a link to set your own password."


class OtpRequired(Unauthenticated):
    """This account uses two-factor authentication: send a code of its authenticator app, or a
    recovery code, as 'otp'"""

    code = "otp_required"
    title = "A code is required"
    about = "The password is right, and the account uses two-factor authentication."
    fix = (
        "Send the request again, with a code of the authenticator app or a recovery code as 'otp'."
    )

    def __init__(self, step: str = "") -> None:
        super().__init__()
        self.step = step
        """A secret for the second step, see `Sessions.finish`. Empty for the API, which sends the
        password again."""


class WrongOtp(Unauthenticated):
    """This code is wrong, expired or already used: send the newest one"""

    code = "wrong_otp"
    title = "Wrong code"
    about = "The code is wrong, has expired, or was used before: each works for one sign-in."
    fix = "Send the newest code of the authenticator app, or a recovery code."


class MetricsTokenRequired(Unauthenticated):
    """Call this from the server itself, or send METRICS_TOKEN as 'Authorization: Bearer …'"""

    code = "metrics_token_required"
    title = "The token for metrics is required"
    about = "Metrics are for callers on the server itself, and for those who have METRICS_TOKEN."
    fix = "Send METRICS_TOKEN in the header 'Authorization: Bearer …'."


class CookiesRefused(ExportsError):
    """Your browser blocks cookies from this site: allow them, reload the page, then sign
    in"""

    code = "cookies_refused"


class Forbidden(ExportsError):
    """You do not have permission to do this"""

    code = "forbidden"
    title = "No permission"
    about = "The caller's role in this tenant does not include this, or only a super admin may."
    fix = "Ask an admin of the tenant to do it, or for another role."
    refused_in: str | None = ""
    """The tenant in which the right is missing; empty: no tenant."""


class DemoIsLocal(Forbidden):
    """This account has the public password of the demo: it can be used on the server's own machine
    only, at http://localhost"""

    code = "demo_is_local"
    title = "The demo account is for this machine only"
    about = (
        "The account has the public password of the demo, and the request came from another "
        "machine."
    )
    fix = "Set another password first, or call from the server's own machine at http://localhost."


class OwnPasswordFirst(Forbidden):
    """You are signed in with a one-time password: choose your own under Settings, Account, then
    try again"""

    code = "own_password_first"
    title = "Choose your own password first"
    about = "The caller signed in with a one-time password, which allows nothing else."
    fix = "Choose a password with POST /api/account/password, then send the request again."


class SignInAgain(Forbidden):
    """Sign in again to create an API key: you signed in more than 2 hours ago"""

    code = "sign_in_again"
    title = "Sign in again first"
    about = "An API key outlives the sign-in, so creating one takes a sign-in of the last 2 hours."
    fix = "Sign in with POST /api/auth/login, then send the request again with the new token."
    refused_in = None  # they have the right


class KeyNotAllowed(Forbidden):
    """API keys cannot do this: sign in as a person"""

    code = "key_not_allowed"
    title = "Not for API keys"
    about = "Accounts, API keys and the installation are managed by people only."
    fix = "Sign in as a person, and use their access token."


class KeyIsLimited(Forbidden):
    """This API key is limited to chosen scheduled exports: it can do nothing else"""

    code = "key_limited"
    title = "The API key is limited to chosen scheduled exports"
    about = "The request is about the tenant as a whole, or would create a scheduled export."
    fix = "Use an API key that is not limited to chosen scheduled exports."


class InsufficientScope(Forbidden):
    """This API key lacks a scope"""

    code = "insufficient_scope"
    title = "The API key lacks a scope"
    about = "The API key does not have the scope that the header WWW-Authenticate names."
    fix = "Use an API key that has this scope."

    def __init__(self, scope: str) -> None:
        super().__init__(f"This API key lacks the scope {scope}: use a key that has it")
        self.scope = scope


class WrongAccount(Forbidden):
    """This link is for another account than the one that is signed in: sign out, then open the link
    again"""

    code = "wrong_account"
    title = "The link is for another account"
    about = "The link or invitation is for another account than the one that is signed in."
    fix = "Sign out, then open the link again."
    refused_in = None  # it is in the audit as a refused link


class SecondFactorRequired(Forbidden):
    """Two-factor authentication is required here: set it up under Settings, Account"""

    code = "second_factor_required"
    title = "Two-factor authentication is required"
    about = "The tenant, or for super admins the installation, requires two-factor authentication."
    fix = "Set it up under Settings, Account, then send the request again."


class CrossSite(Forbidden):
    """This file was sent from another site: upload it from this site's own page"""

    code = "cross_site"
    title = "Sent from another site"
    about = "A page of another site sent the request, as its Origin header says."
    fix = "Send the file from this site's own page."
