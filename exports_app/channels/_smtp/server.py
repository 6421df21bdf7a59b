"""The mail server: where it is, how to sign in, and how long to wait for it."""

import ssl
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

from pydantic import SecretStr

Tls = Literal["starttls", "tls", "none"]


@dataclass(frozen=True)
class Patience:
    """Seconds to wait for the server at each step. Whoever gives up earlier than RFC 5321 asks
    (4.5.3.2) sends again what a slow server has accepted."""

    connect: float = 15
    """The TCP connection with its TLS handshake; after STARTTLS, the handshake alone."""
    greeting: float = 300
    command: float = 300
    """The answer to MAIL and RCPT. Also to EHLO, STARTTLS and AUTH, for which the RFC names no
    time: the server may look up names, or ask a directory, before it answers these too."""
    reset: float = 20
    """The answer to RSET. Nothing depends on it: a new connection takes less time."""
    goodbye: float = 5
    """The answer to QUIT. By then every message has its own."""
    data: float = 120
    """The answer to DATA."""
    block: float = 180
    """Until the server has read enough for the next block of the message."""
    end: float = 600
    """The answer after the dot that ends the message."""


PATIENCE = Patience()


@dataclass(frozen=True)
class Server:
    host: str
    port: int
    tls: Tls
    user: str
    password: SecretStr
    tls_context: ssl.SSLContext | None = None
    """None: the system's certificates."""
    helo: str = ""
    """Who we are, in EHLO; empty: see `own_name`."""
    patience: Patience = PATIENCE
    current_password: Callable[[], SecretStr] | None = None
    """Asked for each connection; None: `password` does not change."""

    def now(self) -> "Server":
        """With the password that counts now."""
        return replace(self, password=self.current_password()) if self.current_password else self

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"
