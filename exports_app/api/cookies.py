"""Our cookies. No script reads them, no other site's request carries them along but by a plain link."""


def set_cookie(name: str, value: str, max_age: int, *, secure: bool) -> str:
    """A Set-Cookie header. max_age: seconds; 0 deletes the cookie. secure: for https alone."""
    return f"{name}={value}; HttpOnly; SameSite=Lax; Path=/; Max-Age={max_age}" + ("; Secure" if secure else "")


def is_secure(scheme: str, public_url: str) -> bool:
    """Whether the browser speaks https: with this server, or with a proxy before it, as PUBLIC_URL tells."""
    return "https" in {scheme, public_url.partition(":")[0].lower()}
