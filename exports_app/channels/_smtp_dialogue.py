"""What we and a mail server say to each other, for somebody who looks for what is wrong; and what
of it nobody may read."""

import base64
import re
from collections.abc import Sequence

LONGEST = 500
HIDDEN = "***"
SHORTEST = 4
"""Characters of a word that is looked for: a shorter one stands in any text."""


class Secrets:
    """Words of a sign-in, which a server may repeat in its answer."""

    def __init__(self, user: str, password: str) -> None:
        self._words: set[str] = set()
        if password:
            plain = (password, f"\0{user}\0{password}", f"{user}\0{user}\0{password}")
            self._words |= {*plain, *(base64.b64encode(one.encode()).decode() for one in plain)}

    def add(self, *words: bytes) -> None:
        """What was sent."""
        self._words |= {word.decode("latin-1") for word in words}

    def hide(self, text: str) -> str:
        """The text without them, also where one is broken over two lines."""
        for word in sorted(self._words, key=len, reverse=True):
            if len(word) >= SHORTEST:
                text = re.sub(r"\s*".join(map(re.escape, word)), HIDDEN, text, flags=re.IGNORECASE)
        return text


class Dialogue:
    """lines: ``C: …`` what we said, ``S: …`` what the server answered, ``-- …`` what happened
    besides."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def said(self, *words: bytes) -> None:
        self._add("C: ", b" ".join(words).decode("utf-8", "replace"))

    def heard(self, code: int, message: str) -> None:
        lines = message.splitlines() or [""]
        for number, line in enumerate(lines, start=1):
            self._add("S: ", f"{code}{'-' if number < len(lines) else ' '}{line}")

    def happened(self, what: str) -> None:
        self._add("-- ", what)

    def _add(self, who: str, text: str) -> None:
        self.lines.append(
            who + "".join(c if c.isprintable() else " " for c in text)[:LONGEST].rstrip()
        )


def last_answer(lines: Sequence[str]) -> str:
    """What the server said last."""
    answers = [line.removeprefix("S: ") for line in lines if line.startswith("S: ")]
    return answers[-1] if answers else ""
