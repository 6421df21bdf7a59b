"""URLs of PostgreSQL and Redis: made of parts, checked, and shown without their secrets."""

import re
from urllib.parse import quote, unquote, urlencode, urlsplit, urlunsplit

_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")
_WITHOUT_PASSWORD = ("s3", "sqlite")
"""Schemes of files, whose names may have an @."""


def postgresql(host: str, port: int, name: str, user: str, password: str) -> str:
    """The URL of a database. host: a name, an address, or the folder of PostgreSQL's socket."""
    who = quote(user, safe="") + (f":{quote(password, safe='')}" if password else "")
    if host.startswith("/"):
        return f"postgresql://{who}@/{name}?{urlencode({'host': host, 'port': port})}"
    at = f"[{host}]" if ":" in host else host
    return f"postgresql://{who}@{at}:{port}/{name}"


def with_password(url: str, password: str) -> str:
    """The URL with this password, where there is one."""
    if not password:
        return url
    parts = urlsplit(url)
    who, _, where = parts.netloc.rpartition("@")
    netloc = f"{who.removesuffix(':')}:{quote(password, safe='')}@{where}"
    # urlunsplit would drop the // of unix:///path
    rest = urlunsplit(("", "", parts.path, parts.query, parts.fragment))
    return f"{parts.scheme}://{netloc}{rest}"


def has_password(url: str) -> bool:
    """Whether the URL has a password of its own."""
    return ":" in urlsplit(url).netloc.rpartition("@")[0]


def check_port(url: str) -> None:
    """Raises ValueError for a port that is none."""
    _ = urlsplit(url).port


def credentials(url: str) -> tuple[str, str]:
    """The URL's user and password, decoded; empty where it has none."""
    parts = urlsplit(url)
    return unquote(parts.username or ""), unquote(parts.password or "")


def without_credentials(url: str) -> str:
    """The URL without user and password."""
    parts = urlsplit(url)
    rest = urlunsplit(("", "", parts.path, parts.query, parts.fragment))
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{rest}"


def unencoded(url: str) -> bool:
    """Whether characters of its password are written as they are, which ends the password early or
    makes another one of it."""
    authority, rest = _authority(url)
    # An @ after the host's end, and the only one: what was to be a password has / ? or #
    late = "@" not in authority and "@" in rest
    return late or authority.count("@") > 1 or bool(_PERCENT.search(authority))


def _authority(url: str) -> tuple[str, str]:
    """User, password and host, as far as they go; and what follows them."""
    after = url.partition("://")[2]
    authority = re.split(r"[/?#]", after, maxsplit=1)[0]
    return authority, after[len(authority) :]


def without_secrets(url: str) -> str:
    """The URL for logs and people: its password and its options are masked. So is a web address's
    user, which may be a token; and all of a URL that cannot be read, or whose password may have
    ended early."""
    scheme = url.partition("://")[0]
    try:
        parts = urlsplit(url)
    except ValueError:  # an address in brackets that is none
        return f"{scheme}://***"
    if not scheme.startswith(_WITHOUT_PASSWORD) and "@" in _authority(url)[1]:
        return f"{scheme}://***"
    who, at, where = parts.netloc.rpartition("@")
    if at and parts.scheme in {"http", "https"}:
        who = "***"
    elif ":" in who:
        who = f"{who.partition(':')[0]}:***"
    options = "?***" if parts.query else ""
    fragment = "#***" if parts.fragment else ""
    return f"{parts.scheme}://{who}{at}{where}{parts.path}{options}{fragment}"
