"""What we and a mail server say to each other, for somebody who looks for what is wrong. It holds no secret."""

import base64
from collections.abc import Sequence

LONGEST = 500
HIDDEN = "***"


class Dialogue:
    """lines: ``C: …`` what we said, ``S: …`` what the server answered, ``-- …`` what happened besides. secrets: texts that stand
    in no line, in plain or in Base64."""

    def __init__(self, user: str, password: str) -> None:
        self.lines: list[str] = []
        plain = {password, f"\0{user}\0{password}"} if password else set()
        self._secrets = sorted({*plain, *(_base64(one) for one in plain)}, key=len, reverse=True)
        self.signing_in = False

    def said(self, *words: bytes) -> None:
        """Of a sign-in only its mechanism is kept: what follows is a name, a password, or made of both."""
        if words[:1] == (b"AUTH",):
            kept = [*(word.decode("ascii", "replace") for word in words[:2]), *([HIDDEN] if len(words) > 2 else [])]
            self._add("C", " ".join(kept))
        elif self.signing_in:
            self._add("C", HIDDEN)
        else:
            self._add("C", b" ".join(words).decode("utf-8", "replace"))

    def heard(self, code: int, message: str) -> None:
        lines = message.splitlines() or [""]
        for number, line in enumerate(lines, start=1):
            self._add("S", f"{code}{'-' if number < len(lines) else ' '}{line}")

    def happened(self, what: str) -> None:
        self._add("--", what)

    def _add(self, who: str, text: str) -> None:
        for secret in self._secrets:
            text = text.replace(secret, HIDDEN)
        told = "".join(c if c.isprintable() else " " for c in text)[:LONGEST].rstrip()
        self.lines.append(f"-- {told}" if who == "--" else f"{who}: {told}")


def _base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def last_answer(lines: Sequence[str]) -> str:
    """What the server said to the message itself."""
    answers = [line.removeprefix("S: ") for line in lines if line.startswith("S: ")]
    return answers[-1] if answers else ""
