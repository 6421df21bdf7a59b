"""What is sent to pages, as JSON. A list's rows go to every open page at each change: orjson writes
them in a small part of the time that Python's own encoder takes."""

from types import SimpleNamespace
from typing import Any

import orjson
from reflex_base.utils.serializers import serialize

_OPTIONS = orjson.OPT_PASSTHROUGH_DATACLASS | orjson.OPT_PASSTHROUGH_DATETIME
"""Reflex writes these in its own way."""


def install(sio: Any) -> None:
    """Let this Socket.IO server write its packets with orjson."""
    of_reflex = sio.packet_class.json

    def dumps(data: Any, **options: Any) -> str:
        try:
            return orjson.dumps(data, default=serialize, option=_OPTIONS).decode()
        except TypeError:  # numbers of over 64 bits, keys that are not text, very deep values
            return str(of_reflex.dumps(data, **options))

    sio.packet_class.json = SimpleNamespace(dumps=dumps, loads=of_reflex.loads)
