"""Our cookies. Scripts cannot read them, and requests of other sites do not carry them, except for
plain links.

Over https their names begin with __Host-: a browser takes such a cookie only from this host and
over https, so that neither a subdomain nor an attacker in the network can set one.
"""

from starlette.types import Scope

from exports_app.services.identity.cookies import HOST_PREFIX, is_ours_without_prefix


def set_cookie(name: str, value: str, max_age: int, *, secure: bool) -> str:
    """A Set-Cookie header. max_age: seconds; 0 deletes the cookie. secure: for https only, under
    its name with __Host-."""
    attributes = f"{name}={value}; HttpOnly; SameSite=Lax; Path=/; Max-Age={max_age}"
    return f"{HOST_PREFIX}{attributes}; Secure" if secure else attributes


def is_secure(scheme: str, public_url: str) -> bool:
    """Whether the browser speaks https: with this server, or with a proxy before it, as PUBLIC_URL
    tells."""
    return bool({"https", "wss"} & {scheme, public_url.partition(":")[0].lower()})


def only_trusted(scope: Scope) -> Scope:
    """The request without our cookies that lack __Host-: over https others may have set them."""
    headers = [
        (name, _trusted(value) if name == b"cookie" else value) for name, value in scope["headers"]
    ]
    return {**scope, "headers": headers}


def _trusted(header: bytes) -> bytes:
    pairs = header.decode("latin1").split(";")
    return ";".join(pair for pair in pairs if not is_ours_without_prefix(pair)).encode("latin1")
