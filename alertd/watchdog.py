"""Whether the daemon is well: what the service manager and ``alertd status`` go by.

A sign of life is given only from the loop, and only while the store can be written and no lane
stands still that has something to send.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Final

import structlog

from alertd.app import App
from alertd.errors import StoreError
from alertd.notify import Notifier
from alertd.store import Rx, Tx

log = structlog.stdlib.get_logger()
FRESH: Final = timedelta(minutes=1)
"""How long after a write the store counts as one that can be written."""
BEATS: Final = 3
"""Writes within that time: one that fails is not yet the end."""
MARGIN: Final = timedelta(minutes=1)
"""How much longer than a claim lasts a lane may take over one message."""

Busy = Callable[[], Mapping[str, float]]
"""Since when, by the loop's time, each lane that is at work has been."""


class Watchdog:
    """Writes that the daemon is alive, and tells the service manager while it is true."""

    def __init__(
        self, app: App, notifier: Notifier, busy: Busy, *, margin: timedelta = MARGIN
    ) -> None:
        self._app, self._notifier, self._busy, self._margin = app, notifier, busy, margin
        self._fresh = min(FRESH, notifier.watchdog or FRESH)
        self._written = -self._fresh.total_seconds()
        self._due: frozenset[str] = frozenset()

    @property
    def beats_every(self) -> timedelta:
        """How often ``beat`` is to be called."""
        return self._fresh / BEATS

    @property
    def asked_every(self) -> timedelta | None:
        """How often ``sign`` is to be called; None when nobody wants a sign."""
        return self._notifier.watchdog and self._notifier.watchdog / 2

    async def begin(self) -> None:
        """Write that a daemon has begun, and tell that it is ready."""
        now = self._app.clock()
        await self._write(lambda tx: tx.begin_life(now))
        self._notifier.ready(await self.status())

    async def beat(self) -> None:
        """Write that the daemon is alive, and look which lanes have something to send."""
        now = self._app.clock()
        await self._write(lambda tx: tx.beat(now))
        lanes = tuple(self._busy())
        self._due = await self._app.store.read(lambda rx: _with_due(rx, lanes, now))

    def sign(self) -> None:
        """Tell the service manager that all is well, or the log and it why not."""
        ills = self.ills()
        if not ills:
            self._notifier.alive()
            return
        log.error("no sign of life given", why=ills)
        self._notifier.status(f"Not well: {'; '.join(ills)}")

    def ills(self) -> list[str]:
        """What keeps the daemon from doing its work, a line each; none when it is well."""
        now = asyncio.get_running_loop().time()
        silent = now - self._written
        found = []
        if silent >= self._fresh.total_seconds():
            found.append(f"the store could not be written for {silent:.0f} s")
        for name, since in self._busy().items():
            still = now - max(since, self._app.moved.get(name, since))
            if name in self._due and still > self._limit(name):
                found.append(f"channel {name} has stood still for {still:.0f} s")
        return found

    async def status(self) -> str:
        """One line of figures, for people who ask the service manager."""
        config, now = self._app.config, self._app.clock()
        try:
            failing, due = await self._app.store.read(
                lambda rx: (sum(1 for item in rx.healths().values() if item.failures), rx.due(now))
            )
        except StoreError as error:
            return f"Not well: {error}"
        return (
            f"Sources: {len(config.sources)}, failing: {failing}; "
            f"channels: {len(config.channels)}; messages due: {due}"
        )

    async def tell_status(self) -> None:
        """Tell the figures, unless there is something worse to tell."""
        if not self.ills():
            self._notifier.status(await self.status())

    async def end(self) -> None:
        """Leave no sign of life: the daemon was stopped in order."""
        await self._write(lambda tx: tx.end_life())

    async def _write(self, work: Callable[[Tx], None]) -> None:
        await self._app.store.run(work)
        self._written = asyncio.get_running_loop().time()

    def _limit(self, name: str) -> float:
        channel = self._app.config.channels.get(name)
        lease = channel.kind.lease if channel else timedelta()
        return (lease + self._margin).total_seconds()


def _with_due(rx: Rx, lanes: tuple[str, ...], now: datetime) -> frozenset[str]:
    return frozenset(name for name in lanes if rx.due_on(name, now, 1))
