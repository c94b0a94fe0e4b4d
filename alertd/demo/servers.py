"""The loopback servers of the demonstration: feeds and a webhook receiver, and a mailbox."""

from __future__ import annotations

import asyncio
import hmac
import json
import re
from base64 import b64decode, b64encode
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.utils import format_datetime
from hashlib import sha256
from typing import Any, Final, cast

from aiosmtpd.smtp import SMTP, Envelope, Session

HOST: Final = "127.0.0.1"
Page = Callable[[str, str], str | None]
"""The body of a path, for a server that calls itself by the host given; None: not there."""
FRESH: Final = timedelta(minutes=5)
"""How old a signed post may be (Standard Webhooks)."""
_PLACE: Final = re.compile(r"\{(hours|iso):(\d+)\}")


@dataclass(frozen=True, slots=True)
class Asked:
    """A request: its method, its path, its headers in lower case, its body."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


Answered = Callable[[Asked], bytes]


@dataclass(frozen=True, slots=True)
class Received:
    """A post that was taken, and whether its signature is that of its very bytes."""

    headers: dict[str, str]
    event: dict[str, Any]
    signed: bool

    @property
    def id(self) -> str:
        """The id of the message."""
        return self.headers.get("webhook-id", "")


@dataclass(slots=True)
class Inbox:
    """The mails and the posts that arrived, in their order; ``secret`` is that of the posts."""

    secret: str
    clock: Callable[[], datetime]
    mails: list[bytes] = field(default_factory=list)
    posts: list[Received] = field(default_factory=list)
    arrived: asyncio.Event = field(default_factory=asyncio.Event)

    async def handle_DATA(  # noqa: N802 - aiosmtpd calls it so
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        """Keep one mail."""
        del server, session
        self.mails.append(cast("bytes", envelope.original_content))
        self.arrived.set()
        return "250 kept"

    def take(self, asked: Asked) -> bytes:
        """Keep one post, and answer it: yes only to one that is signed as it should be."""
        if asked.method != "POST":
            return _bytes("405 Method Not Allowed", {}, b"")
        signed = is_signed(asked, self.secret, self.clock())
        try:
            event = json.loads(asked.body)
        except ValueError:
            return _bytes("400 Bad Request", {}, b"")
        self.posts.append(Received(asked.headers, event, signed))
        self.arrived.set()
        return _bytes("204 No Content" if signed else "401 Unauthorized", {}, b"")

    @property
    def messages(self) -> list[EmailMessage]:
        """The mails, parsed."""
        return [message_from_bytes(mail, policy=policy.default) for mail in self.mails]


def is_signed(asked: Asked, secret: str, now: datetime) -> bool:
    """Whether a post bears a fresh signature of Standard Webhooks over its id, time and bytes.

    Written apart from the channel that signs, so that one checks the other.
    """
    name, stamp = asked.headers.get("webhook-id", ""), asked.headers.get("webhook-timestamp", "")
    if not stamp.isdecimal() or abs(now - datetime.fromtimestamp(int(stamp), UTC)) > FRESH:
        return False
    key = b64decode(secret.removeprefix("whsec_"))
    content = f"{name}.{stamp}.".encode() + asked.body
    expected = f"v1,{b64encode(hmac.digest(key, content, 'sha256')).decode()}"
    given = asked.headers.get("webhook-signature", "").split()
    return any(hmac.compare_digest(expected.encode(), item.encode()) for item in given)


@asynccontextmanager
async def smtp_server(inbox: Inbox) -> AsyncIterator[int]:
    """A real SMTP server on a free loopback port."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: SMTP(inbox, hostname="demo"), HOST, 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()


@asynccontextmanager
async def http_server(answered: Answered) -> AsyncIterator[int]:
    """A real HTTP server on a free loopback port; ``answered`` gives the answer to a request."""
    talks: dict[asyncio.Task[None], asyncio.StreamWriter] = {}

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        talks[task] = writer
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                writer.write(answered(await _asked(reader)))
                await writer.drain()
        writer.close()
        del talks[task]

    server = await asyncio.start_server(talk, HOST, 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for writer in talks.values():
            writer.close()
        await asyncio.gather(*talks)


async def _asked(reader: asyncio.StreamReader) -> Asked:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    first, *lines = head.rstrip().split("\r\n")
    pairs = (line.partition(":") for line in lines)
    headers = {name.strip().lower(): value.strip() for name, _, value in pairs}
    method, path, *_ = first.split(" ")
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    return Asked(method, path, headers, body)


def filled(text: str, host: str, now: datetime) -> str:
    """A sample with its host and its dates, which are hours before now."""

    def date(found: re.Match[str]) -> str:
        at = now - timedelta(hours=int(found[2]))
        return format_datetime(at) if found[1] == "hours" else at.isoformat(timespec="seconds")

    return _PLACE.sub(date, text.replace("{host}", host))


def served(page: Page) -> Answered:
    """The answers of a server of feeds; ``page`` gives the body of a path."""

    def answer(asked: Asked) -> bytes:
        body = page(asked.path, asked.headers.get("host", ""))
        if body is None:
            return _bytes("404 Not Found", {}, b"")
        etag = f'"{sha256(body.encode()).hexdigest()[:16]}"'
        if asked.headers.get("if-none-match") == etag:
            return _bytes("304 Not Modified", {"ETag": etag}, b"")
        return _bytes("200 OK", {"ETag": etag, "Content-Type": "application/xml"}, body.encode())

    return answer


def _bytes(status: str, headers: Mapping[str, str], body: bytes) -> bytes:
    length = () if status.startswith(("204", "304")) else (f"Content-Length: {len(body)}",)
    lines = [f"HTTP/1.1 {status}", *length]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode() + body
