"""Calls of the API with a key, from any machine."""

import json
import os
from collections.abc import Mapping
from http.client import HTTPException
from ipaddress import ip_address
from typing import Any
from urllib.error import HTTPError
from urllib.parse import quote, urlencode, urlsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener

from exports_app import __version__
from exports_app.domain import api_keys
from exports_app.domain.errors import ExportsError

KEY = "EXPORTS_APP_KEY"
URL = "EXPORTS_APP_URL"
SECONDS = 90
"""For an answer: more than the longest wait that the API allows."""
LARGEST = 16 * 1024 * 1024
"""Bytes of an answer."""

Query = Mapping[str, str | int | bool | None]


class ApiError(ExportsError):
    """A call was not answered, or was refused, with what the API said."""

    code = "api_error"


class _NoRedirects(HTTPRedirectHandler):
    """A redirect would take the key to another address."""

    def redirect_request(self, *_: Any) -> None:
        return None


class ApiClient:
    """Threads may share it."""

    def __init__(self, url: str, key: str) -> None:
        self._base = url.rstrip("/")
        self._key = key
        self._opener = build_opener(_NoRedirects)

    def get(self, path: str, query: Query | None = None) -> Any:
        """The JSON of the answer; None where it has none. Raises ApiError, here and below."""
        return self._call("GET", path, query)

    def post(self, path: str, body: Any, query: Query | None = None, repeat: str = "") -> Any:
        """repeat: an Idempotency-Key."""
        return self._call("POST", path, query, body, {"Idempotency-Key": repeat} if repeat else {})

    def put(self, path: str, body: Any) -> Any:
        return self._call("PUT", path, None, body)

    def _call(
        self,
        method: str,
        path: str,
        query: Query | None,
        body: Any = None,
        headers: Mapping[str, str] | None = None,
    ) -> Any:
        given = {name: _text(value) for name, value in (query or {}).items() if value is not None}
        url = f"{self._base}{quote(path)}" + (f"?{urlencode(given)}" if given else "")
        request = Request(url, method=method)  # noqa: S310  (checked_url knows the scheme)
        request.add_header("Authorization", f"Bearer {self._key}")
        request.add_header("User-Agent", f"exports-app-mcp/{__version__}")
        for name, value in (headers or {}).items():
            request.add_header(name, value)
        if body is not None:
            request.data = json.dumps(body).encode()
            request.add_header("Content-Type", "application/json")
        return _read(self._answer(request))

    def _answer(self, request: Request) -> bytes:
        try:
            with self._opener.open(request, timeout=SECONDS) as answer:
                text: bytes = answer.read(LARGEST + 1)
        except HTTPError as e:
            with e:
                raise ApiError(_problem(e)) from None
        except (OSError, HTTPException) as e:
            why = getattr(e, "reason", None) or e
            raise ApiError(f"{self._base} cannot be reached: {why}") from None
        if len(text) > LARGEST:
            raise ApiError("The answer is too large: ask for less")
        return text


def checked_url(text: str) -> str:
    """Raises ExportsError. Only https keeps the key secret, except on this machine."""
    parts = urlsplit(text)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query:
        raise ExportsError(f"--url must be like https://exports.example.com, and is {text!r}")
    if parts.scheme == "http" and not _is_here(parts.hostname):
        raise ExportsError("--url must begin with https: http would send the API key as plain text")
    return text


def key_of_environment() -> str:
    """Raises ExportsError."""
    key = os.environ.get(KEY, "")
    if not key:
        raise ExportsError(f"Set {KEY} to an API key: create one in Settings, API keys")
    if not api_keys.is_whole(key):
        raise ExportsError(f"{KEY} is no API key: copy it whole, it begins with {api_keys.PREFIX}")
    return key


def _is_here(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def _text(value: str | float) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _read(text: bytes) -> Any:
    try:
        return json.loads(text) if text else None
    except ValueError:
        raise ApiError("The answer is no JSON: check --url") from None


def _problem(error: HTTPError) -> str:
    """One sentence or more, as the API says it (RFC 9457)."""
    try:
        found = json.loads(error.read(LARGEST))
        said = [str(found["detail"])]
        said += [f"{e['pointer']}: {e['detail']}" for e in found.get("errors") or ()]
        return f"{'; '.join(said)} ({error.code}, {found['code']})"
    except (ValueError, KeyError, TypeError, OSError, HTTPException):
        return f"The server answered {error.code}, without a reason: check --url"
