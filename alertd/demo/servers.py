"""The loopback servers of the demonstration: feeds over HTTP, and a mailbox over SMTP."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.utils import format_datetime
from hashlib import sha256
from typing import Final, cast

from aiosmtpd.smtp import SMTP, Envelope, Session

HOST: Final = "127.0.0.1"
Page = Callable[[str, str], str | None]
"""The body of a path, for a server that calls itself by the host given; None: not there."""
_PLACE: Final = re.compile(r"\{(hours|iso):(\d+)\}")


@dataclass(slots=True)
class Mailbox:
    """The mails that arrived, in their order."""

    mails: list[bytes] = field(default_factory=list)
    arrived: asyncio.Event = field(default_factory=asyncio.Event)

    async def handle_DATA(  # noqa: N802 - aiosmtpd calls it so
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        """Keep one mail."""
        del server, session
        self.mails.append(cast("bytes", envelope.original_content))
        self.arrived.set()
        return "250 kept"

    @property
    def messages(self) -> list[EmailMessage]:
        """The mails, parsed."""
        return [message_from_bytes(mail, policy=policy.default) for mail in self.mails]


@asynccontextmanager
async def smtp_server(mailbox: Mailbox) -> AsyncIterator[int]:
    """A real SMTP server on a free loopback port."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: SMTP(mailbox, hostname="demo"), HOST, 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()


@asynccontextmanager
async def feed_server(page: Page) -> AsyncIterator[int]:
    """A real HTTP server on a free loopback port; ``page`` gives the body of a path."""
    talks: dict[asyncio.Task[None], asyncio.StreamWriter] = {}

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        talks[task] = writer
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                writer.write(_response(await reader.readuntil(b"\r\n\r\n"), page))
                await writer.drain()
        writer.close()
        del talks[task]

    server = await asyncio.start_server(answer, HOST, 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for writer in talks.values():
            writer.close()
        await asyncio.gather(*talks)


def filled(text: str, host: str, now: datetime) -> str:
    """A sample with its host and its dates, which are hours before now."""

    def date(found: re.Match[str]) -> str:
        at = now - timedelta(hours=int(found[2]))
        return format_datetime(at) if found[1] == "hours" else at.isoformat(timespec="seconds")

    return _PLACE.sub(date, text.replace("{host}", host))


def _response(head: bytes, page: Page) -> bytes:
    path = head.split(b" ", 2)[1].decode("latin-1")
    host = head.split(b"host: ", 1)[-1].split(b"\r\n", 1)[0].decode("latin-1")
    body = page(path, host)
    if body is None:
        return _bytes("404 Not Found", {}, b"")
    etag = f'"{sha256(body.encode()).hexdigest()[:16]}"'
    if etag.encode() in head:
        return _bytes("304 Not Modified", {"ETag": etag}, b"")
    return _bytes("200 OK", {"ETag": etag, "Content-Type": "application/xml"}, body.encode())


def _bytes(status: str, headers: Mapping[str, str], body: bytes) -> bytes:
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode() + body
