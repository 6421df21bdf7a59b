"""Which site a request asks for: its Host header, compared with PUBLIC_URL."""

from urllib.parse import SplitResult, urlsplit

from starlette.types import Scope

PORTS = {"http": 80, "https": 443}
ANY_HOST = frozenset({"/api/health", "/api/live", "/api/ready", "/api/metrics"})
"""Load balancers and Prometheus ask for these paths by the machine's own address."""


def is_asked_for(scope: Scope, public_url: str) -> bool:
    """Whether the request is for PUBLIC_URL's site, or for a path that every host may ask for.
    Without PUBLIC_URL all requests are."""
    if not public_url or scope["path"] in ANY_HOST:
        return True
    hosts = [value.decode("latin1") for name, value in scope["headers"] if name == b"host"]
    return len(hosts) == 1 and _site(f"//{hosts[0]}", public_url) == _site(public_url, public_url)


def same_origin(origin: str, host: str, public_url: str = "") -> bool:
    """Whether a websocket's Origin header is the site it calls (its Host header), or PUBLIC_URL
    behind a proxy."""
    try:
        came = urlsplit(origin)
        default = PORTS.get(came.scheme)
        if default is None or came.hostname is None:
            return False
        ours = [urlsplit(f"//{host}"), *([urlsplit(public_url)] if public_url else [])]
        return any(
            (came.hostname, came.port or default) == _host_and_port(own, default) for own in ours
        )
    except ValueError:  # a port that is no number, a broken IPv6 address
        return False


def _site(url: str, public_url: str) -> tuple[str | None, int] | None:
    try:
        return _host_and_port(urlsplit(url), PORTS[urlsplit(public_url).scheme])
    except ValueError:
        return None


def _host_and_port(parts: SplitResult, default: int) -> tuple[str | None, int]:
    return parts.hostname, parts.port or PORTS.get(parts.scheme, default)
