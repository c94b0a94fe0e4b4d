"""A service manager's ear: a real datagram socket that daemons are told to notify."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Final, Self

SECONDS: Final = 60.0


class Manager:
    """Listens at a path, or in the abstract name space; keeps what it heard, in order."""

    def __init__(self, folder: Path, *, abstract: bool = False) -> None:
        name = str(folder / "notify")
        self.address = f"@{name}" if abstract else name
        self.heard: list[dict[str, str]] = []
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.settimeout(0)
        self._socket.bind(f"\0{name}" if abstract else name)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._socket.close()

    async def next(self) -> dict[str, str]:
        """The next datagram: its lines as names and values."""
        loop = asyncio.get_running_loop()
        async with asyncio.timeout(SECONDS):
            data = await loop.sock_recv(self._socket, 4096)
        said = dict(line.split("=", 1) for line in data.decode().splitlines())
        self.heard.append(said)
        return said

    async def until(self, wanted: Callable[[dict[str, str]], bool]) -> dict[str, str]:
        """The next datagram that is ``wanted``."""
        async with asyncio.timeout(SECONDS):
            while not wanted(said := await self.next()):
                pass
        return said

    async def says(self, name: str, value: str | None = None) -> dict[str, str]:
        """The next datagram with this name, and this value where one is given."""
        return await self.until(
            lambda said: name in said and (value is None or value in said[name])
        )
