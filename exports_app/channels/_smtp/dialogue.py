"""The commands to a mail server and its replies, as an admin reads them after a test; passwords are
replaced by ``***``."""

import base64
import re
from collections.abc import Sequence

LONGEST = 500
"""Characters of a line."""
HIDDEN = "***"
SHORTEST = 4
"""Characters of a secret that is hidden: a shorter one is part of many words."""


class Secrets:
    """What was sent to sign in: a server may repeat it in its reply."""

    def __init__(self, user: str, password: str) -> None:
        self._words: set[str] = set()
        if password:
            plain = (password, f"\0{user}\0{password}", f"{user}\0{user}\0{password}")
            self._words |= {*plain, *(base64.b64encode(text.encode()).decode() for text in plain)}

    def add(self, *words: bytes) -> None:
        """Add what was sent."""
        self._words |= {word.decode("latin-1") for word in words}

    def hide(self, text: str) -> str:
        """The text without secrets, also where one is broken over two lines."""
        for word in sorted(self._words, key=len, reverse=True):
            if len(word) >= SHORTEST:
                text = re.sub(r"\s*".join(map(re.escape, word)), HIDDEN, text, flags=re.IGNORECASE)
        return text


class Dialogue:
    """lines: ``C: …`` a command, ``S: …`` a line of a reply, ``-- …`` anything else."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def command(self, *words: bytes) -> None:
        self._add("C: ", b" ".join(words).decode("utf-8", "replace"))

    def reply(self, code: int, message: str) -> None:
        lines = message.splitlines() or [""]
        for number, line in enumerate(lines, start=1):
            self._add("S: ", f"{code}{'-' if number < len(lines) else ' '}{line}")

    def event(self, what: str) -> None:
        self._add("-- ", what)

    def _add(self, prefix: str, text: str) -> None:
        self.lines.append(
            prefix + "".join(c if c.isprintable() else " " for c in text)[:LONGEST].rstrip()
        )


def last_reply(lines: Sequence[str]) -> str:
    """The last line of the server's last reply; empty: there is none."""
    replies = [line.removeprefix("S: ") for line in lines if line.startswith("S: ")]
    return replies[-1] if replies else ""
