"""A server of the app, called over HTTP with an API key."""

import json
import os
from collections.abc import Mapping
from email.message import Message
from http.client import HTTPException
from ipaddress import ip_address
from typing import IO, Any
from urllib.error import HTTPError, URLError
from urllib.parse import urlencode, urlsplit
from urllib.request import HTTPRedirectHandler, ProxyHandler, Request, build_opener

from exports_app.domain.errors import ExportsError, FieldError, Invalid

URL = "EXPORTS_APP_URL"
KEY = "EXPORTS_APP_KEY"
SECONDS = 90
"""Without a byte from the server: longer than the API lets anyone wait."""
NOT_OURS = "the server answered, and not as this app does: check --url"
MOST = 32 * 1024 * 1024
"""Bytes of an answer."""


class _Stays(HTTPRedirectHandler):
    """Follows no redirect, which would take the key to another server."""

    def redirect_request(
        self,
        req: Request,  # noqa: ARG002 (the library's method, here and below)
        fp: IO[bytes],  # noqa: ARG002
        code: int,  # noqa: ARG002
        msg: str,  # noqa: ARG002
        headers: Message,  # noqa: ARG002
        newurl: str,
    ) -> Request | None:
        parts = urlsplit(newurl)
        server = f"{parts.scheme}://{parts.netloc}"
        raise ExportsError(f"the server redirects to {server}: give its own address with --url")


class Remote:
    """url: of the server. Raises ExportsError without a key or a usable address."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme not in {"http", "https"} or not parts.netloc or parts.username is not None:
            raise ExportsError("--url must be an address such as https://exports.example.com")
        if parts.scheme == "http" and not _is_here(parts.hostname or ""):
            raise ExportsError("--url must begin with https: http would send the API key as text")
        self._url = url.rstrip("/").removesuffix("/api")
        # No proxy of the environment for this machine: it would get the key as text
        proxy = [ProxyHandler({})] if parts.scheme == "http" else []
        self._opener = build_opener(_Stays, *proxy)
        self._key = os.environ.get(KEY, "")
        if not self._key:
            raise ExportsError(f"set {KEY} to an API key: they are made under Settings, API keys")
        if not (self._key.isascii() and self._key.isprintable()):
            raise ExportsError(f"{KEY} is no API key: it has characters that none has")

    def get(self, path: str, accept: str = "application/json") -> bytes:
        """Raises ExportsError, also here and below where the server cannot be reached."""
        return self._call("GET", path, None, {"Accept": accept})

    def post(self, path: str, body: bytes, kind: str) -> Any:
        """The answer, from JSON. kind: the media type of the body."""
        return _json(self._call("POST", path, body, {"Content-Type": kind}))

    def ask(
        self,
        method: str,
        path: str,
        query: Mapping[str, Any] | None = None,
        body: Any = None,
        repeat: str = "",
    ) -> Any:
        """The answer to JSON, from JSON. query: without what is None. repeat: an
        Idempotency-Key."""
        given = {name: _text(value) for name, value in (query or {}).items() if value is not None}
        headers = {"Accept": "application/json"}
        if repeat:
            headers["Idempotency-Key"] = repeat
        if body is not None:
            headers["Content-Type"] = "application/json"
        data = None if body is None else json.dumps(body).encode()
        target = f"{path}?{urlencode(given)}" if given else path
        return _json(self._call(method, target, data, headers))

    def _call(self, method: str, path: str, body: bytes | None, headers: dict[str, str]) -> bytes:
        headers = headers | {"Authorization": f"Bearer {self._key}"}
        request = Request(self._url + path, body, headers, method=method)  # noqa: S310 (http or https, see above)
        try:
            with self._opener.open(request, timeout=SECONDS) as answer:
                data: bytes = answer.read(MOST)
        except HTTPError as e:
            raise _problem(e.code, e.read(MOST)) from None
        except (URLError, HTTPException, OSError, ValueError) as e:
            reason = getattr(e, "reason", None) or e
            raise ExportsError(f"cannot reach {self._url}: {reason}") from None
        return data


def _is_here(host: str) -> bool:
    """Whether it is this machine."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _json(data: bytes) -> Any:
    """Raises ExportsError."""
    try:
        return json.loads(data)
    except ValueError:
        raise ExportsError(NOT_OURS) from None


def _problem(status: int, body: bytes) -> ExportsError:
    """What the server's answer says (RFC 9457)."""
    try:
        said = json.loads(body)
        errors = [FieldError(str(e["pointer"]), str(e["detail"])) for e in said["errors"]]
        detail, code = str(said["detail"]), str(said["code"])
    except (ValueError, KeyError, TypeError):
        return ExportsError(f"the server answered {status}, and not as this app does: check --url")
    return Invalid(errors) if errors else ExportsError(detail, code=code)
