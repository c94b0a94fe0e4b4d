"""A real SMTP server on loopback that records what it gets and misbehaves on demand.

    async with SMTPServer() as server:
        server.on("rcpt", "451 4.7.1 come back later")      # once; then as usual
        server.on("final", DROP)                            # takes the message, says nothing
        ...
        assert [item.recipient for item in server.messages] == ["a@example.org"]

Stages are those of ``alertd.core.transport.Answer``, and ``rset``, ``quit`` and ``body`` (between
its first line and the dot).  What is said instead of the usual reply is written as it is, and a
line end added.
"""

from __future__ import annotations

import asyncio
import base64
import hmac
import re
import ssl
import subprocess
from collections import Counter, defaultdict, deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Final, Self

DROP: Final = "<drop>"
"""Close the connection without a word."""

HANG: Final = "<hang>"
"""Say nothing until the server is closed."""


@dataclass(frozen=True, slots=True)
class Received:
    """One message as it came, and the session that brought it."""

    sender: str
    recipient: str
    data: bytes
    session: int
    tls: bool
    user: str | None


class _Gone(Exception):  # noqa: N818 - ends a session, is no error
    """The session is over."""


class SMTPServer:
    """Listens on 127.0.0.1, on a port of its own; ``tls`` offers STARTTLS, or is implicit."""

    def __init__(
        self,
        *,
        tls: ssl.SSLContext | None = None,
        implicit: bool = False,
        login: tuple[str, str] | None = None,
        methods: str = "PLAIN LOGIN",
    ) -> None:
        self.tls = tls
        self.implicit = implicit
        self.login = login
        self.methods = methods
        self.messages: list[Received] = []
        self.commands: list[str] = []
        self.sessions = 0
        self.open_sessions = 0
        self.port = 0
        self._instead: defaultdict[str, deque[str]] = defaultdict(deque)
        self._always: dict[str, str] = {}
        self._closing = asyncio.Event()
        self._reached: Counter[str] = Counter()
        self._progress = asyncio.Condition()
        self._tasks: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None

    def on(self, stage: str, *replies: str) -> None:
        """Say each of ``replies`` once when ``stage`` is reached, then behave again."""
        self._instead[stage].extend(replies)

    def always(self, stage: str, reply: str) -> None:
        """Say ``reply`` whenever ``stage`` is reached."""
        self._always[stage] = reply

    def well(self) -> None:
        """Misbehave no more."""
        self._instead.clear()
        self._always.clear()

    async def reached(self, stage: str, times: int = 1) -> None:
        """Wait until sessions have come to ``stage`` that many times in all."""
        async with self._progress:
            await self._progress.wait_for(lambda: self._reached[stage] >= times)

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(
            self._accept, "127.0.0.1", 0, ssl=self.tls if self.implicit else None
        )
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Stop listening and end every session."""
        self._closing.set()
        if self._server is not None:
            self._server.close()
        self.end_sessions()
        if self._tasks:
            await asyncio.wait(self._tasks)

    def end_sessions(self) -> None:
        """Close every connection without a word, as a server that restarts does."""
        for task in self._tasks:
            task.cancel()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        self.sessions += 1
        self.open_sessions += 1
        try:
            await _Dialogue(self, reader, writer, self.sessions).run()
        except (_Gone, OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            self.open_sessions -= 1
            writer.transport.abort()

    async def answer(self, stage: str, usual: str) -> str:
        """What to say at ``stage``; waits for ever, or ends the session, where told to."""
        async with self._progress:
            self._reached[stage] += 1
            self._progress.notify_all()
        waiting = self._instead[stage]
        reply = waiting.popleft() if waiting else self._always.get(stage, usual)
        if reply == HANG:
            await self._closing.wait()
            raise _Gone
        if reply == DROP:
            raise _Gone
        return reply


class _Dialogue:
    """One session."""

    def __init__(
        self,
        server: SMTPServer,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        number: int,
    ) -> None:
        self.server = server
        self.reader = reader
        self.writer = writer
        self.number = number
        self.tls = server.implicit
        self.user: str | None = None
        self.sender = ""
        self.recipient = ""

    async def run(self) -> None:
        await self.say("banner", "220 loopback ready")
        commands: dict[str, Callable[[str], Awaitable[object]]] = {
            "EHLO": self.ehlo,
            "STARTTLS": self.starttls,
            "AUTH": self.auth,
            "MAIL": self.mail,
            "RCPT": self.rcpt,
            "DATA": self.data,
            "RSET": lambda _: self.say("rset", "250 2.0.0 forgotten"),
            "QUIT": self.quit,
        }
        while line := await self.line():
            verb, _, rest = line.partition(" ")
            self.server.commands.append(line)
            act = commands.get(verb.upper())
            await (act(rest) if act else self.say("unknown", "502 5.5.2 what?"))

    async def line(self) -> str:
        return (await self.reader.readuntil(b"\n")).decode("utf-8", "replace").rstrip("\r\n")

    async def say(self, stage: str, usual: str) -> bool:
        """Say what is due; True when that is a positive reply."""
        reply = await self.server.answer(stage, usual)
        self.writer.write(reply.encode("utf-8", "surrogateescape") + b"\r\n")
        await self.writer.drain()
        if reply.startswith("421"):
            raise _Gone
        return reply[:1] in {"2", "3"}

    async def ehlo(self, _: str) -> None:
        offers = ["loopback", "SIZE 1000000", "8BITMIME", "ENHANCEDSTATUSCODES"]
        if self.server.tls is not None and not self.tls:
            offers.append("STARTTLS")
        if self.server.login is not None:
            offers.append(f"AUTH {self.server.methods}")
        lines = [f"250-{offer}" for offer in offers[:-1]] + [f"250 {offers[-1]}"]
        await self.say("ehlo", "\r\n".join(lines))

    async def starttls(self, _: str) -> None:
        if await self.say("tls", "220 2.0.0 go ahead") and self.server.tls is not None:
            await self.writer.start_tls(self.server.tls)
            self.tls = True

    async def auth(self, rest: str) -> None:
        method, _, initial = rest.partition(" ")
        if method.upper() == "CRAM-MD5":
            await self.say("challenge", "334 PDEyMy40NTZAbG9vcGJhY2s+")
            user, _, proof = base64.b64decode(await self.line()).decode().partition(" ")
            secret = (self.server.login or ("", ""))[1]
            expected = hmac.new(secret.encode(), b"<123.456@loopback>", "md5").hexdigest()
            password = secret if proof == expected else ""
        elif method.upper() == "PLAIN":
            _, user, password = base64.b64decode(initial).decode().split("\0")
        else:
            user = base64.b64decode(initial).decode()
            await self.say("login", "334 UGFzc3dvcmQ6")
            password = base64.b64decode(await self.line()).decode()
        right = (user, password) == self.server.login
        usual = "235 2.7.0 welcome" if right else "535 5.7.8 wrong name or password"
        if await self.say("auth", usual):
            self.user = user

    async def mail(self, rest: str) -> None:
        self.sender = _address(rest)
        refused = self.server.login is not None and self.user is None
        await self.say("mail", "530 5.7.0 log in first" if refused else "250 2.1.0 fine")

    async def rcpt(self, rest: str) -> None:
        self.recipient = _address(rest)
        await self.say("rcpt", "250 2.1.5 fine")

    async def data(self, _: str) -> None:
        if not await self.say("data", "354 go on"):
            return
        first = await self.reader.readuntil(b"\r\n")
        await self.server.answer("body", "")
        raw = first + await self.reader.readuntil(b"\r\n.\r\n")
        data = re.sub(rb"(?m)^\.\.", b".", raw.removesuffix(b".\r\n"))
        message = Received(self.sender, self.recipient, data, self.number, self.tls, self.user)
        self.server.messages.append(message)
        if not await self.say("final", "250 2.0.0 taken"):
            self.server.messages.remove(message)

    async def quit(self, _: str) -> None:
        await self.say("quit", "221 2.0.0 goodbye")
        raise _Gone


def _address(parameters: str) -> str:
    return parameters.partition("<")[2].partition(">")[0]


def certificate(folder: Path, host: str = "localhost") -> tuple[ssl.SSLContext, Path]:
    """A self-signed certificate for ``host``: a server's context, and the file to trust."""
    key, cert = folder / f"{host}.key", folder / f"{host}.pem"
    command = (
        "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2"
        f" -subj /CN={host} -addext subjectAltName=DNS:{host} -keyout {key} -out {cert}"
    )
    subprocess.run(command.split(), check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)
    return context, cert
