"""Texts about a destination without its secrets: another side may repeat them in its answer."""

import html
import json
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Iterator
from urllib.parse import parse_qsl, quote, quote_plus, urlsplit

from pydantic import BaseModel, SecretStr

HIDDEN = "[secret]"
LEAST = 4
"""Characters of a secret: a shorter one is part of many words."""
LEAST_ENCODED = 8
"""Likewise, of what an encoding makes of a secret, and of a part of an address."""
PART = 10
"""So many characters of a secret in a row are hidden too, such as where a text was cut."""


class Redaction:
    """Of the secrets of a config: as they are, in base64 (also as part of more, such as of a user
    and a password), in hex, and as in addresses, JSON and HTML."""

    def __init__(self, config: BaseModel) -> None:
        values = (value for _, value in config if isinstance(value, SecretStr))
        self._forms = {form for value in values for form in _forms(value.get_secret_value())}

    def of_answer(self, text: str) -> str:
        """Of what another side said."""
        return self._without(text, self._forms)

    def of_place(self, text: str) -> str:
        """Of what is made of other settings too, which may have the same word as a short secret:
        such a one stays."""
        return self._without(text, {form for form in self._forms if len(form) >= PART})

    def _without(self, text: str, forms: set[str]) -> str:
        hidden = bytearray(len(text))
        for length in {min(len(form), PART) for form in forms}:
            there = {text[at : at + length] for at in range(len(text) - length + 1)}
            found = {part for form in forms for part in _parts(form, length) if part in there}
            for part in found:
                at = text.find(part)
                while at >= 0:
                    hidden[at : at + length] = b"\1" * length
                    at = text.find(part, at + 1)
        shown = (
            HIDDEN if is_hidden and not (at and hidden[at - 1]) else "" if is_hidden else character
            for at, (character, is_hidden) in enumerate(zip(text, hidden, strict=True))
        )
        return "".join(shown)


def _parts(form: str, length: int) -> Iterator[str]:
    if min(len(form), PART) == length:
        yield from (form[at : at + length] for at in range(len(form) - length + 1))


def _forms(secret: str) -> Iterator[str]:
    for text in _pieces(secret):
        if len(text) >= LEAST:
            yield text
            yield from (form for form in _encoded(text) if len(form) >= LEAST_ENCODED)


def _pieces(secret: str) -> Iterator[str]:
    """Of an address what follows the host, which is no secret; of a key the lines without those
    that all keys have."""
    parts = _split(secret)
    if parts is not None and parts[0]:
        rest, query = parts[1:]
        yield rest
        yield from (value for _, value in parse_qsl(query) if len(value) >= LEAST_ENCODED)
    elif "\n" in secret:
        yield from (line for line in secret.splitlines() if not line.startswith("-----"))
    else:
        yield secret


def _split(secret: str) -> tuple[str, str, str] | None:
    """The host of an address, what follows it, and the query in that; None where it is none."""
    try:
        parts = urlsplit(secret)
    except ValueError:
        return None
    follows = parts._replace(scheme="", netloc="").geturl()
    return (parts.netloc if parts.scheme else "", follows, parts.query)


def _encoded(text: str) -> set[str]:
    data = text.encode("utf-8", "replace")
    forms = {quote(text, safe="", errors="replace"), quote_plus(text, errors="replace")}
    forms |= {form.replace("%2F", "/") for form in forms}
    forms |= {form.lower() for form in forms if "%" in form}
    forms |= {data.hex(), data.hex().upper()}
    forms |= {json.dumps(text)[1:-1], json.dumps(text, ensure_ascii=False)[1:-1]}
    forms |= {html.escape(text), html.escape(text, quote=False)}
    for before in range(3):  # three bytes are four characters
        for encode in (b64encode, urlsafe_b64encode):
            whole = encode(bytes(before) + data).decode().rstrip("=")
            # The first and the last character may have bits of what is beside it
            end = len(whole) - (1 if (before + len(data)) % 3 else 0)
            forms.add(whole[-(-before * 8 // 6) : end])
    return forms
