"""What a service manager is told, by the protocol of sd_notify(3): datagrams of lines.

Without ``$NOTIFY_SOCKET`` nobody listens and nothing is said.
"""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

PATIENCE: Final = 1.0
"""Seconds that a datagram may wait for room: a manager that reads nothing must not stop us."""
EXTENSION: Final = timedelta(seconds=60)
"""How much more time is asked for by each word during a start that takes long."""
LONGEST_START: Final = timedelta(hours=1)
"""The longest that an upgrade of the store may take: then no more time is asked for."""


@dataclass(frozen=True, slots=True)
class Notifier:
    """Speaks to the service manager.

    ``address`` is where it listens, empty for nowhere; ``watchdog`` is within what time it
    wants a sign of life again, None when it wants none.
    """

    address: str = ""
    watchdog: timedelta | None = None

    @classmethod
    def of(cls, environ: Mapping[str, str], pid: int) -> Notifier:
        """What the environment of the process ``pid`` says; what makes no sense counts for none."""
        address = environ.get("NOTIFY_SOCKET", "")
        wanted = environ.get("WATCHDOG_USEC", "")
        meant = environ.get("WATCHDOG_PID", "") in {"", str(pid)}
        usec = int(wanted) if meant and wanted.isdecimal() and wanted.isascii() else 0
        return cls(
            address if address[:1] in {"/", "@"} else "",
            timedelta(microseconds=usec) if usec else None,
        )

    def ready(self, status: str) -> bool:
        """Started, or done with reading the configuration again."""
        return self._say("READY=1", f"STATUS={status}")

    def reloading(self) -> bool:
        """The configuration is about to be read again; ``ready`` must follow, come what may."""
        return self._say("RELOADING=1", f"MONOTONIC_USEC={time.monotonic_ns() // 1000}")

    def stopping(self) -> bool:
        """The orderly stop has begun."""
        return self._say("STOPPING=1", "STATUS=Stopping")

    def alive(self) -> bool:
        """A sign of life, for the manager's watchdog."""
        return self._say("WATCHDOG=1")

    def status(self, status: str) -> bool:
        """One line for people to read."""
        return self._say(f"STATUS={status}")

    def more_time(self) -> bool:
        """The start goes on."""
        return self._say(f"EXTEND_TIMEOUT_USEC={EXTENSION // timedelta(microseconds=1)}")

    @asynccontextmanager
    async def starting(
        self, pause: timedelta = EXTENSION / 3, most: timedelta = LONGEST_START
    ) -> AsyncIterator[None]:
        """Ask for more time as long as a start goes on, such as one that upgrades the store."""
        task = asyncio.create_task(self._ask_for_time(pause, most))
        try:
            yield
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def _ask_for_time(self, pause: timedelta, most: timedelta) -> None:
        for _ in range(most // pause):
            await asyncio.sleep(pause.total_seconds())
            self.more_time()

    def _say(self, *lines: str) -> bool:
        """Send one datagram; whether it was taken. Nobody who listens is no reason to fail."""
        if not self.address:
            return False
        name = self.address
        where = f"\0{name[1:]}" if name.startswith("@") else name
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as spoken:
            spoken.settimeout(PATIENCE)
            try:
                spoken.connect(where)
                spoken.sendall("\n".join(lines).encode())
            except OSError:
                return False
        return True
