"""Cursors: where a page of a list ended, for the next one to begin there.

A cursor is base64url (RFC 4648) of a signature, the sorted value and the id of the page's last row.
It is signed together with the list that it belongs to: its filters and its order. So it is of no
use for another list, and holds nothing that its holder has not seen.
"""

import hmac
import json
from base64 import b64decode, urlsafe_b64encode
from binascii import Error
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from exports_app.domain.errors import FieldError, Invalid
from exports_app.services.core.records import Page
from exports_app.services.keys.derived_keys import CURSORS, Keys

SIGNATURE = 16
"""Bytes of HMAC-SHA-256."""
WRONG = (
    "this is not a cursor of this list: send nextCursor of the previous response unchanged, with"
    " the same filters and sort; leave it out to start over"
)
BOTH = "use either cursor or page, not both: a cursor continues after the page it came with"
_READ: Mapping[str, Callable[[Any], Any]] = {
    "instant": datetime.fromisoformat,
    "day": date.fromisoformat,
    "plain": lambda value: value,
}


class Cursors:
    def __init__(self, keys: Keys) -> None:
        self._keys = keys

    def page(self, cursor: str | None, of: Sequence[Any], page: Page) -> Page:
        """The page that begins behind the cursor, if there is one. of: what says which list it is:
        its name, filters and order. Raises Invalid."""
        if cursor is None:
            return page
        if page.number > 1:
            raise Invalid([FieldError("/page", BOTH)])
        return replace(page, after=self._read(cursor, of))

    def following(
        self, of: Sequence[Any], page: Page, rows: Sequence[Any], key: Callable[[Any], Any]
    ) -> str | None:
        """The cursor behind the rows of a page; None behind the last page. key: the sorted value
        and the id of a row."""
        if len(rows) < page.size:
            return None
        return self.at(of, *key(rows[-1]))

    def at(self, of: Sequence[Any], value: Any, row_id: str) -> str:
        """The cursor of the rows behind a place of the list."""
        content = json.dumps([*_written(value), row_id], ensure_ascii=False).encode()
        signature = _signature(self._keys.current(CURSORS), of, content)
        return urlsafe_b64encode(signature + content).decode().rstrip("=")

    def _read(self, cursor: str, of: Sequence[Any]) -> tuple[Any, str]:
        try:
            # Strictly: the one form in which it was given
            padded = cursor.encode("ascii") + b"=" * (-len(cursor) % 4)
            decoded = b64decode(padded, altchars=b"-_", validate=True)
        except (Error, UnicodeEncodeError):
            raise Invalid([FieldError("/cursor", WRONG)]) from None
        signature, content = decoded[:SIGNATURE], decoded[SIGNATURE:]
        valid = (_signature(key, of, content) for key in self._keys.accepted(CURSORS))
        if not any(hmac.compare_digest(signature, each) for each in valid):
            raise Invalid([FieldError("/cursor", WRONG)])
        kind, value, row_id = json.loads(content)
        return _READ[kind](value), row_id


def _signature(key: bytes, of: Sequence[Any], content: bytes) -> bytes:
    signed = json.dumps([*map(_comparable, of), content.decode("utf-8", "replace")])
    return hmac.digest(key, signed.encode(), "sha256")[:SIGNATURE]


def _comparable(value: Any) -> Any:
    if isinstance(value, Mapping):
        return sorted((name, str(each)) for name, each in value.items())
    return None if value is None else str(value)


def _written(value: Any) -> tuple[str, Any]:
    if isinstance(value, datetime):
        return "instant", value.isoformat()
    if isinstance(value, date):
        return "day", value.isoformat()
    return "plain", value
