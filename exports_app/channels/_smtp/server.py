"""The mail server: where it is, how to sign in, and how long to wait for it."""

import ssl
from dataclasses import dataclass
from typing import Literal

from pydantic import SecretStr

CONNECT_TIMEOUT = 15.0
"""Seconds for the connection, its TLS handshake and the server's greeting."""
COMMAND_TIMEOUT = 60.0
"""Seconds for the answer to one command."""

Tls = Literal["starttls", "tls", "none"]


@dataclass(frozen=True)
class Server:
    host: str
    port: int
    tls: Tls
    user: str
    password: SecretStr
    tls_context: ssl.SSLContext | None = None
    """None: the system's certificates."""
    connect_timeout: float = CONNECT_TIMEOUT
    command_timeout: float = COMMAND_TIMEOUT

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"
