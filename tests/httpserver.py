"""A small HTTP server on loopback that can be told to misbehave."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Asked:
    """One request as it came."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Wire:
    """The open connection of one request, for answers that are written by hand."""

    writer: asyncio.StreamWriter
    stopping: asyncio.Event

    async def send(self, data: bytes) -> None:
        self.writer.write(data)
        await self.writer.drain()

    async def hold(self, seconds: float = 60.0) -> None:
        """Say nothing until the server stops, or for a while."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self.stopping.wait(), seconds)


Script = Callable[[Asked, Wire], Awaitable[None]]
Answer = bytes | Script


@dataclass
class HttpServer:
    """What is served, by path, and what was asked for."""

    routes: Mapping[str, Answer]
    port: int = 0
    asked: list[Asked] = field(default_factory=list)
    most_at_once: int = 0
    stopping: asyncio.Event = field(default_factory=asyncio.Event)
    busy: set[asyncio.Task[None]] = field(default_factory=set)

    @property
    def allow(self) -> str:
        """The entry of ``network.allow`` that opens this server."""
        return f"127.0.0.1:{self.port}"

    def url(self, path: str = "/") -> str:
        return f"http://{self.allow}{path}"

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection, one request; then close."""
        task = asyncio.current_task()
        assert task is not None
        self.busy.add(task)
        self.most_at_once = max(self.most_at_once, len(self.busy))
        try:
            with suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
                await self._one(reader, Wire(writer, self.stopping))
        finally:
            self.busy.discard(task)
            writer.close()

    async def stop(self) -> None:
        """End what is still being answered."""
        self.stopping.set()
        for task in self.busy:
            task.cancel()
        await asyncio.gather(*self.busy)

    async def _one(self, reader: asyncio.StreamReader, wire: Wire) -> None:
        start = await reader.readexactly(1)
        if not start.isalpha():  # TLS where plain HTTP is spoken
            await wire.send(reply(status=400))
            return
        first, *lines = (
            (start + await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        )
        headers = {
            name.lower(): value.strip()
            for name, _, value in (line.partition(":") for line in lines if line)
        }
        body = await reader.readexactly(int(headers.get("content-length", "0")))
        method, target, _ = first.split(" ")
        asked = Asked(method, target, headers, body)
        self.asked.append(asked)
        answer = self.routes.get(target.partition("?")[0], reply(status=404))
        if isinstance(answer, bytes):
            await wire.send(answer)
        else:
            await answer(asked, wire)


def reply(body: bytes = b"", *headers: str, status: int = 200, length: int | None = None) -> bytes:
    """A whole HTTP answer; ``length`` claims another Content-Length than the true one."""
    lines = [f"HTTP/1.1 {status} X", *headers, "Connection: close"]
    if status != 304:
        lines.append(f"Content-Length: {len(body) if length is None else length}")
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + body


@asynccontextmanager
async def serving(routes: Mapping[str, Answer]) -> AsyncIterator[HttpServer]:
    """A server on a free port of 127.0.0.1 for as long as the block lasts."""
    server = HttpServer(routes)
    listening = await asyncio.start_server(server.answer, "127.0.0.1", 0)
    server.port = listening.sockets[0].getsockname()[1]
    try:
        yield server
    finally:
        listening.close()
        await server.stop()
        await listening.wait_closed()
