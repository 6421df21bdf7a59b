"""What a packet of a websocket may be: text of a known form and size. Nothing is parsed yet."""

import re

MAX_FRAME_BYTES = 256 * 1024
"""Of a packet: a form that the browser kept while the server was away."""
MAX_FRAME_BYTES_OF_STRANGERS = 16 * 1024
"""Of a packet of a tab where nobody is signed in yet: those pages have small forms only."""
MAX_BRACKETS = 5_000
MAX_COMMAS = 20_000
"""In the text of a packet. To parse more lists, objects and numbers would keep the event loop from
the others."""
TOO_LARGE = f"a frame over {MAX_FRAME_BYTES // 1024} KB"
TOO_LARGE_FOR_STRANGERS = (
    f"a frame over {MAX_FRAME_BYTES_OF_STRANGERS // 1024} KB before anyone signed in"
)
TOO_COMPLEX = "a frame with too many values"
# Engine.IO: 1 closes, 3 answers a ping, 4 is a packet of Socket.IO: 40 joins, 41 leaves, 42 is an
# event. Answers to packets (43) and bytes (45, 46, and "b" at the beginning) are nothing that a
# page sends
_PACKET = re.compile(r"1|3|41/_event,?|40/_event,(?:\{.*\})?|42/_event,\[.*\]", re.DOTALL)


def bytes_on_the_wire(text: str) -> int:
    """Bytes of a packet with the header of a client's frame (RFC 6455, 5.2)."""
    size = _bytes(text)
    return size + (6 if size < 126 else 8 if size < 65_536 else 14)


def _bytes(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode("utf-8", "surrogatepass"))


def wrong(text: str | None, *, signed_in: bool) -> str:
    """What is wrong with a packet; empty where nothing is. Looks at the text only: nothing is
    parsed yet."""
    if text is None:
        return "a binary frame"
    most, too_large = (
        (MAX_FRAME_BYTES, TOO_LARGE)
        if signed_in
        else (MAX_FRAME_BYTES_OF_STRANGERS, TOO_LARGE_FOR_STRANGERS)
    )
    if len(text) > most or _bytes(text) > most:
        return too_large
    if text.count("[") + text.count("{") > MAX_BRACKETS or text.count(",") > MAX_COMMAS:
        return TOO_COMPLEX
    return "" if _PACKET.fullmatch(text) else "a malformed packet"
