"""One SMTP connection, command by command, so that the stage of every failure is known.

``aiosmtplib.SMTP.sendmail`` reports a refused DATA, a refused message and a lost final reply
alike, and only after the last may the message have arrived.
"""

from __future__ import annotations

import asyncio
import re
import socket
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import aiosmtplib

from alertd.channels.email import EmailSettings, sender_of
from alertd.core.transport import Answer, Mail

ADDRESSES: Final = 4
"""How many addresses of one host are tried."""

NOT_OFFERED: Final = 502
"""Our own code for what no server says: what we require of it is not offered."""

_READY: Final = 354
_SECURED: Final = {"tls": "encrypted", "starttls": "encrypted", "none": "not encrypted"}
_UNKNOWN_METHOD: Final = 504


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Time limits in seconds (reliability.md section 3), and how long a session is kept.

    ``total`` bounds a whole send, so that the lease of the row outlives it.
    """

    connect: float = 10
    command: float = 60
    data: float = 120
    final: float = 600
    total: float = 660
    goodbye: float = 5
    idle: float = 10
    age: float = 300
    messages: int = 100


LIMITS: Final = Limits()


class Session:
    """One connection to one server: opened, used for messages one by one, ended."""

    def __init__(
        self, settings: EmailSettings, limits: Limits, context: ssl.SSLContext | None
    ) -> None:
        self._settings = settings
        self._limits = limits
        self._context = context
        self._client: aiosmtplib.SMTP | None = None
        self._transport: asyncio.BaseTransport | None = None
        self._opened = asyncio.get_running_loop().time()
        self._taken = 0
        self._in_transaction = False
        self._rest: asyncio.TimerHandle | None = None
        self.stage = "connect"

    @property
    def sound(self) -> bool:
        """Whether another message may be sent on it."""
        age = asyncio.get_running_loop().time() - self._opened
        alive = self._client is not None and self._client.is_connected
        return alive and self._taken < self._limits.messages and age < self._limits.age

    async def send(self, mail: Mail) -> Answer:
        """Hand over one message, connecting first where needed; the answer to the message.

        Raises:
            aiosmtplib.SMTPException: refused or broken off at ``stage``.
            OSError: not reached, or broken off at ``stage``.
        """
        if self._rest is not None:
            self._rest.cancel()
        client = self._client or await self._open()
        await self._begin(client, mail)
        self.stage = "data"
        ready = await client.execute_command(b"DATA", timeout=self._limits.data)
        if ready.code != _READY:
            raise aiosmtplib.SMTPDataError(ready.code, ready.message)
        code, text = await self._hand_over(client, mail.data)
        self._in_transaction = False
        return Answer("final", code, text)

    async def visit(self) -> Answer:
        """Connect, encrypt, log in and say goodbye; raises what ``send`` does."""
        client = await self._open()
        hello = client.last_ehlo_response
        words = hello.message.splitlines()[0] if hello else ""
        await self.quit()
        return Answer(
            "auth", 250, f"{words}: connected, {_SECURED[self._settings.security]}, ready to send"
        )

    def rest(self, seconds: float, over: Callable[[Session], None]) -> None:
        """Call ``over`` when the session has not been used for ``seconds``."""
        self._rest = asyncio.get_running_loop().call_later(seconds, over, self)

    async def quit(self) -> None:
        """Say goodbye if that is quick, and close."""
        try:
            if self._client is not None and self._client.is_connected:
                await self._client.quit(timeout=self._limits.goodbye)
        except (aiosmtplib.SMTPException, OSError):
            pass  # what was sent was answered before
        finally:
            self.close()

    def close(self) -> None:
        """Drop the connection at once; what is not yet on the wire is not sent."""
        if self._rest is not None:
            self._rest.cancel()
        if self._client is not None:
            self._client.close()
        if isinstance(self._transport, asyncio.WriteTransport):
            self._transport.abort()

    async def _open(self) -> aiosmtplib.SMTP:
        """Connect, greet, encrypt and log in as the settings demand, never with less."""
        limits, settings = self._limits, self._settings
        self.stage = "connect"
        sock = await _connected(settings.host, settings.port, limits.connect)
        self.stage = "banner"
        client = self._client = aiosmtplib.SMTP(
            hostname=settings.host,
            sock=sock,
            local_hostname=_our_name(settings, sock),
            timeout=limits.command,
            use_tls=settings.security == "tls",
            start_tls=False,
            tls_context=self._context,
        )
        await client.connect()
        self._transport = client.transport
        self.stage = "ehlo"
        await client.ehlo()
        if settings.security == "starttls":
            await self._start_tls(client)
        if settings.username is not None and settings.password is not None:
            await self._log_in(client, settings.username, settings.password.get_secret_value())
        return client

    async def _begin(self, client: aiosmtplib.SMTP, mail: Mail) -> None:
        """Name sender and recipient, after clearing what a refused message left."""
        self.stage = "mail"
        if self._in_transaction:
            try:
                await client.rset()
            except aiosmtplib.SMTPResponseException as error:
                raise aiosmtplib.SMTPServerDisconnected("RSET was refused") from error
        self._taken += 1
        self._in_transaction = True
        size = [f"SIZE={len(mail.data)}"] if client.supports_extension("size") else []
        await client.mail(mail.sender, options=size)
        self.stage = "rcpt"
        await client.rcpt(mail.recipient)

    async def _hand_over(self, client: aiosmtplib.SMTP, data: bytes) -> tuple[int, str]:
        """Send the body and its dot, and read the reply that decides."""
        protocol = client.protocol
        if protocol is None:
            raise aiosmtplib.SMTPServerDisconnected("the connection was lost")
        protocol.write(_stuffed(data))
        self.stage = "final"
        # Nothing runs between write and this read, so no reply can be missed.
        reply = await protocol.read_response(timeout=self._limits.final)
        return reply.code, reply.message

    async def _start_tls(self, client: aiosmtplib.SMTP) -> None:
        self.stage = "tls"
        if not client.supports_extension("starttls"):
            raise aiosmtplib.SMTPResponseException(NOT_OFFERED, "STARTTLS is not offered")
        await client.starttls()
        self._transport = client.transport
        self.stage = "ehlo"
        await client.ehlo()

    async def _log_in(self, client: aiosmtplib.SMTP, username: str, password: str) -> None:
        """Log in by one method that the server offers; a wrong password is tried once."""
        self.stage = "auth"
        methods = {
            "plain": client.auth_plain,
            "login": client.auth_login,
            "cram-md5": client.auth_crammd5,
        }
        problem = aiosmtplib.SMTPAuthenticationError(NOT_OFFERED, "no way to log in is offered")
        for name in [item for item in methods if item in client.server_auth_methods]:
            try:
                await methods[name](username, password)
            except aiosmtplib.SMTPAuthenticationError as error:
                if error.code != _UNKNOWN_METHOD:
                    raise
                problem = error
            else:
                return
        raise problem


async def _connected(host: str, port: int, limit: float) -> socket.socket:
    """A TCP connection to the first address of ``host`` that answers within ``limit`` seconds.

    Raises:
        OSError: none did; TimeoutError is one.
    """
    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout(limit):
            found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except ValueError as error:
        raise OSError(f"{host!r} is not a host name") from error
    problem = OSError("the host has no address")
    for family, kind, protocol, _, place in found[:ADDRESSES]:
        sock = socket.socket(family, kind, protocol)
        try:
            sock.setblocking(False)  # noqa: FBT003 - the library's signature
            async with asyncio.timeout(limit):
                await loop.sock_connect(sock, place)
        except OSError as error:
            sock.close()
            problem = error
        except BaseException:
            sock.close()
            raise
        else:
            return sock
    raise problem


def _our_name(settings: EmailSettings, sock: socket.socket) -> str:
    """What we greet with: the sender's domain, which large relays insist on.

    A domain without a dot is no name out there: then our own address as a literal
    (RFC 5321 4.1.4).  Neither needs a look-up.
    """
    domain = sender_of(settings.sender).domain
    if "." in domain:
        return domain
    host = sock.getsockname()[0].partition("%")[0]
    return f"[IPv6:{host}]" if ":" in host else f"[{host}]"


def _stuffed(data: bytes) -> bytes:
    """``data`` as it goes over the wire: CRLF line ends, dots doubled, and the closing dot."""
    data = re.sub(rb"(?m)^\.", b"..", re.sub(rb"\r\n|\r|\n", b"\r\n", data))
    return data.removesuffix(b"\r\n") + b"\r\n.\r\n"
