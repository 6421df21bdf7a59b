"""A real SMTP server for tests: it speaks plain, STARTTLS or TLS, wants a password or not, and
refuses whom it is told to."""

import asyncio
import ssl
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any, Literal

import trustme
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

HOST = "127.0.0.1"


@dataclass(frozen=True)
class Received:
    mail_from: str
    rcpt_tos: list[str]
    raw: bytes
    message: EmailMessage
    options: list[str]
    """What followed MAIL FROM, upper-cased, e.g. SMTPUTF8."""
    encrypted: bool
    user: str | None
    """Who had signed in."""


@dataclass(frozen=True)
class Rules:
    """Addresses to the answer they get, e.g. ``{"gone@example.com": "550 5.1.1 no such user"}``."""

    refuse: Mapping[str, str] = field(default_factory=dict)
    """At RCPT."""
    refuse_senders: Mapping[str, str] = field(default_factory=dict)
    """At MAIL."""
    refuse_content: Mapping[str, str] = field(default_factory=dict)
    """After the whole message has arrived, by recipient."""
    limits: Mapping[str, tuple[int, str]] = field(default_factory=dict)
    """Bytes of a message to a recipient, and the answer to a larger one, after it has arrived."""
    vanish: frozenset[str] = frozenset()
    """For these recipients the server keeps the message and drops the connection without a word."""


class MailServer:
    host = HOST
    port: int

    def __init__(
        self, tls: str, user: str | None, password: str | None, rules: Rules, smtp: dict[str, Any]
    ) -> None:
        self.tls = tls
        self.user = user
        self.password = password
        self.rules = rules
        self.smtp = smtp
        self.messages: list[Received] = []
        self.connections = 0
        """How often someone has connected."""
        self.host_names: list[str] = []
        """What the clients called themselves in EHLO."""
        self.logins = 0
        """How often someone has tried to sign in."""
        self.ca = trustme.CA() if tls != "none" else None
        self._changed = threading.Condition()
        self._sessions: set[_Session] = set()
        self._ready = threading.Event()
        self._thread = threading.Thread(
            target=lambda: asyncio.run(self._serve()), name="mailserver"
        )

    def wait_for(self, count: int, timeout: float = 10) -> list[Received]:
        """The messages, once there are `count`; AssertionError after `timeout` seconds."""
        with self._changed:
            enough = self._changed.wait_for(lambda: len(self.messages) >= count, timeout)
            assert enough, f"{len(self.messages)} of {count} messages after {timeout} s"
            return list(self.messages)

    def trust(self) -> ssl.SSLContext:
        """A client's context that trusts this server and nobody else."""
        context = ssl.create_default_context()
        assert self.ca is not None, "this server speaks no TLS"
        self.ca.configure_trust(context)
        return context

    def drop_connections(self) -> None:
        """Cut every open connection, without a goodbye; returns when they are gone."""
        asyncio.run_coroutine_threadsafe(self._drop(), self._loop).result(10)

    def start(self) -> None:
        self._thread.start()
        assert self._ready.wait(10), "the mail server did not start"

    def stop(self) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(10)
        assert not self._thread.is_alive(), "the mail server did not stop"

    async def _serve(self) -> None:
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        context = self._certificate()
        server = await self._loop.create_server(
            lambda: _Session(self, context if self.tls == "starttls" else None, self._loop),
            self.host,
            0,
            ssl=context if self.tls == "tls" else None,
        )
        self.port = server.sockets[0].getsockname()[1]
        self._ready.set()
        await self._stop.wait()
        server.close()
        await self._drop()
        await server.wait_closed()

    def _certificate(self) -> ssl.SSLContext | None:
        if self.ca is None:
            return None
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.ca.issue_cert(self.host).configure_cert(context)
        return context

    async def _drop(self) -> None:
        sessions = tuple(self._sessions)
        for session in sessions:
            session.abort()
        await asyncio.gather(*(session.gone.wait() for session in sessions))

    # What aiosmtpd asks a handler

    async def handle_EHLO(  # noqa: N802
        self,
        server: SMTP,
        session: Session,
        envelope: Envelope,
        hostname: str,
        responses: list[str],
    ) -> list[str]:
        self.host_names.append(hostname)
        session.host_name = hostname
        return responses

    async def handle_MAIL(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self.user and not session.authenticated:
            return "530 5.7.0 Authentication required"
        if address in self.rules.refuse_senders:
            return self.rules.refuse_senders[address]
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 OK"

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if address in self.rules.refuse:
            return self.rules.refuse[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: "_Session", session: Session, envelope: Envelope) -> str:  # noqa: N802  aiosmtpd looks it up by this name
        for address in envelope.rcpt_tos:
            if address in self.rules.refuse_content:
                return self.rules.refuse_content[address]
        raw = envelope.original_content or b""
        for address in envelope.rcpt_tos:
            most, answer = self.rules.limits.get(address, (len(raw), ""))
            if len(raw) > most:
                return answer
        user = session.auth_data.login.decode() if session.auth_data else None
        with self._changed:
            self.messages.append(
                Received(
                    mail_from=envelope.mail_from or "",
                    rcpt_tos=list(envelope.rcpt_tos),
                    raw=raw,
                    message=message_from_bytes(raw, policy=default),
                    options=list(envelope.mail_options),
                    encrypted=session.ssl is not None or self.tls == "tls",
                    user=user,
                )
            )
            self._changed.notify_all()
        if self.rules.vanish.intersection(envelope.rcpt_tos):
            server.abort()
            await asyncio.Event().wait()  # until the lost connection cancels us
        return "250 2.0.0 accepted"

    def sign_in(
        self,
        server: SMTP,
        session: Session,
        envelope: Envelope,
        mechanism: str,
        data: LoginPassword,
    ) -> AuthResult:
        self.logins += 1
        good = (data.login.decode(), data.password.decode()) == (self.user, self.password)
        return AuthResult(success=good, handled=False, auth_data=data)


class _Session(SMTP):
    """One connection; the server keeps count of them, so that it can end them cleanly."""

    def __init__(
        self, house: MailServer, starttls: ssl.SSLContext | None, loop: asyncio.AbstractEventLoop
    ) -> None:
        self._house, self.gone = house, asyncio.Event()
        super().__init__(
            house,
            hostname="mail.example.com",
            loop=loop,
            tls_context=starttls,
            require_starttls=starttls is not None,
            authenticator=house.sign_in,
            # aiosmtpd does not count implicit TLS as TLS; a server without users must not offer a
            # sign-in
            auth_require_tls=house.tls == "starttls" or house.user is None,
            **house.smtp,
        )

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        if self not in self._house._sessions:  # STARTTLS makes the same connection a second time
            self._house._sessions.add(self)
            self._house.connections += 1
        super().connection_made(transport)

    def connection_lost(self, error: Exception | None) -> None:
        super().connection_lost(error)
        self._house._sessions.discard(self)
        self.gone.set()

    def abort(self) -> None:
        if isinstance(self.transport, asyncio.WriteTransport):
            self.transport.abort()


@contextmanager
def mail_server(
    *,
    tls: Literal["none", "starttls", "tls"] = "none",
    user: str | None = None,
    password: str | None = None,
    refuse: Mapping[str, str] | None = None,
    refuse_senders: Mapping[str, str] | None = None,
    refuse_content: Mapping[str, str] | None = None,
    limits: Mapping[str, tuple[int, str]] | None = None,
    vanish: frozenset[str] = frozenset(),
    smtputf8: bool = True,
    size_limit: int | None = None,
) -> Iterator[MailServer]:
    """A server on 127.0.0.1 and a free port, for the length of the block. The rest: see `Rules`;
    size_limit in bytes."""
    rules = Rules(refuse or {}, refuse_senders or {}, refuse_content or {}, limits or {}, vanish)
    server = MailServer(
        tls, user, password, rules, {"enable_SMTPUTF8": smtputf8, "data_size_limit": size_limit}
    )
    server.start()
    try:
        yield server
    finally:
        server.stop()
